using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.Nn;

/// <summary>The scores of one normal image that was not used in training.</summary>
/// <param name="Image">Its name in the data set or its path.</param>
/// <param name="Score">See <see cref="ImageScore.Score"/>.</param>
/// <param name="ScoreWithoutRefinement">See <see cref="ImageScore.ScoreWithoutRefinement"/>.</param>
/// <param name="MedianPixelScore">The median of its pixel scores.</param>
/// <param name="MaxPixelScore">The maximum of its pixel scores.</param>
public sealed record NormalScore(string Image, double Score, double ScoreWithoutRefinement, float MedianPixelScore, float MaxPixelScore)
{
    /// <summary>Whether all scores are finite.</summary>
    [JsonIgnore]
    public bool IsFinite =>
        double.IsFinite(Score) && double.IsFinite(ScoreWithoutRefinement) && float.IsFinite(MedianPixelScore) && float.IsFinite(MaxPixelScore);
}

/// <summary>The meaning of pixel scores in a heatmap, the same for all images of a run.</summary>
/// <param name="Low">Pixels up to this score keep their own colour.</param>
/// <param name="High">Pixels from this score on have the strongest colour.</param>
/// <param name="Contour">Pixels above this score are outlined.</param>
public sealed record HeatmapRange(float Low, float High, float Contour);

/// <summary>
/// The meaning of a run's scores, determined from normal images alone: the threshold between normal and anomalous, and the colours of heatmaps. It is
/// stored in the run's folder as <c>threshold.json</c>, with the scores that it was computed from, so that <c>mmrr threshold</c> can set it again without
/// training.
/// </summary>
public sealed record Calibration
{
    /// <summary>The file's name in a run's folder.</summary>
    public const string FileName = "threshold.json";

    /// <summary>The current format number.</summary>
    public const int CurrentFormat = 2;

    /// <summary>The file's format number; 0 for files of versions that did not write one.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>An image is anomalous if its score is above the threshold or NaN.</summary>
    public required double Threshold { get; init; }

    /// <summary>The threshold for scores without refinement; null if the threshold was set manually.</summary>
    public double? ThresholdWithoutRefinement { get; init; }

    /// <summary>The target fraction of normal images that score above the threshold, in (0, 1); null if the threshold was set manually.</summary>
    public double? FalseAlarm { get; init; }

    /// <summary>Mask levels of the scores; the threshold is not valid for other levels.</summary>
    public required LevelSchedule Levels { get; init; }

    /// <summary>The rule of the scores; the paper's for files of earlier versions.</summary>
    public ScoreRule Rule { get; init; }

    /// <summary>Colours of heatmaps.</summary>
    public required HeatmapRange Heatmap { get; init; }

    /// <summary>Normal images held out from training.</summary>
    public required IReadOnlyList<NormalScore> HeldOut { get; init; }

    /// <summary>Normal images that were added with <c>mmrr threshold --calibrate</c>.</summary>
    public required IReadOnlyList<NormalScore> Added { get; init; }

    /// <summary>Whether a score at these levels, by this rule, is anomalous: above the threshold or NaN.</summary>
    public bool IsAnomalous(double score) => !(score <= Threshold);

    /// <summary>All images that the threshold is based on.</summary>
    [JsonIgnore]
    public IEnumerable<NormalScore> Images => HeldOut.Concat(Added);

    /// <summary>Reads a run's calibration.</summary>
    /// <param name="run">The run's folder.</param>
    /// <returns>Null if the run has none.</returns>
    /// <exception cref="InvalidDataException">The file is damaged or of a newer version.</exception>
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

    /// <summary>Writes the calibration to a run's folder, atomically replacing an old file.</summary>
    /// <exception cref="ArgumentException">A value is out of range; nothing is written.</exception>
    public void Save(string run) => AtomicFile.Write(Path.Combine(run, FileName), Content());

    /// <summary>The file's content.</summary>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    internal Action<Stream> Content()
    {
        Validate();
        byte[] json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this with { Format = CurrentFormat }, CalibrationJson.Default.Calibration) + "\n");
        return stream => stream.Write(json);
    }

    // A file may hold any value, also null, regardless of the declared types.
    private void Validate()
    {
        if (!double.IsFinite(Threshold) || ThresholdWithoutRefinement is { } without && !double.IsFinite(without))
            throw new ArgumentException("the threshold is not a finite number");
        if (FalseAlarm is { } rate && !(rate > 0 && rate < 1)) throw new ArgumentException($"falseAlarm is {rate}, expected a rate between 0 and 1");
        if (Levels is null) throw new ArgumentException("levels is missing");
        if (!Enum.IsDefined(Rule)) throw new ArgumentException($"rule is {Rule}, expected paper or deviation");
        if (Heatmap is null || !(float.IsFinite(Heatmap.Low) && float.IsFinite(Heatmap.High) && float.IsFinite(Heatmap.Contour) && Heatmap.Low <= Heatmap.High))
            throw new ArgumentException("the heatmap's range is missing or not a rising range of finite numbers");
        if (HeldOut is null || Added is null || Images.Any(i => i?.Image is null || !i.IsFinite))
            throw new ArgumentException("the normal scores are missing, or one is not a finite number");
    }
}

/// <summary>Serialization without reflection.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true, UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Calibration))]
internal sealed partial class CalibrationJson : JsonSerializerContext;
