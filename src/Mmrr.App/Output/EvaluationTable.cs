using System.Globalization;
using Mmrr.Nn;
using Mmrr.Training.Evaluation;
using Mmrr.Training.Metrics;
using Spectre.Console;

namespace Mmrr.App.Output;

/// <summary>The figures of an evaluation as text: tables with lines on a terminal, plain columns elsewhere.</summary>
internal static class EvaluationTable
{
    /// <summary>Prints to standard output.</summary>
    public static void Print(EvaluationResult result)
    {
        Console.WriteLine(
            Text($"{result.Images} images ({result.NormalImages} normal), {result.Scoring}, ")
            + Text($"{result.Seconds:F0} s on {result.Device}"));
        Overall("", result.WithRefinement, result.WithoutRefinement, result.Refines).Print();
        foreach (var other in result.OtherRules) Overall($"rule {other.Rule.Name()}", other.WithRefinement, other.WithoutRefinement, result.Refines).Print();
        if (result.Kinds is not null)
        {
            Kinds(result).Print();
            if (StandardOutput.IsTerminal && result.Refines) Screen.ForTables().MarkupLine("[dim]in the second lines: without refinement[/]");
        }
        Console.WriteLine(Text($"in brackets: {result.Intervals.Confidence:P0} intervals, {result.Intervals.Method}, {result.Intervals.Resamples} resamples"));
    }

    private static FittedTable Overall(string title, ScoreFigures refined, ScoreFigures restored, bool refines)
    {
        var table = new FittedTable(
            [new Column(title), .. (refines ? new[] { "with refinement", "without" } : ["score"]).Select(head => new Column(head, IsNumber: true))]);
        Row("image AUROC", f => Text(f.ImageAuroc));
        Row("average precision", f => Text(f.AveragePrecision));
        Row("best F1", f => Text(f.BestF1.F1));
        Row("  at threshold", f => Text($"{f.BestF1.Threshold:G5}"));
        if (refined.AtThreshold is not null)
        {
            Row("F1 at the run's threshold", f => f.AtThreshold is { } t ? Text(t.F1) : "-");
            Row("  threshold", f => f.AtThreshold is { } t ? Text($"{t.Threshold:G5}") : "-");
            Row("  false alarms", f => f.AtThreshold is { } t ? Text($"{t.FalseAlarms} of {t.FalseAlarms + t.Passed}") : "-");
            Row("  misses", f => f.AtThreshold is { } t ? Text($"{t.Misses} of {t.Misses + t.Found}") : "-");
        }
        if (refined.PixelAuroc is not null)
        {
            Row("pixel AUROC", f => Text(f.PixelAuroc));
            Row("AUPRO up to 0.3", f => Text(f.Aupro));
        }
        return table;

        void Row(string name, Func<ScoreFigures, string> figure) =>
            table.Add([name, .. (refines ? new[] { refined, restored } : [refined]).Select(f => Markup.Escape(figure(f)))]);
    }

    // Figures without refinement are in separate columns; on a terminal, where that would be too wide, below the others.
    private static FittedTable Kinds(EvaluationResult result)
    {
        bool plain = !StandardOutput.IsTerminal,
            threshold = result.WithRefinement.AtThreshold is not null, pixels = result.WithRefinement.PixelAuroc is not null;
        string line = plain ? " " : "\n";
        Column[] decided = threshold ? [new Column("missed", IsNumber: true, Rank: 1)] : [];
        var table = new FittedTable([
            new Column("kind"), new Column("images", IsNumber: true, Rank: 4), .. Pair($"image{line}AUROC", 0),
            .. Pair(plain ? "avg. precision" : "average\nprecision", 3), .. decided,
            .. pixels ? Pair($"pixel{line}AUROC", 1).Concat(Pair("AUPRO", 2)) : [],
        ]);
        foreach (var kind in result.Kinds!)
        {
            var (with, without) = (kind.WithRefinement, kind.WithoutRefinement);
            List<string> row =
            [
                Markup.Escape(kind.Kind), Text($"{kind.Images}"), .. Figures(with.ImageAuroc.Value, without.ImageAuroc.Value),
                .. Figures(with.AveragePrecision.Value, without.AveragePrecision.Value)
            ];
            if (threshold) row.Add(Text($"{with.AtThreshold!.Misses}"));
            if (pixels) row.AddRange([.. Figures(with.PixelAuroc, without.PixelAuroc), .. Figures(with.Aupro, without.Aupro)]);
            table.Add([.. row]);
        }
        return table;

        Column[] Pair(string name, int rank) =>
            [.. (plain && result.Refines ? new[] { name, "without" } : [name]).Select(head => new Column(head, IsNumber: true, rank))];

        string[] Figures(double? with, double? without) =>
            !result.Refines ? [Text(with)] : plain ? [Text(with), Text(without)] : [$"{Text(with)}\n[dim]{Text(without)}[/]"];
    }

    private static string Text(Estimate estimate) => Text($"{estimate.Value:F4} [{estimate.Low:F3}, {estimate.High:F3}]");

    private static string Text(double? value) => value is { } v ? Text($"{v:F4}") : "-";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
