namespace Mmrr.Ptx;

/// <summary>The resource that limits the groups resident on a multiprocessor.</summary>
public enum OccupancyLimit
{
    /// <summary>Threads, in warps.</summary>
    Threads,

    /// <summary>The maximum number of groups.</summary>
    Groups,

    /// <summary>The registers.</summary>
    Registers,

    /// <summary>The shared memory.</summary>
    SharedMemory,
}

/// <summary>Groups and warps resident on a multiprocessor, and the resource that limits them. 0 groups: the kernel cannot be launched.</summary>
public readonly record struct Occupancy(int Groups, int Warps, OccupancyLimit Limit);

/// <summary>
/// The multiprocessor (SM) of a compute capability. The figures are NVIDIA's: CUDA C++ Programming Guide, "Compute Capabilities", table of
/// technical specifications, and the tuning guides of Turing, Ampere, Ada and Hopper.
/// </summary>
public sealed class Multiprocessor
{
    private const int Registers = 64 * 1024;
    private const int WarpSize = 32;

    // A multiprocessor has four parts with a quarter of the registers each; a warp's registers are allocated in units of 256, in one part.
    private const int Parts = 4;
    private const int RegisterUnit = 256;

    private readonly int _groups;
    private readonly int _warps;
    private readonly int _sharedBytes;
    private readonly int _sharedUnit;
    private readonly int _reservedShared;

    private Multiprocessor(int sm, string name, int groups, int warps, int sharedKilobytes, int sharedUnit, int reservedShared)
    {
        (Sm, Name) = (sm, name);
        (_groups, _warps, _sharedBytes, _sharedUnit, _reservedShared) = (groups, warps, sharedKilobytes * 1024, sharedUnit, reservedShared);
    }

    /// <summary>The supported ones, oldest first: sm_75, sm_80, sm_86, sm_89, sm_90.</summary>
    public static IReadOnlyList<Multiprocessor> All { get; } =
    [
        new(75, "Turing", groups: 16, warps: 32, sharedKilobytes: 64, sharedUnit: 256, reservedShared: 0),
        new(80, "Ampere", groups: 32, warps: 64, sharedKilobytes: 164, sharedUnit: 128, reservedShared: 1024),
        new(86, "Ampere", groups: 16, warps: 48, sharedKilobytes: 100, sharedUnit: 128, reservedShared: 1024),
        new(89, "Ada", groups: 24, warps: 48, sharedKilobytes: 100, sharedUnit: 128, reservedShared: 1024),
        new(90, "Hopper", groups: 32, warps: 64, sharedKilobytes: 228, sharedUnit: 128, reservedShared: 1024),
    ];

    /// <summary>The compute capability times ten: 80 for 8.0.</summary>
    public int Sm { get; }

    /// <summary>The generation.</summary>
    public string Name { get; }

    /// <summary>The maximum number of resident warps.</summary>
    public int MaxWarps => _warps;

    /// <summary>The multiprocessor with this number.</summary>
    /// <exception cref="ArgumentException">The number is unknown; the message lists the supported ones.</exception>
    public static Multiprocessor Of(int sm) =>
        All.FirstOrDefault(one => one.Sm == sm)
            ?? throw new ArgumentException($"sm is {sm}, expected {string.Join(", ", All.SkipLast(1).Select(one => one.Sm))} or {All[^1].Sm}");

    /// <summary>The number of resident groups of a kernel.</summary>
    /// <param name="registers">Registers per thread.</param>
    /// <param name="sharedBytes">Bytes of shared memory per group.</param>
    /// <param name="groupSize">Threads per group, 1 to 1024.</param>
    public Occupancy Occupancy(int registers, int sharedBytes, int groupSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(registers);
        ArgumentOutOfRangeException.ThrowIfNegative(sharedBytes);
        if (groupSize is < 1 or > 1024) throw new ArgumentOutOfRangeException(nameof(groupSize), $"a group has 1 to 1024 threads, got {groupSize}");
        int warps = RoundUp(groupSize, WarpSize) / WarpSize;
        int byWarps = _warps / warps;
        int warpRegisters = RoundUp(registers * WarpSize, RegisterUnit);
        int byRegisters = warpRegisters == 0 ? int.MaxValue : Registers / Parts / warpRegisters * Parts / warps;
        int shared = RoundUp(sharedBytes + _reservedShared, _sharedUnit);
        int byShared = shared == 0 ? int.MaxValue : _sharedBytes / shared;
        // Of equal limits the first: a kernel at the maximum number of threads is not limited by anything else.
        var (groups, limit) = new[]
        {
            (byWarps, OccupancyLimit.Threads), (_groups, OccupancyLimit.Groups),
            (byRegisters, OccupancyLimit.Registers), (byShared, OccupancyLimit.SharedMemory),
        }.MinBy(bound => bound.Item1);
        return new Occupancy(groups, groups * warps, limit);
    }

    private static int RoundUp(int value, int unit) => (value + unit - 1) / unit * unit;
}
