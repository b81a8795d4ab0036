using System.Globalization;
using Mmrr.App.Output;
using Spectre.Console;

namespace Mmrr.App.Profiling;

/// <summary>Two profiles of a run side by side: a row for each kernel, the largest change of time first, then all kernels and the wall's time.</summary>
internal static class ComparisonTable
{
    private const string None = "-";

    /// <summary>How to read these tables.</summary>
    public const string Note =
        "milliseconds of one run; change: now less before, ratio: now to before; a few per cent may be noise, of which more --steps on both sides leave less";

    /// <summary>Prints to standard output.</summary>
    public static void Print(RunProfile before, RunProfile now)
    {
        var table = new FittedTable(
            new Column("kernel"), new Column("calls before", IsNumber: true, Rank: 3), new Column("calls now", IsNumber: true, Rank: 2),
            new Column("ms before", IsNumber: true), new Column("ms now", IsNumber: true), new Column("change", IsNumber: true),
            new Column("ratio", IsNumber: true, Rank: 1));
        foreach (var (name, old, current) in before.Kernels.Keys.Union(now.Kernels.Keys)
            .Select(name => (Name: name, Before: Find(before, name), Now: Find(now, name)))
            .OrderByDescending(row => Math.Abs(Change(row.Before?.Seconds, row.Now?.Seconds))).ThenBy(row => row.Name, StringComparer.Ordinal))
        {
            table.Add([Markup.Escape(name), Calls(old), Calls(current), .. Times(old?.Seconds, current?.Seconds)]);
        }
        table.Add(["all kernels", Calls(before.Total), Calls(now.Total), .. Times(before.Total.Seconds, now.Total.Seconds)]);
        table.Add(["wall", None, None, .. Times(before.Seconds, now.Seconds)]);
        table.Print();
    }

    private static KernelTotal? Find(RunProfile run, string name) => run.Kernels.TryGetValue(name, out var kernel) ? kernel : null;

    private static string[] Times(double? before, double? now) =>
    [
        Milliseconds(before), Milliseconds(now), Text($"{Change(before, now) * 1e3:+0.000;-0.000;0.000}"),
        before is null ? "only now" : now is null ? "only before" : before > 0 ? Text($"{now / before:F3}") : None,
    ];

    private static double Change(double? before, double? now) => (now ?? 0) - (before ?? 0);

    private static string Calls(KernelTotal? kernel) => kernel is { } k ? Text($"{k.Calls}") : None;

    private static string Milliseconds(double? seconds) => seconds is { } s ? Text($"{s * 1e3:F3}") : None;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
