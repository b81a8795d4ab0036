using System.Globalization;
using Mmrr.Ptx.Machine.Counting;

namespace Mmrr.Ptx;

/// <summary>What a kernel executed on the device <c>ptx</c>, and the time that a card would need for it at least, as lines of text.</summary>
public static class ExecutionReport
{
    // A row of the timeline: the lanes of the warp.
    private const int Lanes = 32;

    /// <summary>The figures, one per line.</summary>
    /// <param name="name">The kernel.</param>
    /// <param name="counts">Its counts.</param>
    /// <param name="card">The card whose limits bound the time.</param>
    public static IReadOnlyList<string> Lines(string name, KernelCounts counts, Card card)
    {
        ArgumentNullException.ThrowIfNull(counts);
        ArgumentNullException.ThrowIfNull(card);
        var times = card.Times(counts);
        string kinds = string.Join(", ", counts.Instructions.OrderByDescending(kind => kind.Value).Select(kind => Line($"{kind.Key} {kind.Value}")));
        return
        [
            name,
            Line($"instructions  {counts.WarpInstructions} of warps: {kinds}"),
            Line($"efficiency    {100 * counts.WarpEfficiency:F1} % of the lanes active, {counts.DivergedBranches} branches diverged"),
            Line($"global        {counts.GlobalRequests} requests, {Per(counts.Sectors, counts.GlobalRequests):F2} sectors a request, ")
                + Line($"{counts.LoadedBytes} bytes loaded, {counts.StoredBytes} stored"),
            Line($"memory        {counts.MemoryBytes} bytes moved, {counts.CachedBytes} more from a cache of {card.CacheBytes >> 20} MiB"),
            Line($"shared        {counts.SharedRequests} requests, {counts.SharedTurns} turns of the banks, {counts.BankConflicts} by conflicts"),
            Line($"arithmetic    {counts.FloatOperations} operations, {counts.ArithmeticIntensity:F2} a byte moved"),
            Line($"{card.Name,-14}at least {1e6 * times[0].Seconds:F3} us, bound by {times[0].Limit}: ")
                + string.Join(", ", times.Select(time => Line($"{time.Limit} {1e6 * time.Seconds:F3}"))),
        ];
    }

    /// <summary>
    /// One line for each straight run of instructions of the first warp: its line in the PTX, its instructions, and a sign for each lane, <c>#</c> where it
    /// is active.
    /// </summary>
    public static IEnumerable<string> Timeline(KernelCounts counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        return counts.Timeline.Select(run => Line($"line {run.Line,5}  {run.Instructions,5}  {Drawn(run.Lanes)}"));
    }

    private static string Drawn(uint lanes) => string.Create(Lanes, lanes, static (text, mask) =>
    {
        for (int lane = 0; lane < Lanes; lane++) text[lane] = ((mask >> lane) & 1) != 0 ? '#' : '.';
    });

    private static double Per(long count, long requests) => requests == 0 ? 0 : count / (double)requests;

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
