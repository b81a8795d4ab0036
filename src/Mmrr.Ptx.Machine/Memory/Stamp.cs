namespace Mmrr.Ptx.Machine.Memory;

/// <summary>
/// Who accessed a place of memory last, in 64 bits: the number of the interval (bits 15 to 63), <see cref="StoredBefore"/>, <see cref="Stored"/> and
/// <see cref="Atomic"/>, what of <see cref="Several"/> it stands for (bits 10 and 11), and the thread in its block (bits 0 to 9). Intervals are numbered
/// through all launches: one begins with a launch, a block and a barrier, so that a comparison of two stamps tells whether a barrier, or the end of a block or
/// of a launch, lies between two accesses.
/// </summary>
internal static class Stamp
{
    /// <summary>The lowest bit of the interval's number.</summary>
    public const int Shift = 15;

    /// <summary>A bit of the writer's stamp: an atomic operation, or several.</summary>
    public const ulong Atomic = 1UL << 12;

    /// <summary>A bit beside <see cref="Atomic"/>: before a barrier of the warp, which orders it for no other warp, a plain store.</summary>
    public const ulong Stored = 1UL << 13;

    /// <summary>A bit beside <see cref="Atomic"/>: before a barrier of the block, which orders it for no other block, a plain store.</summary>
    public const ulong StoredBefore = 1UL << 14;

    /// <summary>The stamp, of readers or of atomic operations, stands for several lanes of the warp of its thread.</summary>
    public const ulong Lanes = 1UL << 10;

    /// <summary>… for threads of several warps of a block.</summary>
    public const ulong Warps = 3UL << 10;

    /// <summary>… for threads of several blocks of a launch.</summary>
    public const ulong Blocks = 2UL << 10;

    /// <summary>The bits of these three.</summary>
    public const ulong Several = 3UL << 10;

    /// <summary>The bits of the thread.</summary>
    public const ulong Threads = 0x3FF;

    public static uint Thread(ulong stamp) => (uint)(stamp & Threads);

    public static ulong Begin(long interval) => (ulong)interval << Shift;
}
