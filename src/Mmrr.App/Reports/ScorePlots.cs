using System.Globalization;
using System.Xml.Linq;
using Mmrr.App.Reports.Charts;
using Mmrr.Training.Evaluation;
using Mmrr.Training.Metrics;

namespace Mmrr.App.Reports;

/// <summary>Plots of scores: ROC curve, histogram, AUROC against the level and against the number of levels.</summary>
internal static class ScorePlots
{
    private const int Bins = 30;

    /// <summary>The ROC curves with and without refinement, with the threshold marked on the first.</summary>
    /// <param name="images">Images of both kinds.</param>
    /// <param name="threshold">The run's threshold; null where it has none for these scores.</param>
    /// <param name="refines">Whether scores with and without refinement differ.</param>
    public static XElement Roc(IReadOnlyList<ScoredImage> images, double? threshold, bool refines)
    {
        bool[] abnormal = [.. images.Select(i => i.Abnormal)];
        var refined = Ranking.Of([.. images.Select(i => i.Score)], abnormal);
        var restored = Ranking.Of([.. images.Select(i => i.ScoreWithoutRefinement)], abnormal);
        var plot = new Plot(Axis.Linear("false alarms: share of normal images", 0, 1), Axis.Linear("found: share of abnormal images", 0, 1))
            .Line([(0, 0), (1, 1)], "chance", null);
        if (refines) plot.Line(Curve(restored), "second", "without refinement");
        plot.Line(Curve(refined), "first", refines ? "with refinement" : "score");
        string description = Invariant($"ROC curve: the area is {RocCurve.Auroc(refined):F4}")
            + (refines ? Invariant($" with refinement, {RocCurve.Auroc(restored):F4} without.") : ".");
        if (threshold is { } t)
        {
            double found = Share(images, true, t), alarms = Share(images, false, t);
            plot.Mark(
                alarms, found, Invariant($"threshold {t:G4}:"), Invariant($"{found * 100:0.#} % found,"), Invariant($"{alarms * 100:0.#} % false alarms"));
            description += Invariant($" At the threshold {t:G4}, {found * 100:0.#} % of the abnormal images are found with {alarms * 100:0.#} % false alarms.");
        }
        return plot.ToFigure(description, "ROC curve of the image scores. The dotted line is chance.");
    }

    /// <summary>The distribution of the scores of normal and abnormal images.</summary>
    /// <param name="images">Images of one kind or of both.</param>
    /// <param name="threshold">The run's threshold; null where it has none for these scores.</param>
    public static XElement Histogram(IReadOnlyList<ScoredImage> images, double? threshold)
    {
        double[] normal = [.. images.Where(i => !i.Abnormal).Select(i => i.Score)], abnormal = [.. images.Where(i => i.Abnormal).Select(i => i.Score)];
        double[] all = [.. images.Select(i => i.Score), .. threshold is { } t ? new[] { t } : []];
        double low = all.Min(), high = all.Max();
        // Scores are positive sums of squares, some many times larger than others: on a linear axis those of normal images would share one bin.
        bool logarithmic = low > 0 && high > 8 * low;
        if (!(high > low)) (low, high) = (low - (0.5 * Math.Max(Math.Abs(low), 1e-6)), high + (0.5 * Math.Max(Math.Abs(high), 1e-6)));
        double[] edges = [.. Enumerable.Range(0, Bins + 1).Select(i => (double)i / Bins)
            .Select(s => logarithmic ? low * Math.Pow(high / low, s) : low + ((high - low) * s))];
        double[] normalShares = Shares(normal, edges), abnormalShares = Shares(abnormal, edges);
        var x = logarithmic ? Axis.Logarithmic("score (logarithmic)", low, high) : Axis.Linear("score", low, high);
        var plot = new Plot(x, Axis.Linear("share of the kind, %", 0, 1.08 * Math.Max(normalShares.Max(), abnormalShares.Append(0).Max())));
        if (normal.Length > 0) plot.Bars(edges, normalShares, "normal", Invariant($"normal ({normal.Length})"));
        if (abnormal.Length > 0) plot.Bars(edges, abnormalShares, "abnormal", Invariant($"abnormal ({abnormal.Length})"));
        if (threshold is { } cut) plot.Cut(cut, Invariant($"threshold {cut:G4}"));
        string description = "Histogram of the scores." + Describe("normal", normal) + Describe("abnormal", abnormal)
            + (threshold is { } value ? Invariant($" The threshold is {value:G4}.") : "");
        return plot.ToFigure(description, "Scores; higher is more abnormal.");

        static string Describe(string kind, double[] scores) =>
            scores.Length == 0
                ? ""
                : Invariant($" {scores.Length} {kind} images score {scores.Min():G3} to {scores.Max():G3}, ")
                    + Invariant($"half of them up to {scores.Order().ElementAt((scores.Length - 1) / 2):G3}.");
    }

