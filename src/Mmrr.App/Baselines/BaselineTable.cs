using System.Globalization;
using Spectre.Console;

namespace Mmrr.App.Baselines;

/// <summary>The figures of simple methods for people: a table with lines on a terminal, columns of plain text where the output goes elsewhere.</summary>
internal static class BaselineTable
{
    // Of a file or a pipe, which have no width: no row is broken.
    private const int PlainWidth = 400;

    /// <summary>Prints to standard output.</summary>
    /// <param name="result">The figures.</param>
    /// <param name="networks">Image AUROC of networks on the same test images, by name, to stand above them.</param>
    public static void Print(BaselineResult result, params ReadOnlySpan<(string Name, double ImageAuroc)> networks)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        bool plain = Console.IsOutputRedirected;
        if (plain) console.Profile.Width = PlainWidth;
        string shape = Text($"[{result.Size}, {result.Size}, {result.Channels}]");
        Console.WriteLine(Text(
            $"simple methods: {result.Images} images {shape} ({result.NormalImages} normal), {result.TrainingImages} normal images to learn from, {result.Seconds:F1} s"));
        var table = new Table { Border = plain ? TableBorder.None : TableBorder.Rounded };
        table.AddColumn(new TableColumn("") { NoWrap = true });
        foreach (string head in (string[])["image AUROC", "normalised"]) table.AddColumn(new TableColumn(head) { NoWrap = true }.RightAligned());
        foreach (var (name, auroc) in networks) table.AddRow(new Text(name), new Text(Text($"{auroc:F4}")), new Text("-"));
        foreach (var f in result.Figures)
            table.AddRow(new Text(f.Method), new Text(Text($"{f.ImageAuroc:F4}")), new Text(f.NormalisedImageAuroc is { } n ? Text($"{n:F4}") : "-"));
        console.Write(table);
        if (plain) console.WriteLine();
        Console.WriteLine(BaselineResult.Normalised);
        Console.WriteLine(BaselineResult.Shortcuts);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
