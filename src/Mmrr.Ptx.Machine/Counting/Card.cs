namespace Mmrr.Ptx.Machine.Counting;

/// <summary>The limits of a card, from NVIDIA's data sheets.</summary>
/// <param name="Name">The card.</param>
/// <param name="Sm">Its compute capability, times ten.</param>
/// <param name="Multiprocessors">Number of multiprocessors.</param>
/// <param name="Gigahertz">Boost clock.</param>
/// <param name="MemoryGigabytes">Gigabytes that the memory moves in a second.</param>
/// <param name="CacheBytes">Second-level cache.</param>
/// <param name="Tf32Teraflops">Dense TF32 matrix products, 10¹² operations a second.</param>
public sealed record Card(
    string Name, int Sm, int Multiprocessors, double Gigahertz, double MemoryGigabytes, long CacheBytes, double Tf32Teraflops)
{
    // Each multiprocessor has four parts that start one instruction of a warp a cycle each, and one turn of its shared memory's banks a cycle.
    private const int IssuesACycle = 4;

    /// <summary>A100 (SXM, 80 GB), H100 (SXM), H200 (SXM).</summary>
    public static IReadOnlyList<Card> All { get; } =
    [
        new("a100", 80, 108, 1.41, 2039, 40L << 20, 156),
        new("h100", 90, 132, 1.98, 3350, 50L << 20, 494),
        new("h200", 90, 132, 1.98, 4800, 50L << 20, 494),
    ];

    /// <summary>The card of a name.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public static Card Of(string name) => All.Single(card => card.Name == name);

    /// <summary>
    /// Seconds that each limit alone would take, the longest first: no card is faster, and one is as fast only where the others overlap with it entirely.
    /// </summary>
    public IReadOnlyList<(string Limit, double Seconds)> Times(KernelCounts counts)
    {
        ArgumentNullException.ThrowIfNull(counts);
        double cycles = Multiprocessors * Gigahertz * 1e9;
        return
        [
            .. new[]
            {
                ("issue rate", counts.WarpInstructions / (IssuesACycle * cycles)),
                ("memory", counts.MemoryBytes / (MemoryGigabytes * 1e9)),
                ("shared memory", counts.SharedTurns / cycles),
                ("tensor cores", counts.TensorOperations / (Tf32Teraflops * 1e12)),
            }.OrderByDescending(limit => limit.Item2),
        ];
    }
}