    /// <summary>Figure 2 of the paper.</summary>
    public static XElement Levels(LevelSweep sweep)
    {
        var number = Axis.Logarithmic(
            "number of mask levels", sweep.Points[0].Levels, sweep.Points[^1].Levels, [.. sweep.Points.Select(p => (double)p.Levels)]);
        var plot = Auroc(number, [.. sweep.Points.Select(p => ((double)p.Levels, p.ImageAuroc, p.ImageAurocWithoutRefinement))]);
        string description = "Image AUROC with refinement by number of mask levels: "
            + string.Join(", ", sweep.Points.Select(p => Invariant($"{p.ImageAuroc:F3} at {p.Levels}"))) + ".";
        return plot.ToFigure(
            description, Invariant($"Image AUROC against the number of mask levels, on {sweep.Images} test images ({sweep.NormalImages} normal)."));
    }

    /// <summary>The AUROC of each single level.</summary>
    /// <param name="levels">At least one, ascending.</param>
    public static XElement SingleLevels(IReadOnlyList<LevelFigures> levels)
    {
        double low = levels[0].Level, high = levels[^1].Level;
        var axis = low > 0 ? Axis.Logarithmic("mask level μ (logarithmic)", low, high) : Axis.Linear("mask level μ", low, high);
        var best = levels.MaxBy(l => l.ImageAuroc)!;
        return Auroc(axis, [.. levels.Select(l => (l.Level, l.ImageAuroc, l.ImageAurocWithoutRefinement))]).ToFigure(
            "Image AUROC with refinement of single mask levels: "
                + Invariant($"{string.Join(", ", levels.Select(l => Invariant($"{l.ImageAuroc:F3} at {l.Level:0.###}")))}."),
            Invariant($"Image AUROC of the errors at each mask level alone: {best.ImageAuroc:F3} at {best.Level:0.###} is the highest."));
    }

    private static Plot Auroc(Axis x, IReadOnlyList<(double X, double Refined, double Restored)> points)
    {
        double low = points.Min(p => Math.Min(p.Refined, p.Restored)), high = points.Max(p => Math.Max(p.Refined, p.Restored));
        // A flat curve should look flat: at least five points of AUROC from bottom to top.
        double room = Math.Max(0.01, (0.05 - (high - low)) / 2);
        return new Plot(x, Axis.Linear("image AUROC", Math.Max(0, low - room), Math.Min(1, high + room)))
            .Line(points.Select(p => (p.X, p.Restored)), "second", "without refinement", dots: true)
            .Line(points.Select(p => (p.X, p.Refined)), "first", "with refinement", dots: true);
    }

    private static IEnumerable<(double X, double Y)> Curve(Ranking ranking)
    {
        // Corners only: points along a straight edge add nothing, and the path stays short for ten thousand images.
        var points = new List<(long Normal, long Abnormal)> { (0, 0) };
        for (int k = 0; k < ranking.Scores.Count; k++)
        {
            var next = (Normal: points[^1].Normal + ranking.Normal[k], Abnormal: points[^1].Abnormal + ranking.Abnormal[k]);
            if (points.Count > 1
                && ((points[^2].Normal == next.Normal && points[^1].Normal == next.Normal)
                    || (points[^2].Abnormal == next.Abnormal && points[^1].Abnormal == next.Abnormal)))
                points[^1] = next;
            else
                points.Add(next);
        }
        return points.Select(p => ((double)p.Normal / ranking.NormalCount, (double)p.Abnormal / ranking.AbnormalCount));
    }

    private static double Share(IReadOnlyList<ScoredImage> images, bool abnormal, double threshold) =>
        (double)images.Count(i => i.Abnormal == abnormal && i.Score > threshold) / images.Count(i => i.Abnormal == abnormal);

    private static double[] Shares(double[] scores, double[] edges)
    {
        var counts = new double[edges.Length - 1];
        foreach (double score in scores)
        {
            int bin = Array.BinarySearch(edges, score);
            counts[Math.Clamp(bin >= 0 ? bin : ~bin - 1, 0, counts.Length - 1)] += 100.0 / scores.Length;
        }
        return counts;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
