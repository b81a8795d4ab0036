using System.Globalization;
using System.Text;
using Mmrr.App.Data;
using Mmrr.App.Evaluation.Metrics;
using Mmrr.App.Runs;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.App.Evaluation;

/// <summary>The scores of one test image.</summary>
/// <param name="Sample">The image.</param>
/// <param name="Score">By each rule; the maps at the sample's size, empty where it has no mask to compare with.</param>
/// <param name="MaxPixelScore">The highest pixel of the refined map of the run's rule.</param>
internal sealed record TestScore(Sample Sample, PreparedScore Score, float MaxPixelScore);

/// <summary>The scores of a test set, and the figures that follow from them.</summary>
/// <param name="all">Of every image.</param>
/// <param name="fit">How images became samples.</param>
/// <param name="method">How they were scored.</param>
/// <param name="decision">The run's calibration, if it is of these levels and this rule.</param>
internal sealed class TestScores(IReadOnlyList<TestScore> all, ImageFit fit, ScoreMethod method, Calibration? decision)
{
    private readonly string[] _kinds = [.. all.Where(s => s.Sample.Abnormal).Select(s => s.Sample.Kind).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Scores samples.</summary>
    /// <param name="model">The model.</param>
    /// <param name="samples">The test images.</param>
    /// <param name="method">How to score.</param>
    /// <param name="calibration">The run's, if it has one.</param>
    /// <param name="progress">Hears (images done, images in all).</param>
    public static TestScores Compute(MmrrModel model, IReadOnlyList<Sample> samples, ScoreMethod method, Calibration? calibration, Action<int, int> progress)
    {
        var all = new List<TestScore>();
        foreach (var some in samples.Chunk(model.Options.Fit == ImageFit.Tile ? 1 : 64))
        {
            var scores = TiledScoring.Score(model, [.. some.Select(s => s.Prepared)], method, maps: true);
            all.AddRange(some.Zip(scores, (sample, s) => new TestScore(sample, Kept(sample, s), s.Of(method.Rule).RefinedMap.Max())));
            progress(all.Count, samples.Count);
        }
        return new TestScores(all, model.Options.Fit, method, method.Decision(calibration));
    }

    /// <summary>The figures of the run's rule: over all images, and for each kind of abnormal ones where there are several.</summary>
    public (RuleFigures All, IReadOnlyList<KindFigures>? Kinds) Figures()
    {
        var rule = method.Rule;
        string[] kinds = _kinds.Length < 2 ? [] : _kinds;
        var refined = Figures(s => s.Of(rule).Refined, s => s.Of(rule).RefinedMap, decision?.Threshold, kinds);
        var restored = Figures(s => s.Of(rule).Restored, s => s.Of(rule).RestoredMap, decision?.ThresholdWithoutRefinement, kinds);
        var ofKinds = kinds.Select((kind, k) => new KindFigures(kind, all.Count(s => s.Sample.Abnormal && s.Sample.Kind == kind), refined.Kinds[k], restored.Kinds[k]));
        return (new RuleFigures(rule, refined.All, restored.All), kinds.Length == 0 ? null : [.. ofKinds]);
    }

    /// <summary>The figures of the other rules over all images, as far as there are statistics of normal images for them.</summary>
    public IReadOnlyList<RuleFigures> OtherFigures() =>
        [.. method.Rules.Skip(1).Select(rule => new RuleFigures(
            rule, Figures(s => s.Of(rule).Refined, s => s.Of(rule).RefinedMap, null, []).All, Figures(s => s.Of(rule).Restored, s => s.Of(rule).RestoredMap, null, []).All))];

    /// <summary>Writes <c>scores.csv</c> and <c>levels.csv</c>.</summary>
    public void Save(RunFolder run)
    {
        var text = new StringBuilder("image,label,defect_type,score,score_without_refinement,anomalous,max_pixel_score");
        foreach (var rule in Enum.GetValues<ScoreRule>()) text.Append(CultureInfo.InvariantCulture, $",{rule.Name()}_score,{rule.Name()}_score_without_refinement");
        text.Append('\n');
        foreach (var s in all)
        {
            var own = s.Score.Of(method.Rule);
            string anomalous = decision is null ? "" : decision.IsAnomalous(own.Refined) ? "1" : "0";
            text.Append(CultureInfo.InvariantCulture, $"{CsvField.Quote(s.Sample.Name)},{(s.Sample.Abnormal ? 1 : 0)},{CsvField.Quote(s.Sample.Kind)},{own.Refined:R},{own.Restored:R},{anomalous},{s.MaxPixelScore:R}");
            foreach (var score in Enum.GetValues<ScoreRule>().Select(s.Score.Find)) text.Append(CultureInfo.InvariantCulture, $",{score?.Refined:R},{score?.Restored:R}");
            text.Append('\n');
        }
        AtomicFile.Write(run.PathOf("scores.csv"), stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
        LevelErrors.Write(run, method.Levels, all);
    }

    /// <summary>The maps where there is a mask to compare them with; what is no number in them ranks above all that are.</summary>
    private static PreparedScore Kept(Sample sample, PreparedScore score)
    {
        return score with { Paper = Maps(score.Paper), Deviation = score.Deviation is null ? null : Maps(score.Deviation), Neighbours = score.Neighbours is null ? null : Maps(score.Neighbours) };

        RuleScore Maps(RuleScore of) => of with { RefinedMap = Map(of.RefinedMap), RestoredMap = Map(of.RestoredMap) };

        float[] Map(float[] map)
        {
            if (sample.Regions is null) return [];
            // Not in place: the highest pixel is still to be read.
            return map.AsSpan().Contains(float.NaN) ? Array.ConvertAll(map, v => float.IsNaN(v) ? float.MaxValue : v) : map;
        }
    }

    private (ScoreFigures All, ScoreFigures[] Kinds) Figures(Func<PreparedScore, double> score, Func<PreparedScore, float[]> map, double? threshold, string[] kinds)
    {
        var (all, ofKinds) = Pixels(map, kinds);
        return (Of(_ => true, all), [.. kinds.Select((kind, k) => Of(s => !s.Sample.Abnormal || s.Sample.Kind == kind, ofKinds[k]))]);

        ScoreFigures Of(Func<TestScore, bool> chosen, PixelFigures? pixels) => ImageFigures(chosen, score, threshold) with { PixelAuroc = pixels?.Auroc, Aupro = pixels?.Aupro };
    }

    private ScoreFigures ImageFigures(Func<TestScore, bool> chosen, Func<PreparedScore, double> score, double? threshold)
    {
        TestScore[] some = [.. all.Where(chosen)];
        var ranking = Ranking.Of([.. some.Select(s => Ranking.Rank(score(s.Score)))], [.. some.Select(s => s.Sample.Abnormal)]);
        var intervals = Bootstrap.Estimate(
            ranking, RocCurve.Auroc, PrecisionRecall.AveragePrecision, r => PrecisionRecall.BestF1(r).F1, r => threshold is { } t ? PrecisionRecall.At(r, t).F1 : 0);
        return new ScoreFigures(
            intervals[0], intervals[1], At(PrecisionRecall.BestF1(ranking), intervals[2]), threshold is { } given ? At(PrecisionRecall.At(ranking, given), intervals[3]) : null, null, null);

        static ThresholdFigures At(DecisionCounts d, Estimate f1) => new(d.Threshold, f1, d.Found, d.Misses, d.FalseAlarms, d.Passed);
    }

    private (PixelFigures? All, PixelFigures?[] OfKinds) Pixels(Func<PreparedScore, float[]> map, string[] kinds)
    {
        TestScore[] masked = [.. all.Where(s => s.Sample.Regions is not null)];
        if (masked.Length == 0) return (null, new PixelFigures?[kinds.Length]);
        // Of one kind alone all figures are its own: it needs no curve.
        int[] numbers = [.. masked.Select(s => s.Sample.Abnormal && kinds.Length > 0 ? Array.IndexOf(kinds, s.Sample.Kind) : -1)];
        var figures = PixelMetrics.Compute([.. masked.Select(s => s.Sample.Regions!)], numbers, i => OnImage(masked[i]));
        return (figures.All, [.. kinds.Select((_, k) => k < figures.OfKinds.Length ? figures.OfKinds[k] : null)]);

        float[] OnImage(TestScore s) => ImageRegion.PutBack(fit, map(s.Score), s.Sample.Height, s.Sample.Width, s.Sample.Regions!.Height, s.Sample.Regions.Width);
    }
}
