using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Runs;

namespace Mmrr.Training.Baselines;

/// <summary>The figures of a simple method.</summary>
/// <param name="Method">Its name.</param>
/// <param name="ImageAuroc">Image AUROC on the images as the networks see them.</param>
/// <param name="NormalisedImageAuroc">Image AUROC on these images, each normalised in brightness and contrast; absent for the methods brightness and
/// contrast.</param>
internal sealed record BaselineFigure(string Method, double ImageAuroc, double? NormalisedImageAuroc);

/// <summary>The figures of simple methods on a test set; <c>baselines.json</c> in a run.</summary>
/// <param name="Images">Test images.</param>
/// <param name="NormalImages">How many of them are normal.</param>
/// <param name="TrainingImages">Normal images that the methods learn from.</param>
/// <param name="Size">Side of the images in pixels.</param>
/// <param name="Channels">1 or 3.</param>
/// <param name="Seed">Seed of the split and the draws.</param>
/// <param name="Seconds">Duration, without reading the images.</param>
/// <param name="Figures">The figures of each method.</param>
internal sealed record BaselineResult(
    int Images, int NormalImages, int TrainingImages, int Size, int Channels, long Seed, double Seconds, IReadOnlyList<BaselineFigure> Figures)
{
    /// <summary>The number of this format.</summary>
    public const int CurrentFormat = 2;

    /// <summary>The number of the file's format; 0 in files of versions that wrote none.</summary>
    [JsonPropertyOrder(-1)]
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Its file in a run.</summary>
    public const string FileName = "baselines.json";

    /// <summary>The definition of normalised images, as text.</summary>
    public const string Normalised = "normalised: each image less its mean, divided by its standard deviation";

    /// <summary>How to read the figures of brightness and contrast.</summary>
    public const string Shortcuts =
        "brightness and contrast alone: below 0.5 abnormal images are darker or flatter; far from 0.5, plain figures may reflect the light and not the parts";

    /// <summary>Writes the file.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    public void Save(string path) =>
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this, BaselineJson.Default.BaselineResult) + "\n")));

    /// <summary>Reads a run's file; null where it has none.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static BaselineResult? Find(RunFolder run)
    {
        try
        {
            return File.Exists(run.PathOf(FileName)) ? Read(run.PathOf(FileName)) : null;
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{e.Message}; mmrr baselines {run.Path} rewrites them", e);
        }
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static BaselineResult Read(string path)
    {
        try
        {
            var result = RunJson.Read(path, File.ReadAllText(path), BaselineJson.Default.BaselineResult, CurrentFormat);
            return result is { Figures.Count: > 0 } && result.Figures.All(IsWhole)
                ? result
                : throw new JsonException("a figure is missing or out of its range");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not the figures of simple methods by this version ({e.Message.Split('\n')[0]})", e);
        }
    }

    private static bool IsWhole(BaselineFigure? figure) =>
        figure is { Method: not null, ImageAuroc: >= 0 and <= 1, NormalisedImageAuroc: null or (>= 0 and <= 1) };
}

/// <summary>Serialization without reflection.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(BaselineResult))]
internal sealed partial class BaselineJson : JsonSerializerContext;
