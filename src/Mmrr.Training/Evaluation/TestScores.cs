using System.Globalization;
using System.Text;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Metrics;
using Mmrr.Training.Runs;

namespace Mmrr.Training.Evaluation;

/// <summary>The scores of one test image.</summary>
/// <param name="Sample">The image.</param>
/// <param name="Score">The scores by each rule, without maps.</param>
/// <param name="MaxPixelScore">The highest pixel of the refined map of the run's rule.</param>
internal sealed record TestScore(Sample Sample, PreparedScore Score, float MaxPixelScore);

/// <summary>The scores of a test set, and the figures that follow from them.</summary>
/// <param name="all">The scores of every image.</param>
/// <param name="pixels">The tallies of the maps.</param>
/// <param name="method">How they were scored.</param>
/// <param name="decision">The run's calibration, if it is for these levels and this rule.</param>
internal sealed class TestScores(IReadOnlyList<TestScore> all, PixelTallies pixels, ScoreMethod method, Calibration? decision)
{

    /// <summary>Scores samples.</summary>
    /// <param name="model">The model.</param>
    /// <param name="samples">The test images.</param>
    /// <param name="method">How to score.</param>
    /// <param name="calibration">The run's calibration, if it has one.</param>
    /// <param name="account">Records each image.</param>
    /// <param name="progress">Called with (images done, total images).</param>
    public static TestScores Compute(
        AnomalyModel model, IReadOnlyList<Sample> samples, ScoreMethod method, Calibration? calibration, ImageAccount account, Action<int, int> progress)
    {
        var all = new List<TestScore>();
        var pixels = new PixelTallies(samples, model.Options.Fit);
        Visit(
            model, samples, method,
            (sample, image, score) =>
            {
                account.Add(sample, image, model.Options.Channels);
                pixels.Add(sample, score);
                all.Add(new TestScore(sample, WithoutMaps(score), score.Of(method.Rule).RefinedMap.Max()));
            },
            () => progress(all.Count, samples.Count));
        return new TestScores(all, pixels, method, method.Decision(calibration));
    }

    /// <summary>
    /// Scores samples with their maps, in batches: a tiled image alone, since it may take hundreds of megabytes with its maps, which are given back before the
    /// next one is read. What is visited must not be kept whole.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="samples">The images.</param>
    /// <param name="method">How to score.</param>
    /// <param name="visit">Called with each image, its pixels and its scores, in order.</param>
    /// <param name="batchDone">Called after each batch.</param>
    public static void Visit(
        AnomalyModel model, IReadOnlyList<Sample> samples, ScoreMethod method, Action<Sample, PreparedImage, PreparedScore> visit, Action? batchDone = null)
    {
        foreach (var some in samples.Chunk(model.Options.Fit == ImageFit.Tile ? 1 : 64))
        {
            PreparedImage[] prepared = [.. some.Select(s => s.Prepared)];
            var scores = TiledScoring.Score(model, prepared, method, maps: true);
            foreach (var (sample, image, score) in some.Zip(prepared, scores)) visit(sample, image, score);
            // A batch has a single tiled image; other images are not large.
            ImageMemory.Release(some[^1]);
            batchDone?.Invoke();
        }
    }

    /// <summary>The figures of the run's rule: over all images, and for each kind of abnormal ones where there are several.</summary>
    public (RuleFigures All, IReadOnlyList<KindFigures>? Kinds) Figures()
    {
        var rule = method.Rule;
        // With a single kind, the figures of all images are those of the kind.
        string[] kinds = pixels.Kinds.Length < 2 ? [] : pixels.Kinds;
        var refined = Figures(s => s.Of(rule).Refined, pixels.Refined(rule), decision?.Threshold, kinds);
        var restored = Figures(s => s.Of(rule).Restored, pixels.Restored(rule), decision?.ThresholdWithoutRefinement, kinds);
        var ofKinds = kinds.Select((kind, k) => new KindFigures(
            kind, all.Count(s => s.Sample.Abnormal && s.Sample.Kind == kind), refined.Kinds[k], restored.Kinds[k]));
        return (new RuleFigures(rule, refined.All, restored.All), kinds.Length == 0 ? null : [.. ofKinds]);
    }

