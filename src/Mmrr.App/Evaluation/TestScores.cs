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
/// <param name="Refined">With refinement.</param>
/// <param name="Restored">Without.</param>
/// <param name="RefinedErrors">The errors at each level behind <paramref name="Refined"/>, [L].</param>
/// <param name="RestoredErrors">Those behind <paramref name="Restored"/>, [L].</param>
/// <param name="MaxPixelScore">The highest pixel of the refined map.</param>
/// <param name="RefinedMap">At the sample's size; empty where it has no mask to compare with.</param>
/// <param name="RestoredMap">The same without refinement.</param>
internal sealed record TestScore(
    Sample Sample, double Refined, double Restored, float[] RefinedErrors, float[] RestoredErrors, float MaxPixelScore, float[] RefinedMap, float[] RestoredMap);

/// <summary>The scores of a test set, and the figures that follow from them.</summary>
/// <param name="all">Of every image.</param>
/// <param name="fit">How images became samples.</param>
/// <param name="levels">The levels.</param>
/// <param name="calibration">The run's, if it is of the same levels.</param>
internal sealed class TestScores(IReadOnlyList<TestScore> all, ImageFit fit, LevelSchedule levels, Calibration? calibration)
{
    private readonly string[] _kinds = [.. all.Where(s => s.Sample.Abnormal).Select(s => s.Sample.Kind).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Scores samples.</summary>
    /// <param name="model">The model.</param>
    /// <param name="samples">The test images.</param>
    /// <param name="levels">The levels.</param>
    /// <param name="calibration">The run's, if it has one.</param>
    /// <param name="progress">Hears (images done, images in all).</param>
    public static TestScores Compute(MmrrModel model, IReadOnlyList<Sample> samples, LevelSchedule levels, Calibration? calibration, Action<int, int> progress)
    {
        var all = new List<TestScore>();
        foreach (var some in samples.Chunk(model.Options.Fit == ImageFit.Tile ? 1 : 64))
        {
            var scores = TiledScoring.Score(model, [.. some.Select(s => new PreparedImage(s.Pixels, s.Height, s.Width))], levels, maps: true);
            all.AddRange(some.Zip(scores, (sample, s) => new TestScore(
                sample, s.Refined, s.Restored, s.RefinedErrors, s.RestoredErrors, s.RefinedMap.Max(), Kept(sample, s.RefinedMap), Kept(sample, s.RestoredMap))));
            progress(all.Count, samples.Count);
        }
        return new TestScores(all, model.Options.Fit, levels, calibration?.Levels == levels ? calibration : null);
    }

    /// <summary>The figures with and without refinement: over all images, and for each kind of abnormal ones where there are several.</summary>
    public (ScoreFigures Refined, ScoreFigures Restored, IReadOnlyList<KindFigures>? Kinds) Figures()
    {
        var refined = Figures(s => s.Refined, s => s.RefinedMap, calibration?.Threshold);
        var restored = Figures(s => s.Restored, s => s.RestoredMap, calibration?.ThresholdWithoutRefinement);
        var kinds = _kinds.Length < 2 ? null : _kinds.Select((kind, k) => new KindFigures(kind, all.Count(s => s.Sample.Abnormal && s.Sample.Kind == kind), refined.Kinds[k], restored.Kinds[k]));
        return (refined.All, restored.All, kinds?.ToArray());
    }

    /// <summary>Writes <c>scores.csv</c> and <c>levels.csv</c>.</summary>
    public void Save(RunFolder run)
    {
        var text = new StringBuilder("image,label,defect_type,score,score_without_refinement,anomalous,max_pixel_score\n");
        foreach (var s in all)
        {
            string anomalous = calibration is null ? "" : calibration.IsAnomalous(s.Refined) ? "1" : "0";
            text.Append(
                CultureInfo.InvariantCulture,
                $"{CsvField.Quote(s.Sample.Name)},{(s.Sample.Abnormal ? 1 : 0)},{CsvField.Quote(s.Sample.Kind)},{s.Refined:R},{s.Restored:R},{anomalous},{s.MaxPixelScore:R}\n");
        }
        AtomicFile.Write(run.PathOf("scores.csv"), stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
        LevelErrors.Write(run, levels, all);
    }

    /// <summary>The map where there is a mask to compare it with; what is no number in it ranks above all that are.</summary>
    private static float[] Kept(Sample sample, float[] map)
    {
        if (sample.Regions is null) return [];
        map.AsSpan().Replace(float.NaN, float.MaxValue);
        return map;
    }

    private (ScoreFigures All, ScoreFigures[] Kinds) Figures(Func<TestScore, double> score, Func<TestScore, float[]> map, double? threshold)
    {
        var (all, ofKinds) = Pixels(map);
        return (Of(_ => true, all), [.. _kinds.Select((kind, k) => Of(s => !s.Sample.Abnormal || s.Sample.Kind == kind, ofKinds[k]))]);

        ScoreFigures Of(Func<TestScore, bool> chosen, PixelFigures? pixels) => ImageFigures(chosen, score, threshold) with { PixelAuroc = pixels?.Auroc, Aupro = pixels?.Aupro };
    }

    private ScoreFigures ImageFigures(Func<TestScore, bool> chosen, Func<TestScore, double> score, double? threshold)
    {
        TestScore[] some = [.. all.Where(chosen)];
        var ranking = Ranking.Of([.. some.Select(s => Ranking.Rank(score(s)))], [.. some.Select(s => s.Sample.Abnormal)]);
        var intervals = Bootstrap.Estimate(
            ranking, RocCurve.Auroc, PrecisionRecall.AveragePrecision, r => PrecisionRecall.BestF1(r).F1, r => threshold is { } t ? PrecisionRecall.At(r, t).F1 : 0);
        return new ScoreFigures(
            intervals[0], intervals[1], At(PrecisionRecall.BestF1(ranking), intervals[2]), threshold is { } given ? At(PrecisionRecall.At(ranking, given), intervals[3]) : null, null, null);

        static ThresholdFigures At(DecisionCounts d, Estimate f1) => new(d.Threshold, f1, d.Found, d.Misses, d.FalseAlarms, d.Passed);
    }

    private (PixelFigures? All, PixelFigures?[] OfKinds) Pixels(Func<TestScore, float[]> map)
    {
        TestScore[] masked = [.. all.Where(s => s.Sample.Regions is not null)];
        if (masked.Length == 0) return (null, new PixelFigures?[_kinds.Length]);
        int[] kinds = [.. masked.Select(s => s.Sample.Abnormal ? Array.IndexOf(_kinds, s.Sample.Kind) : -1)];
        var figures = PixelMetrics.Compute([.. masked.Select(s => s.Sample.Regions!)], kinds, i => OnImage(masked[i]));
        return (figures.All, [.. _kinds.Select((_, k) => k < figures.OfKinds.Length ? figures.OfKinds[k] : null)]);

        float[] OnImage(TestScore s) => ImageRegion.PutBack(fit, map(s), s.Sample.Height, s.Sample.Width, s.Sample.Regions!.Height, s.Sample.Regions.Width);
    }
}
