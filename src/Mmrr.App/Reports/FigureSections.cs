using System.Globalization;
using System.Xml.Linq;
using Mmrr.App.Reports.Charts;
using Mmrr.Nn;
using Mmrr.Training.Evaluation;
using Mmrr.Training.Metrics;

namespace Mmrr.App.Reports;

/// <summary>The figures of an evaluation as sections of a page.</summary>
internal static class FigureSections
{
    private const string None = "–";

    /// <summary>The main figures, shown at the top.</summary>
    public static XElement Headline(EvaluationResult result)
    {
        var best = result.WithRefinement;
        var boxes = new List<XElement>
        {
            Box("image AUROC", Html.Number(best.ImageAuroc.Value, "F3")),
            Box("average precision", Html.Number(best.AveragePrecision.Value, "F3"))
        };
        if (best.PixelAuroc is { } pixels) boxes.Add(Box("pixel AUROC", Html.Number(pixels, "F3")));
        if (best.Aupro is { } regions) boxes.Add(Box("AUPRO", Html.Number(regions, "F3")));
        if (best.AtThreshold is { } t)
        {
            boxes.Add(Box("missed", $"{t.Misses} of {t.Misses + t.Found}"));
            boxes.Add(Box("false alarms", $"{t.FalseAlarms} of {t.FalseAlarms + t.Passed}"));
        }
        return Html.Classed("dl", "boxes", boxes);

        static XElement Box(string name, object value) => Html.Element("div", Html.Element("dt", name), Html.Element("dd", value));
    }

    /// <summary>All figures of the run's rule, with and without refinement.</summary>
    public static XElement Overall(EvaluationResult result) =>
        Figures($"Figures of the test set, {result.Scoring}", result, result.WithRefinement, result.WithoutRefinement);

    /// <summary>The figures of the other rules.</summary>
    public static IEnumerable<XElement> OtherRules(EvaluationResult result) =>
        result.OtherRules.Select(other => Figures($"The same by the rule {other.Rule.Name()}", result, other.WithRefinement, other.WithoutRefinement));

    /// <summary>The figures of each kind of abnormal images against all normal ones; null where there is only one kind.</summary>
    public static XElement? Kinds(EvaluationResult result)
    {
        if (result.Kinds is null) return null;
        bool threshold = result.Kinds.All(k => k.WithRefinement.AtThreshold is not null),
            pixels = result.Kinds.Any(k => k.WithRefinement.PixelAuroc is not null);
        List<object?> header = ["kind", "images", "image AUROC"];
        if (result.Refines) header.Add("without refinement");
        header.Add("average precision");
        if (threshold) header.Add("missed");
        if (pixels) header.AddRange(["pixel AUROC", "AUPRO"]);
        return Html.Table("Kinds of abnormal images, each against all normal ones", header, result.Kinds.Select(k =>
        {
            List<object?> row = [k.Kind, k.Images.ToString(CultureInfo.InvariantCulture), Interval(k.WithRefinement.ImageAuroc)];
            if (result.Refines) row.Add(Interval(k.WithoutRefinement.ImageAuroc));
            row.Add(Interval(k.WithRefinement.AveragePrecision));
            if (threshold) row.Add(k.WithRefinement.AtThreshold!.Misses.ToString(CultureInfo.InvariantCulture));
            if (pixels) row.AddRange([Optional(k.WithRefinement.PixelAuroc), Optional(k.WithRefinement.Aupro)]);
            return (IReadOnlyList<object?>)row;
        }));
    }

    /// <summary>The note on how the intervals are computed.</summary>
    public static XElement Note(EvaluationResult result) => Html.Classed(
        "p", "note",
        string.Create(
            CultureInfo.InvariantCulture,
            $"In brackets: {result.Intervals.Confidence * 100:0.#} % intervals ({result.Intervals.Method}, {result.Intervals.Resamples} resamples). "
            + $"They show how much the choice of test images changes a figure, not the effect of another seed or other training images."));

    private static XElement Figures(string caption, EvaluationResult result, ScoreFigures refined, ScoreFigures restored)
    {
        var rows = new List<object?[]>();
        Row("image AUROC", f => Interval(f.ImageAuroc));
        Row("average precision", f => Interval(f.AveragePrecision));
        Row("best F1", f => Interval(f.BestF1.F1));
        Row("… at the threshold", f => Html.Number(f.BestF1.Threshold, "G4"));
        if (refined.AtThreshold is not null || restored.AtThreshold is not null)
        {
            Row("F1 at the run's threshold", f => f.AtThreshold is { } t ? Interval(t.F1) : None);
            Row("… threshold", f => f.AtThreshold is { } t ? Html.Number(t.Threshold, "G4") : None);
            Row("… missed", f => f.AtThreshold is { } t ? $"{t.Misses} of {t.Misses + t.Found} abnormal" : None);
            Row("… false alarms", f => f.AtThreshold is { } t ? $"{t.FalseAlarms} of {t.FalseAlarms + t.Passed} normal" : None);
        }
        if (refined.PixelAuroc is not null)
        {
            Row("pixel AUROC", f => Optional(f.PixelAuroc));
            Row("AUPRO (false positive rate up to 0.3)", f => Optional(f.Aupro));
        }
        return Html.Table(caption, result.Refines ? ["", "with refinement", "without refinement"] : ["", "score"], rows);

        void Row(string name, Func<ScoreFigures, object> figure) =>
            rows.Add(result.Refines ? [name, figure(refined), figure(restored)] : [name, figure(refined)]);
    }

    private static object[] Interval(Estimate estimate) =>
    [
        Html.Number(estimate.Value, "F4"), " ",
        Html.Classed("span", "interval", "[", Html.Number(estimate.Low, "F3"), ", ", Html.Number(estimate.High, "F3"), "]")
    ];

    private static object Optional(double? value) => value is { } v ? Html.Number(v, "F4") : None;
}
