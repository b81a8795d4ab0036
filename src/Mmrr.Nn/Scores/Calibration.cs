using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.Nn;

/// <summary>The scores of one normal image that was not trained on.</summary>
/// <param name="Image">Its name in the data set, or its path.</param>
/// <param name="Score">As <see cref="ImageScore.Score"/>.</param>
/// <param name="ScoreWithoutRefinement">As <see cref="ImageScore.ScoreWithoutRefinement"/>.</param>
/// <param name="MedianPixelScore">Half of its pixels score lower.</param>
/// <param name="MaxPixelScore">Its highest pixel's score.</param>
public sealed record NormalScore(string Image, double Score, double ScoreWithoutRefinement, float MedianPixelScore, float MaxPixelScore)
{
    /// <summary>Whether all of it are finite numbers.</summary>
    [JsonIgnore]
    public bool IsFinite =>
        double.IsFinite(Score) && double.IsFinite(ScoreWithoutRefinement) && float.IsFinite(MedianPixelScore) && float.IsFinite(MaxPixelScore);
}

/// <summary>What pixel scores mean in a heatmap, the same for all images of a run.</summary>
/// <param name="Low">Pixels up to it keep their own colour.</param>
/// <param name="High">From it on a pixel has the strongest colour.</param>
/// <param name="Contour">Pixels above it are outlined.</param>
public sealed record HeatmapRange(float Low, float High, float Contour);

/// <summary>
/// What a run's scores mean, found out from normal images alone: the threshold between normal and abnormal, and the colours of heatmaps. It lies in the
/// run's folder as <c>threshold.json</c>, with the scores it came from, so that <c>mmrr threshold</c> can set it anew without training.
/// </summary>
public sealed record Calibration
{
    /// <summary>The file's name in a run's folder.</summary>
    public const string FileName = "threshold.json";

    /// <summary>The number of this format.</summary>
    public const int CurrentFormat = 2;

    /// <summary>The number of the file's format; 0 in files of versions that wrote none.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>An image is anomalous if its score is above, or no number.</summary>
    public required double Threshold { get; init; }

    /// <summary>The same for scores without refinement; null where the threshold was set by hand.</summary>
    public double? ThresholdWithoutRefinement { get; init; }

    /// <summary>The share of normal images that shall score above the threshold, in (0, 1); null where the threshold was set by hand.</summary>
    public double? FalseAlarm { get; init; }

    /// <summary>Mask levels that the scores were computed with; at others the threshold means nothing.</summary>
    public required LevelSchedule Levels { get; init; }

    /// <summary>The rule of the scores; of earlier versions' files the paper's.</summary>
    public ScoreRule Rule { get; init; }

    /// <summary>Colours of heatmaps.</summary>
    public required HeatmapRange Heatmap { get; init; }

    /// <summary>Normal images that training held out.</summary>
    public required IReadOnlyList<NormalScore> HeldOut { get; init; }

    /// <summary>Normal images that were added with <c>mmrr threshold --calibrate</c>.</summary>
    public required IReadOnlyList<NormalScore> Added { get; init; }

    /// <summary>Whether a score at these levels, by this rule, is anomalous: above the threshold, or no number.</summary>
    public bool IsAnomalous(double score) => !(score <= Threshold);

    /// <summary>All images behind the threshold.</summary>
    [JsonIgnore]
    public IEnumerable<NormalScore> Images => HeldOut.Concat(Added);

    /// <summary>Reads a run's calibration.</summary>
    /// <param name="run">The run's folder.</param>
    /// <returns>Null where the run has none.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, or of a newer version.</exception>
    public static Calibration? Find(string run)
    {
        string path = Path.Combine(run, FileName);
        if (!File.Exists(path)) return null;
        try
        {
            var calibration = RunJson.Read(path, File.ReadAllText(path), CalibrationJson.Default.Calibration, CurrentFormat);
            calibration.Validate();
            return calibration;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new InvalidDataException($"{path}: not the threshold of a run ({e.Message.Split('\n')[0]})", e);
        }
    }

    /// <summary>Writes it into a run's folder, replacing an old file whole.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; nothing is written.</exception>
    public void Save(string run) => AtomicFile.Write(Path.Combine(run, FileName), Content());

    /// <summary>What the file holds.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    internal Action<Stream> Content()
    {
        Validate();
        byte[] json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this with { Format = CurrentFormat }, CalibrationJson.Default.Calibration) + "\n");
        return stream => stream.Write(json);
    }

    // A file may say anything, null too, whatever the types promise.
    private void Validate()
    {
        if (!double.IsFinite(Threshold) || ThresholdWithoutRefinement is { } without && !double.IsFinite(without))
            throw new ArgumentException("the threshold is no finite number");
        if (FalseAlarm is { } rate && !(rate > 0 && rate < 1)) throw new ArgumentException($"falseAlarm is {rate}, expected a rate between 0 and 1");
        if (Levels is null) throw new ArgumentException("levels is missing");
        if (!Enum.IsDefined(Rule)) throw new ArgumentException($"rule is {Rule}, expected paper or deviation");
        if (Heatmap is null || !(float.IsFinite(Heatmap.Low) && float.IsFinite(Heatmap.High) && float.IsFinite(Heatmap.Contour) && Heatmap.Low <= Heatmap.High))
            throw new ArgumentException("the heatmap's range is missing or no rising range of finite numbers");
        if (HeldOut is null || Added is null || Images.Any(i => i?.Image is null || !i.IsFinite))
            throw new ArgumentException("the normal scores are missing, or one is no finite number");
    }
}

/// <summary>Serialization without reflection.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true, UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Calibration))]
internal sealed partial class CalibrationJson : JsonSerializerContext;
