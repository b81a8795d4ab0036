using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Metrics;
using Mmrr.Training.Runs;

namespace Mmrr.Training.Evaluation;

/// <summary>The figures of a threshold on the test set.</summary>
/// <param name="Threshold">An image is called abnormal if it scores above.</param>
/// <param name="F1">Its F1, with an interval.</param>
/// <param name="Found">Abnormal images above it.</param>
/// <param name="Misses">Abnormal images not above it.</param>
/// <param name="FalseAlarms">Normal images above it.</param>
/// <param name="Passed">Normal images not above it.</param>
internal sealed record ThresholdFigures(double Threshold, Estimate F1, int Found, int Misses, int FalseAlarms, int Passed);

/// <summary>The figures of one scoring method.</summary>
/// <param name="ImageAuroc">Area under the ROC curve of the image scores.</param>
/// <param name="AveragePrecision">Average precision of the image scores.</param>
/// <param name="BestF1">The threshold with the highest F1, which needs the test labels; its interval is over the best of each resample.</param>
/// <param name="AtThreshold">The run's own threshold; absent where it has none for these levels.</param>
/// <param name="PixelAuroc">AUROC over all pixels, at the masks' size; absent where there are no masks.</param>
/// <param name="Aupro">Area under the per-region overlap up to a false positive rate of 0.3, at the masks' size.</param>
internal sealed record ScoreFigures(
    Estimate ImageAuroc, Estimate AveragePrecision, ThresholdFigures BestF1, ThresholdFigures? AtThreshold, double? PixelAuroc, double? Aupro);

/// <summary>The figures of one kind of abnormal images against all normal ones.</summary>
/// <param name="Kind">Its name.</param>
/// <param name="Images">Abnormal images of the kind.</param>
/// <param name="WithRefinement">Figures with refinement.</param>
/// <param name="WithoutRefinement">Figures without refinement.</param>
internal sealed record KindFigures(string Kind, int Images, ScoreFigures WithRefinement, ScoreFigures WithoutRefinement);

/// <summary>The figures of one rule over all images.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="WithRefinement">Figures with refinement.</param>
/// <param name="WithoutRefinement">Figures without refinement.</param>
internal sealed record RuleFigures(ScoreRule Rule, ScoreFigures WithRefinement, ScoreFigures WithoutRefinement);

/// <summary>How the intervals were computed, see <see cref="Metrics.Bootstrap"/>.</summary>
/// <param name="Method">A description.</param>
/// <param name="Resamples">Resamples.</param>
/// <param name="Confidence">Share of the resamples within an interval.</param>
/// <param name="Seed">Seed of the draws.</param>
internal sealed record IntervalMethod(string Method, int Resamples, double Confidence, long Seed);

