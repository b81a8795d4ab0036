using System.Globalization;
using Mmrr.App.Evaluation.Metrics;
using Mmrr.Nn;
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
        Console.WriteLine(Text($"{result.Images} images ({result.NormalImages} normal), levels {result.Levels}, rule {result.Rule.Name()}, {result.Seconds:F0} s on {result.Device}"));
        Print(console, Overall("", result.WithRefinement, result.WithoutRefinement));
        foreach (var other in result.OtherRules) Print(console, Overall($"rule {other.Rule.Name()}", other.WithRefinement, other.WithoutRefinement));
        if (result.Kinds is not null)
        {
            Print(console, Kinds(result));
            if (!Console.IsOutputRedirected) console.MarkupLine("[dim]dimmed: without refinement[/]");
        }
        Console.WriteLine(Text($"in brackets: {result.Intervals.Confidence:P0} intervals, {result.Intervals.Method}, {result.Intervals.Resamples} resamples"));
    }

    private static Table Overall(string title, ScoreFigures refined, ScoreFigures restored)
    {
        var table = NewTable(title, "with refinement", "without");
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

    // Without refinement: in columns of their own; on a terminal, where that would be too wide, dimmed under the others.
    private static Table Kinds(EvaluationResult result)
    {
        bool plain = Console.IsOutputRedirected, threshold = result.WithRefinement.AtThreshold is not null, pixels = result.WithRefinement.PixelAuroc is not null;
        string line = plain ? " " : "\n";
        string[] decided = threshold ? ["missed"] : [];
        var table = NewTable([
            "kind", "images", .. Pair($"image{line}AUROC"), .. Pair(plain ? "avg. precision" : "average\nprecision"), .. decided,
            .. pixels ? Pair($"pixel{line}AUROC").Concat(Pair("AUPRO")) : [],
        ]);
        foreach (var kind in result.Kinds!)
        {
            var (with, without) = (kind.WithRefinement, kind.WithoutRefinement);
            List<string> row = [Markup.Escape(kind.Kind), Text($"{kind.Images}"), .. Figures(with.ImageAuroc.Value, without.ImageAuroc.Value), .. Figures(with.AveragePrecision.Value, without.AveragePrecision.Value)];
            if (threshold) row.Add(Text($"{with.AtThreshold!.Misses}"));
            if (pixels) row.AddRange([.. Figures(with.PixelAuroc, without.PixelAuroc), .. Figures(with.Aupro, without.Aupro)]);
            table.AddRow([.. row.Select(cell => new Markup(cell))]);
        }
        return table;

        string[] Pair(string name) => plain ? [name, "without"] : [name];

        string[] Figures(double? with, double? without) => plain ? [Text(with), Text(without)] : [$"{Text(with)}\n[dim]{Text(without)}[/]"];
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
