using System.Numerics;

namespace Mmrr.Ptx.Machine.Counting;

/// <summary>
/// What a kernel executed, added up over launches. A <i>request</i> is one instruction of one warp that accesses memory. Not thread-safe.
/// </summary>
public sealed unsafe class KernelCounts
{
    private const int WarpSize = 32;
    private const int SectorShift = 5;
    private const int Banks = 32;
    private const int LongestTimeline = 10_000;
    private readonly SortedDictionary<string, long> _kinds = new(StringComparer.Ordinal);
    private readonly SectorCache _cache;
    private long[] _runs = [];
    private long[] _lanes = [];

    /// <summary>Counts with an H100's cache.</summary>
    public KernelCounts()
        : this(Card.Of("h100").CacheBytes)
    {
    }

    /// <summary>Counts with a cache of this size between the multiprocessors and the memory.</summary>
    /// <param name="cacheBytes">The second-level cache of a card.</param>
    public KernelCounts(long cacheBytes) => _cache = new SectorCache(cacheBytes);

    /// <summary>Launches that have begun; the other figures are of those that ended without a fault.</summary>
    public long Launches { get; private set; }

    /// <summary>Instructions of a warp, by opcode.</summary>
    public IReadOnlyDictionary<string, long> Instructions => _kinds;

    /// <summary>Instructions of warps in all.</summary>
    public long WarpInstructions { get; private set; }

    /// <summary>Instructions of threads: each warp's times its active lanes.</summary>
    public long ThreadInstructions { get; private set; }

    /// <summary>Active lanes of those of a warp, on average over the instructions: 1 where no lane ever idles.</summary>
    public double WarpEfficiency => WarpInstructions == 0 ? 1 : ThreadInstructions / (double)(WarpSize * WarpInstructions);

    /// <summary>Branches that parted the lanes of a warp.</summary>
    public long DivergedBranches { get; private set; }

    /// <summary>Loads and stores of global memory.</summary>
    public long GlobalRequests { get; private set; }

    /// <summary>Pieces of 32 bytes that they touched; a warp's 4 bytes in a row are 4.</summary>
    public long Sectors { get; private set; }

    /// <summary>Bytes that threads loaded from global memory.</summary>
    public long LoadedBytes { get; private set; }

    /// <summary>Bytes that threads stored to it.</summary>
    public long StoredBytes { get; private set; }

    /// <summary>Bytes of sectors that the cache did not have.</summary>
    public long MemoryBytes { get; private set; }

    /// <summary>Bytes of sectors that the cache had.</summary>
    public long CachedBytes => (Sectors << SectorShift) - MemoryBytes;

    /// <summary>Loads and stores of shared memory.</summary>
    public long SharedRequests { get; private set; }

    /// <summary>Turns of the 32 banks that these took.</summary>
    public long SharedTurns { get; private set; }

    /// <summary>Turns beyond those that as many bytes need without conflicts.</summary>
    public long BankConflicts { get; private set; }

    /// <summary>Floating-point operations of threads: a fused multiply-add is two, a matrix product 2·16·8·8 a warp.</summary>
    public long FloatOperations { get; private set; }

    /// <summary>Those of matrix products.</summary>
    public long TensorOperations { get; private set; }

    /// <summary>Floating-point operations for each byte of the memory.</summary>
    public double ArithmeticIntensity => MemoryBytes == 0 ? double.PositiveInfinity : FloatOperations / (double)MemoryBytes;

    /// <summary>The first straight runs of the first warp of the last launch's first block: the line of the PTX and the active lanes.</summary>
    public IReadOnlyList<(int Line, int Instructions, uint Lanes)> Timeline => _timeline;

    private readonly List<(int Line, int Instructions, uint Lanes)> _timeline = [];

    internal void Begin(int instructions)
    {
        Launches++;
        _runs = new long[instructions];
        _lanes = new long[instructions];
        _timeline.Clear();
    }

    /// <summary>Adds the instructions of a straight run: its opcodes, and how often it ran.</summary>
    internal void Add(int first, IEnumerable<string> opcodes)
    {
        long runs = _runs[first], lanes = _lanes[first];
        if (runs == 0) return;
        foreach (string opcode in opcodes)
        {
            _kinds[opcode] = _kinds.GetValueOrDefault(opcode) + runs;
            WarpInstructions += runs;
            ThreadInstructions += lanes;
            if (opcode.StartsWith("mma.", StringComparison.Ordinal))
            {
                TensorOperations += 2L * 16 * 8 * 8 * runs;
                FloatOperations += 2L * 16 * 8 * 8 * runs;
            }
            else
            {
                FloatOperations += Operations(opcode) * lanes;
            }
        }
    }

    internal void Enter(int index, uint mask)
    {
        _runs[index]++;
        _lanes[index] += BitOperations.PopCount(mask);
    }

    internal void Trace(int line, int instructions, uint mask)
    {
        if (_timeline.Count < LongestTimeline) _timeline.Add((line, instructions, mask));
    }

    internal void Diverge() => DivergedBranches++;

    internal void Global(ulong* addresses, uint mask, int bytes, bool isStore)
    {
        GlobalRequests++;
        long moved = (long)bytes * BitOperations.PopCount(mask);
        if (isStore) StoredBytes += moved;
        else LoadedBytes += moved;
        ulong* seen = stackalloc ulong[WarpSize];
        int count = 0;
        for (; mask != 0; mask &= mask - 1)
        {
            ulong sector = addresses[BitOperations.TrailingZeroCount(mask)] >> SectorShift;
            if (new Span<ulong>(seen, count).Contains(sector)) continue;
            seen[count++] = sector;
            if (!_cache.Touch(sector)) MemoryBytes += 1 << SectorShift;
        }
        Sectors += count;
    }

    // Of 8 bytes a lane half of a warp takes a turn at once, of 16 a quarter; lanes of one turn that read one word of a bank do so together.
    internal void Shared(ulong* addresses, uint mask, int bytes)
    {
        SharedRequests++;
        int words = Math.Max(1, bytes / 4), lanes = WarpSize / words;
        ulong* seen = stackalloc ulong[WarpSize];
        int* turns = stackalloc int[Banks];
        for (int part = 0; part < words; part++)
        {
            uint together = (uint)(((1UL << lanes) - 1) << (part * lanes)) & mask;
            if (together == 0) continue;
            new Span<int>(turns, Banks).Clear();
            int count = 0, most = 0;
            for (uint rest = together; rest != 0; rest &= rest - 1)
            {
                ulong first = addresses[BitOperations.TrailingZeroCount(rest)] >> 2;
                for (int word = 0; word < words; word++)
                {
                    if (new Span<ulong>(seen, count).Contains(first + (ulong)word)) continue;
                    seen[count++] = first + (ulong)word;
                    most = Math.Max(most, ++turns[(int)((first + (ulong)word) % Banks)]);
                }
            }
            SharedTurns += most;
            BankConflicts += most - 1;
        }
    }

    private static int Operations(string opcode)
    {
        if (!opcode.EndsWith(".f32", StringComparison.Ordinal) && !opcode.EndsWith(".f64", StringComparison.Ordinal)) return 0;
        return opcode.Split('.')[0] switch
        {
            "fma" or "mad" => 2,
            "add" or "sub" or "mul" or "div" or "rcp" or "sqrt" or "rsqrt" or "min" or "max" or "ex2" or "lg2" or "sin" or "cos" or "tanh" => 1,
            _ => 0,
        };
    }
}
