using System.Globalization;
using Mmrr.App.Evaluation.Metrics;
using Spectre.Console;

namespace Mmrr.App.Evaluation;

/// <summary>The figures of an evaluation for people: tables with lines on a terminal, columns of plain text where the output goes elsewhere.</summary>
internal static class EvaluationTable
{
    // Of a file or a pipe, which have no width: no row is broken.
    private const int PlainWidth = 400;

    /// <summary>Prints to standard output.</summary>
    public static void Print(EvaluationResult result)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected) console.Profile.Width = PlainWidth;
        Console.WriteLine(Text($"{result.Images} images ({result.NormalImages} normal), {result.Levels} levels, {result.Seconds:F0} s on {result.Device}"));
        Print(console, Overall(result));
        if (result.Kinds is not null) Print(console, Kinds(result));
        Console.WriteLine(Text($"in brackets: {result.Intervals.Confidence:P0} intervals, {result.Intervals.Method}, {result.Intervals.Resamples} resamples"));
    }

    private static Table Overall(EvaluationResult result)
    {
        var (refined, restored) = (result.WithRefinement, result.WithoutRefinement);
        var table = NewTable("", "with refinement", "without");
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

        void Row(string name, Func<ScoreFigures, string> figure) => table.AddRow(new Markup(name), new Text(figure(refined)), new Text(figure(restored)));
    }

    private static Table Kinds(EvaluationResult result)
    {
        bool threshold = result.WithRefinement.AtThreshold is not null, pixels = result.WithRefinement.PixelAuroc is not null;
        string[] decided = threshold ? ["missed"] : [], located = pixels ? ["pixel AUROC", "without", "AUPRO", "without"] : [];
        var table = NewTable(["kind", "images", "image AUROC", "without", "avg. precision", "without", .. decided, .. located]);
        foreach (var kind in result.Kinds!)
        {
            var (with, without) = (kind.WithRefinement, kind.WithoutRefinement);
            List<string> row = [kind.Kind, Text($"{kind.Images}"), Text(with.ImageAuroc.Value), Text(without.ImageAuroc.Value), Text(with.AveragePrecision.Value), Text(without.AveragePrecision.Value)];
            if (threshold) row.Add(Text($"{with.AtThreshold!.Misses}"));
            if (pixels) row.AddRange([Text(with.PixelAuroc), Text(without.PixelAuroc), Text(with.Aupro), Text(without.Aupro)]);
            table.AddRow(row.Select(cell => new Text(cell)));
        }
        return table;
    }

    private static Table NewTable(params string[] head)
    {
        var table = new Table { Border = Console.IsOutputRedirected ? TableBorder.None : TableBorder.Rounded };
        for (int i = 0; i < head.Length; i++)
        {
            var column = new TableColumn(new Text(head[i])) { NoWrap = true };
            table.AddColumn(i == 0 ? column : column.RightAligned());
        }
        return table;
    }

    private static void Print(IAnsiConsole console, Table table)
    {
        console.Write(table);
        if (Console.IsOutputRedirected) console.WriteLine();
    }

    private static string Text(Estimate estimate) => Text($"{estimate.Value:F4} [{estimate.Low:F3}, {estimate.High:F3}]");

    private static string Text(double? value) => value is { } v ? Text($"{v:F4}") : "-";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