    /// <summary>The figures of the other rules over all images, where there are statistics of normal images for them.</summary>
    public IReadOnlyList<RuleFigures> OtherFigures() =>
        [.. method.Rules.Skip(1).Select(rule => new RuleFigures(
            rule, Figures(s => s.Of(rule).Refined, pixels.Refined(rule), null, []).All,
            Figures(s => s.Of(rule).Restored, pixels.Restored(rule), null, []).All))];

    /// <summary>Writes <c>scores.csv</c> and <c>levels.csv</c>.</summary>
    public void Save(RunFolder run)
    {
        var text = new StringBuilder("image,label,defect_type,score,score_without_refinement,anomalous,max_pixel_score");
        foreach (var rule in Enum.GetValues<ScoreRule>())
            text.Append(CultureInfo.InvariantCulture, $",{rule.Name()}_score,{rule.Name()}_score_without_refinement");
        text.Append('\n');
        foreach (var s in all)
        {
            var own = s.Score.Of(method.Rule);
            string anomalous = decision is null ? "" : decision.IsAnomalous(own.Refined) ? "1" : "0";
            text.Append(
                CultureInfo.InvariantCulture,
                $"{CsvField.Quote(s.Sample.Name)},{(s.Sample.Abnormal ? 1 : 0)},{CsvField.Quote(s.Sample.Kind)},"
                + $"{own.Refined:R},{own.Restored:R},{anomalous},{s.MaxPixelScore:R}");
            foreach (var score in Enum.GetValues<ScoreRule>().Select(s.Score.Find))
                text.Append(CultureInfo.InvariantCulture, $",{score?.Refined:R},{score?.Restored:R}");
            text.Append('\n');
        }
        AtomicFile.Write(run.PathOf("scores.csv"), stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
        if (method.Levels != LevelSchedule.None) LevelErrors.Write(run, method.Levels, all);
    }

    private static PreparedScore WithoutMaps(PreparedScore score)
    {
        return score with
        {
            Paper = Without(score.Paper),
            Deviation = score.Deviation is null ? null : Without(score.Deviation),
            Neighbours = score.Neighbours is null ? null : Without(score.Neighbours)
        };

        static RuleScore Without(RuleScore of) => of with { RefinedMap = [], RestoredMap = [] };
    }

    private (ScoreFigures All, ScoreFigures[] Kinds) Figures(Func<PreparedScore, double> score, PixelTally tally, double? threshold, string[] kinds)
    {
        var (whole, ofKinds) = tally.Figures();
        return (Of(_ => true, whole), [.. kinds.Select((kind, k) => Of(s => !s.Sample.Abnormal || s.Sample.Kind == kind, ofKinds[k]))]);

        ScoreFigures Of(Func<TestScore, bool> chosen, PixelFigures? figures) =>
            ImageFigures(chosen, score, threshold) with { PixelAuroc = figures?.Auroc, Aupro = figures?.Aupro };
    }

    private ScoreFigures ImageFigures(Func<TestScore, bool> chosen, Func<PreparedScore, double> score, double? threshold)
    {
        TestScore[] some = [.. all.Where(chosen)];
        var ranking = Ranking.Of([.. some.Select(s => Ranking.Rank(score(s.Score)))], [.. some.Select(s => s.Sample.Abnormal)]);
        var intervals = Bootstrap.Estimate(
            ranking, RocCurve.Auroc, PrecisionRecall.AveragePrecision,
            r => PrecisionRecall.BestF1(r).F1, r => threshold is { } t ? PrecisionRecall.At(r, t).F1 : 0);
        return new ScoreFigures(
            intervals[0], intervals[1], At(PrecisionRecall.BestF1(ranking), intervals[2]),
            threshold is { } given ? At(PrecisionRecall.At(ranking, given), intervals[3]) : null, null, null);

        static ThresholdFigures At(DecisionCounts d, Estimate f1) => new(d.Threshold, f1, d.Found, d.Misses, d.FalseAlarms, d.Passed);
    }
}
