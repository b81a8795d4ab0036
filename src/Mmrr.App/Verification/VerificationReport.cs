using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.App.Verification;

/// <summary>A figure in the report: all values, their medians, and the speed of <c>mmrr</c> relative to PyTorch.</summary>
internal sealed record ReportedFigure(
    string Case, string Figure, IReadOnlyDictionary<string, List<double>> Values,
    IReadOnlyDictionary<string, double> Medians, double? RatioFloat32, double? RatioTf32);

/// <summary>A training run and its evaluation.</summary>
/// <param name="Command">The command that trained.</param>
/// <param name="Minutes">The budget.</param>
/// <param name="Steps">Steps of both phases.</param>
/// <param name="TrainingSeconds">Duration of training, from start to end.</param>
/// <param name="Evaluation">The figures of <c>evaluation.json</c>.</param>
internal sealed record TrainedClass(string Command, double Minutes, IReadOnlyList<long> Steps, double TrainingSeconds, JsonElement Evaluation);

/// <summary>The results of <c>verify</c>: <c>verify.json</c>, and the same as tables in <c>verify.md</c>.</summary>
internal sealed record VerificationReport
{
    /// <summary>The start time, UTC.</summary>
    public required DateTime Date { get; init; }

    /// <summary>The program's version.</summary>
    public required string Version { get; init; }

    /// <summary>The device's name.</summary>
    public required string Device { get; init; }

    /// <summary>The device's description: the GPU, its compute capability and memory.</summary>
    public required string Description { get; init; }

    /// <summary>Whether the device is a GPU.</summary>
    public required bool Gpu { get; init; }

    /// <summary>The version of NVIDIA's driver; null where it is not known.</summary>
    public string? Driver { get; init; }

    /// <summary>The version of the PyTorch that was timed alternately, with its CUDA version; null where there is none.</summary>
    public string? PyTorch { get; init; }

    /// <summary>Tiny shapes, one repetition: the figures show that everything runs, not how fast.</summary>
    public required bool Quick { get; init; }

    /// <summary>Why there is no column for TF32; null where there is one.</summary>
    public string? WhyNoTf32 { get; init; }

    /// <summary>The tests.</summary>
    public List<TestOutcome> Tests { get; } = [];

    /// <summary>The timings.</summary>
    public IReadOnlyList<ReportedFigure> Figures { get; set; } = [];

    /// <summary>The lines of the timings.</summary>
    public IReadOnlyList<string> Lines { get; set; } = [];

    /// <summary>What <c>mmrr profile</c> printed, by precision.</summary>
    public SortedDictionary<string, IReadOnlyList<string>> Profiles { get; init; } = [];

    /// <summary>The operations and kernels of a small model beside the software card's, by precision.</summary>
    public SortedDictionary<string, SoftwareComparison> Software { get; init; } = [];

    /// <summary>The training run, where one was requested.</summary>
    public TrainedClass? Training { get; set; }

    /// <summary>The failures, one line each.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Copies the measurements so far.</summary>
    public void Take(Measurements measurements)
    {
        Lines = [.. measurements.Lines];
        Figures =
        [
            .. measurements.Figures.Select(figure => new ReportedFigure(
                figure.Case, figure.Name, figure.Values, figure.Values.Keys.ToDictionary(engine => engine, engine => figure.Median(engine)!.Value),
                figure.Ratio(Measurements.Float32, Measurements.PyTorchFloat32), figure.Ratio(Measurements.Tf32, Measurements.PyTorchTf32))),
        ];
    }

    /// <summary>Writes both files into a folder.</summary>
    public void Save(string folder)
    {
        AtomicFile.Write(
            Path.Combine(folder, "verify.json"),
            stream => stream.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this, VerificationJson.Default.VerificationReport) + "\n")));
        AtomicFile.Write(Path.Combine(folder, "verify.md"), stream => stream.Write(Encoding.UTF8.GetBytes(VerificationTable.Text(this))));
    }
}

/// <summary>Serialization without reflection.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VerificationReport))]
internal sealed partial class VerificationJson : JsonSerializerContext;