/// <summary>The figures of a run on its test set; <c>evaluation.json</c>.</summary>
/// <param name="Images">Test images scored.</param>
/// <param name="NormalImages">How many of them are normal.</param>
/// <param name="Levels">The mask levels.</param>
/// <param name="Rule">The run's own rule, which the figures below are for.</param>
/// <param name="Seconds">Duration of scoring.</param>
/// <param name="Device">The device that it ran on.</param>
/// <param name="WithRefinement">Figures with refinement.</param>
/// <param name="WithoutRefinement">Figures without refinement.</param>
/// <param name="Kinds">Each kind of abnormal images, by name; absent where there is only one.</param>
/// <param name="OtherRules">The figures of the other rules for which the run has statistics of normal images at these levels; the paper's rule needs
/// none.</param>
/// <param name="Intervals">How the intervals were computed.</param>
internal sealed record EvaluationResult(
    int Images, int NormalImages, LevelSchedule Levels, ScoreRule Rule, double Seconds, string Device,
    ScoreFigures WithRefinement, ScoreFigures WithoutRefinement,
    IReadOnlyList<KindFigures>? Kinds, IReadOnlyList<RuleFigures> OtherRules, IntervalMethod Intervals)
{
    /// <summary>The number of this format.</summary>
    public const int CurrentFormat = 2;

    /// <summary>Its file in a run.</summary>
    public const string FileName = "evaluation.json";

    /// <summary>The number of the file's format; 0 in files of versions that wrote none.</summary>
    [JsonPropertyOrder(-1)]
    public int Format { get; init; } = CurrentFormat;

    /// <summary>The method; null for MMRR.</summary>
    [JsonPropertyOrder(-1)]
    public string? Method { get; init; }

    /// <summary>Whether the figures with and without refinement differ; otherwise those without repeat the others.</summary>
    [JsonIgnore]
    public bool Refines => AnomalyMethods.Of(Method).Refines;

    /// <summary>The image AUROC by name.</summary>
    [JsonIgnore]
    public IReadOnlyList<(string Name, double ImageAuroc)> Summary => Refines
        ? [("this run, with refinement", ImageAuroc), ("this run, without refinement", ImageAurocWithoutRefinement)]
        : [("this run", ImageAuroc)];

    /// <summary>How the images were scored, for texts.</summary>
    [JsonIgnore]
    public string Scoring => $"{(Levels == LevelSchedule.None ? $"method {Method}" : $"levels {Levels}")}, rule {Rule.Name()}";

    /// <summary>The folder of the test images, where they are not the run's own.</summary>
    public string? Test { get; init; }

    /// <summary>The main figure.</summary>
    public double ImageAuroc => WithRefinement.ImageAuroc.Value;

    /// <summary>The same without refinement.</summary>
    public double ImageAurocWithoutRefinement => WithoutRefinement.ImageAuroc.Value;

    /// <summary>The main figure of pixels; absent where there are no masks.</summary>
    public double? PixelAuroc => WithRefinement.PixelAuroc;

    /// <summary>The same without refinement.</summary>
    public double? PixelAurocWithoutRefinement => WithoutRefinement.PixelAuroc;

    /// <summary>Writes <c>evaluation.json</c>.</summary>
    public void Save(RunFolder run) =>
        AtomicFile.Write(
            run.PathOf(FileName),
            stream => stream.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this, EvaluationJson.Default.EvaluationResult) + "\n")));

    /// <summary>Reads the file of a run's folder; null where it has none.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static EvaluationResult? Find(string run)
    {
        string path = Path.Combine(run, FileName);
        if (!File.Exists(path)) return null;
        try
        {
            var result = RunJson.Read(path, File.ReadAllText(path), EvaluationJson.Default.EvaluationResult, CurrentFormat);
            if (IsWhole(result.WithRefinement) && IsWhole(result.WithoutRefinement)
                && result is { Intervals: not null, Device: not null, Levels: not null, OtherRules: not null, Seconds: >= 0 and < double.PositiveInfinity }
                && (result.Kinds?.All(k => k?.Kind is not null && IsWhole(k.WithRefinement) && IsWhole(k.WithoutRefinement)) ?? true)
                && AnomalyMethods.All.Any(m => m.Name == (result.Method ?? AnomalyMethods.All[0].Name))
                && result.OtherRules.All(r => r is not null && IsWhole(r.WithRefinement) && IsWhole(r.WithoutRefinement))) return result;
            throw new JsonException("a figure is missing or out of its range");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(
                $"{path}: not the figures of an evaluation by this version ({e.Message.Split('\n')[0]}); mmrr evaluate rewrites them", e);
        }
    }

    private static bool IsWhole(ScoreFigures? figures) =>
        figures is { ImageAuroc: not null, AveragePrecision: not null, BestF1.F1: not null }
            && (figures.AtThreshold is null || figures.AtThreshold.F1 is not null);
}

/// <summary>Serialization without reflection.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true, UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, AllowDuplicateProperties = false, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(EvaluationResult))]
internal sealed partial class EvaluationJson : JsonSerializerContext;
