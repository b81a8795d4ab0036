using System.Text.Json;
using System.Text.Json.Serialization;
using Mmrr.Nn.Checkpoints;
using Mmrr.Nn.Optimizers;

namespace Mmrr.Training.Runs;

/// <summary>The position of a training between two steps. With the run's configuration and data it determines every remaining step.</summary>
internal sealed record TrainingPosition
{
    /// <summary>The phase after the last: both phases are finished.</summary>
    public const int Over = 3;

    /// <summary>The number of this format; a position without one is of a version that split and validated differently.</summary>
    private const int CurrentFormat = 2;

    /// <summary><see cref="CurrentFormat"/> in a position that can be resumed.</summary>
    public int Format { get; init; }

    /// <summary>The run's configuration.</summary>
    public required TrainingOptions Options { get; init; }

    /// <summary>The fingerprint of its images.</summary>
    public required string Data { get; init; }

    /// <summary>1, 2 or <see cref="Over"/>.</summary>
    public required int Phase { get; init; }

    /// <summary>The current epoch, from 1.</summary>
    public int Epoch { get; init; } = 1;

    /// <summary>Completed steps of this epoch.</summary>
    public int Done { get; init; }

    /// <summary>Completed steps of this phase.</summary>
    public long Step { get; init; }

    /// <summary>The sum of this epoch's losses.</summary>
    public double LossSum { get; init; }

    /// <summary>Seconds spent on this phase.</summary>
    public double Seconds { get; init; }

    /// <summary>The lowest validation loss of the phase; infinity before the first.</summary>
    public double BestLoss { get; init; } = double.PositiveInfinity;

    /// <summary>The learning rate's schedule.</summary>
    public PlateauState? Schedule { get; init; }

    /// <summary>The completed epochs of both phases.</summary>
    public IReadOnlyList<TrainingEpoch> History { get; init; } = [];

    /// <summary>The beginning of a phase.</summary>
    /// <param name="phase">1, 2 or <see cref="Over"/>.</param>
    /// <param name="options">The run's options.</param>
    /// <param name="data">The fingerprint of the images.</param>
    /// <param name="history">The history of the previous phases.</param>
    public static TrainingPosition At(int phase, TrainingOptions options, string data, IReadOnlyList<TrainingEpoch> history) =>
        new() { Format = CurrentFormat, Options = options, Data = data, Phase = phase, History = history };

    /// <summary>As JSON on one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, PositionJson.Default.TrainingPosition);

    /// <summary>Reads <see cref="ToJson"/> back.</summary>
    /// <param name="path">The file that it was read from, for messages.</param>
    /// <param name="json">The position.</param>
    /// <exception cref="InvalidDataException">A newer program wrote the position.</exception>
    /// <exception cref="JsonException">The text is not the JSON of a position.</exception>
    /// <exception cref="ArgumentException">A value is invalid.</exception>
    public static TrainingPosition FromJson(string path, string json)
    {
        var position = RunJson.Read(path, json, PositionJson.Default.TrainingPosition, CurrentFormat);
        position.Validate();
        return position;
    }

    private void Validate()
    {
        if (Format != CurrentFormat)
            throw new ArgumentException("it is of another version of this program, which validated differently; train again with --config run.json");
        if (Options is null || Data is null || History is null || History.Contains(null!)) throw new ArgumentException("options, data or history is missing");
        if (History.Any(e => !e.IsPossible)) throw new ArgumentException("an epoch of the history has a value out of its range");
        Options.Validate();
        if (Phase is < 1 or > Over) throw new ArgumentException($"phase is {Phase}, expected 1 to {Over}");
        if (Epoch < 1) throw new ArgumentException($"epoch is {Epoch}, expected 1 or more");
        if (Done < 0) throw new ArgumentException($"done is {Done}, expected 0 or more");
        if (Step < Done) throw new ArgumentException($"step is {Step}, expected {Done} or more");
        if (!double.IsFinite(LossSum)) throw new ArgumentException($"lossSum is {LossSum}, expected a finite number");
        if (!(Seconds >= 0 && double.IsFinite(Seconds))) throw new ArgumentException($"seconds is {Seconds}, expected 0 or more");
        if (double.IsNaN(BestLoss)) throw new ArgumentException("bestLoss is NaN");
        if (Phase == Over) return;
        if (Schedule is null) throw new ArgumentException("schedule is missing");
        Options.NewSchedule().Restore(Schedule);
    }
}

/// <summary>Serialization without reflection; numbers, including infinity, are read back bit-identical.</summary>
[JsonSourceGenerationOptions(
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TrainingPosition))]
internal sealed partial class PositionJson : JsonSerializerContext;
