using System.Globalization;
using Mmrr.Training.Baselines;
using Spectre.Console;

namespace Mmrr.App.Output;

/// <summary>The figures of simple methods as text: a table with lines on a terminal, plain columns elsewhere.</summary>
internal static class BaselineTable
{
    /// <summary>Prints to standard output.</summary>
    /// <param name="result">The figures.</param>
    /// <param name="networks">Image AUROC of networks on the same test images, by name, printed above them.</param>
    public static void Print(BaselineResult result, params ReadOnlySpan<(string Name, double ImageAuroc)> networks)
    {
        string shape = Text($"[{result.Size}, {result.Size}, {result.Channels}]");
        Console.WriteLine(
            Text($"simple methods: {result.Images} images {shape} ({result.NormalImages} normal), ")
            + Text($"{result.TrainingImages} normal images to learn from, {result.Seconds:F1} s"));
        var table = new FittedTable(new Column(""), new Column("image AUROC", IsNumber: true), new Column("normalised", IsNumber: true));
        foreach (var (name, auroc) in networks) table.Add(Markup.Escape(name), Text($"{auroc:F4}"), "-");
        foreach (var f in result.Figures)
            table.Add(Markup.Escape(f.Method), Text($"{f.ImageAuroc:F4}"), f.NormalisedImageAuroc is { } n ? Text($"{n:F4}") : "-");
        table.Print();
        Console.WriteLine(BaselineResult.Normalised);
        Console.WriteLine(BaselineResult.Shortcuts);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
