using System.Globalization;
using Mmrr.Training.Fitting;

namespace Mmrr.App.Profiling;

/// <summary>The kernels of a profiled run as a plain-text table, one row per name, longest time first.</summary>
internal static class KernelTable
{
    private static readonly string[] s_head = ["kernel", "calls", "ms", "share", "GFLOP/s", "GB/s", "of the limit", ""];

    /// <summary>Notes for the reader of these tables.</summary>
    public static IEnumerable<string> Notes =>
    [
        "GFLOP/s and GB/s come from the formulas in docs/kernels, \"of the limit\" is the larger of the two shares. "
            + "Convolutions by Winograd's algorithm count the",
        "operations of the plain sum and may exceed 100 % of the compute limit; arrays that stay in a cache may exceed 100 % of the memory limit.",
    ];

    /// <summary>The table's lines, and a last line with the time outside of kernels.</summary>
    public static IEnumerable<string> Lines(WorkloadRun run, MachineLimits limits)
    {
        double sum = run.Kernels.Sum(k => k.Seconds);
        string[][] rows =
        [
            s_head,
            .. run.Kernels.GroupBy(k => k.Work.Operation).Select(g => (Name: g.Key, Kernels: g.ToArray(), Seconds: g.Sum(k => k.Seconds)))
                .OrderByDescending(g => g.Seconds).Select(g => Row(g.Name, g.Kernels, g.Seconds, sum, limits)),
        ];
        int[] widths = [.. Enumerable.Range(0, s_head.Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            // Kernel and limit names are left-aligned, numbers right-aligned.
            yield return string.Join(
                "  ", row.Select((cell, i) => i == 0 || i == row.Length - 1 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))).TrimEnd();
        }
        yield return Invariant($"kernels {sum * 1e3:F2} ms, wall {run.Seconds * 1e3:F2} ms, outside of kernels {(run.Seconds - sum) * 1e3:F2} ms ")
            + Invariant($"({Percent(1 - (sum / run.Seconds))}){Idle(run, sum)}");
    }

    private static string[] Row(string name, ProfiledKernel[] kernels, double seconds, double all, MachineLimits limits)
    {
        double operations = kernels.Sum(k => k.Work.Operations), bytes = kernels.Sum(k => k.Work.Bytes);
        var share = limits.Share(operations, bytes, seconds);
        return
        [
            name, Invariant($"{kernels.Length}"), Invariant($"{seconds * 1e3:F2}"), Percent(seconds / all), Rate(operations / seconds), Rate(bytes / seconds),
            share is { } s ? Percent(s.Share) : "-", share?.Limit ?? "",
        ];
    }

    /// <summary>
    /// The share of kernel time in which workers waited for others, for the last to begin and for the last to end; empty where there is only one worker.
    /// </summary>
    private static string Idle(WorkloadRun run, double sum)
    {
        int workers = run.Kernels.Count == 0 ? 0 : run.Kernels.Max(k => k.Workers.Count);
        double busy = run.Kernels.Sum(k => k.Workers.Sum(w => w.End - w.Begin));
        return workers < 2 ? "" : $", workers idle {Percent(1 - (busy / (workers * sum)))} of the kernels' time";
    }

    private static string Rate(double each) => each == 0 ? "-" : Invariant($"{each / 1e9:F2}");

    private static string Percent(double share) => Invariant($"{share * 100:F1} %");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
