using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Algorithms.ScanReduceOperations;

namespace Mmrr.Tests.Machine.Language;

/// <summary>What the threads of a warp, a block and a grid do together, with what each thread's result must be.</summary>
internal static class GroupKernels
{
    /// <summary>Threads of a block, blocks, elements of dynamic shared memory.</summary>
    public const int Threads = 64, Blocks = 3, DynamicLength = 2 * Threads;

    private const int Sum = Threads * (Threads - 1) / 2;

    /// <summary>The kernels, and what the thread t of the block b writes.</summary>
    public static IReadOnlyList<(Action<Arguments> Kernel, Func<int, int, long> Expected)> All { get; } =
    [
        (Shuffles, (_, t) => (t ^ 31) + (100L * (t ^ 5)) + (10000L * ((t & 31) + 3 > 31 ? t : t + 3)) + (1000000L * ((t & 31) < 2 ? t : t - 2))),
        (SubWarpShuffles, (_, t) => ((t & ~7) + 3) + (100L * (t ^ 3)) + (10000L * ((t & 7) + 3 > 7 ? t : t + 3)) + (1000000L * ((t & 7) < 2 ? t : t - 2))),
        (WideShuffles, (_, t) => ((t ^ 1) * 10_000_000_000L) + (t | 31) + (t & 32)),
        (StructShuffle, (_, t) => (t ^ 4) * 1001L),
        (Broadcasts, (b, t) => 5 + (1000L * b) + (1000000L * ((t & 32) + 9))),
        (Barriers, (_, _) => 40 + 100 + 2000),
        (Reductions, (_, t) => Sum + (10000L * ((t & 32) == 0 ? 496 : 1520)) + (100000000L * (t * (t + 1) / 2))),
        (DynamicShared, (b, t) => Threads - 1 - t + (1000 * b) + (1000000L * DynamicLength)),
        (SharedStructs, (_, t) => ((t + 1) % Threads * 1001L) + (1000000L * ((t + 5) % Threads))),
        (Indices, (b, t) => (b * Threads) + t + (1000L * t) + (1_000_000L * b) + (100_000_000L * Blocks * Threads)),
        (Lanes, (_, t) => (t & 31) + (100L * (t >> 5)) + (10000L * 32) + (t % 32 == 0 ? 1_000_000L : 0)),
        (EarlyEnd, (_, t) => t < 40 ? 1 : 2 + t),
        (LocalMemories, (_, t) => (byte)(t + 250) + (1000L * (t - 3)) + (1_000_000L * t)),
        (Views, (b, t) => t + 1 + (1000L * ((b * Threads) + (t ^ 1))) + (1_000_000L * (Threads - 4))),
        (Fences, (b, t) => (b * Threads) + t),
        (UniformSwitch, (_, t) => 30 + t),
    ];

    private static void Set(Arguments a, long value) => a.Y[(Grid.IdxX * Group.DimX) + Group.IdxX] = value;

    private static void Shuffles(Arguments a)
    {
        int t = Group.IdxX;
        Set(
            a, Warp.Shuffle(t, 31 - Warp.LaneIdx) + (100L * Warp.ShuffleXor(t, 5)) + (10000L * Warp.ShuffleDown(t, 3)) + (1000000L * Warp.ShuffleUp(t, 2)));
    }

    private static void SubWarpShuffles(Arguments a)
    {
        int t = Group.IdxX;
        Set(
            a, Warp.Shuffle(t, 3, 8) + (100L * Warp.ShuffleXor(t, 3, 8)) + (10000L * Warp.ShuffleDown(t, 3, 8)) + (1000000L * Warp.ShuffleUp(t, 2, 8)));
    }

    private static void WideShuffles(Arguments a)
    {
        int t = Group.IdxX;
        Set(a, Warp.ShuffleXor(t * 10_000_000_000L, 1) + (long)(2 * Warp.Shuffle(t * 0.5, 31)) + (long)Warp.Shuffle((float)(t & 32), 7));
    }

    private static void StructShuffle(Arguments a)
    {
        var moved = Warp.ShuffleXor(new Pair { Small = (byte)Group.IdxX, Large = 1000L * Group.IdxX }, 4);
        Set(a, moved.Small + moved.Large);
    }

    private static void Broadcasts(Arguments a) =>
        Set(a, Group.Broadcast(Group.IdxX + (1000L * Grid.IdxX), 5) + (1000000L * Warp.Broadcast(Group.IdxX, 9)));

    private static void Barriers(Arguments a)
    {
        int count = Group.BarrierPopCount(Group.IdxX < 40);
        bool all = Group.BarrierAnd(Group.IdxX < Threads), notAll = Group.BarrierAnd(Group.IdxX < 63);
        bool any = Group.BarrierOr(Group.IdxX == 63), none = Group.BarrierOr(Group.IdxX > 63);
        Warp.Barrier();
        Set(a, count + (all & !notAll ? 100 : 0) + (any & !none ? 2000 : 0));
    }

    private static void Reductions(Arguments a)
    {
        int t = Group.IdxX;
        long block = GroupExtensions.AllReduce<int, AddInt32>(t);
        Group.Barrier();
        long warp = WarpExtensions.AllReduce<int, AddInt32>(t);
        long scan = GroupExtensions.InclusiveScan<int, AddInt32>(t);
        Set(a, block + (10000L * warp) + (100000000L * scan));
    }

    private static void DynamicShared(Arguments a)
    {
        var values = ILGPU.SharedMemory.GetDynamic<int>();
        values[Group.IdxX] = Group.IdxX + (1000 * Grid.IdxX);
        Group.Barrier();
        Set(a, values[Threads - 1 - Group.IdxX] + (1000000L * values.IntLength));
    }

    private static void SharedStructs(Arguments a)
    {
        var pairs = ILGPU.SharedMemory.Allocate<Pair>(Threads);
        var bytes = ILGPU.SharedMemory.Allocate<byte>(Threads);
        ref int only = ref ILGPU.SharedMemory.Allocate<int>();
        if (Group.IsFirstThread) only = 1;
        pairs[Group.IdxX] = new Pair { Small = (byte)Group.IdxX, Large = 1000L * Group.IdxX };
        bytes[Group.IdxX] = (byte)Group.IdxX;
        Group.Barrier();
        var pair = pairs[(Group.IdxX + only) % Threads];
        Set(a, pair.Small + pair.Large + (1000000L * bytes[(Group.IdxX + 5) % Threads]));
    }

    private static void Indices(Arguments a) => Set(
        a, Grid.GlobalIndex.X + (1000L * Group.LinearIndex) + (1_000_000L * Grid.LinearIndex) + (100_000_000L * Grid.Dimension.X * Group.Dimension.Size));

    private static void Lanes(Arguments a) =>
        Set(a, Warp.LaneIdx + (100L * Warp.WarpIdx) + (10000L * Warp.WarpSize) + (Warp.IsFirstLane ? 1_000_000L : 0));

    private static void EarlyEnd(Arguments a)
    {
        if (Group.IdxX < 40)
        {
            Set(a, 1);
            return;
        }
        for (int i = 0; ; i++)
        {
            if (i < Group.IdxX) continue;
            Set(a, i + 2);
            return;
        }
    }

    private static void LocalMemories(Arguments a)
    {
        var bytes = LocalMemory.Allocate<byte>(5);
        var shorts = LocalMemory.Allocate<short>(5);
        var pairs = LocalMemory.Allocate<Pair>(5);
        int t = Group.IdxX;
        for (int i = 0; i < 5; i++)
        {
            bytes[i] = (byte)(t + 250);
            shorts[i] = (short)(t - 3);
            pairs[i] = new Pair { Large = t };
        }
        Set(a, bytes[t % 5] + (1000L * shorts[(t + 1) % 5]) + (1_000_000L * pairs[(t + 2) % 5].Large));
    }

    // A view of a part, a view of other elements on the same memory, a reference to an element.
    private static void Views(Arguments a)
    {
        int t = Group.IdxX, first = Grid.IdxX * Group.DimX;
        var part = a.Y.SubView(first, Threads);
        part[t] = first + t;
        Group.Barrier();
        long neighbour = part[t ^ 1];
        Group.Barrier();
        var halves = part.Cast<int>();
        halves[2 * t] = t;
        halves[(2 * t) + 1] = 0;
        ref long own = ref part[t];
        own += 1 + (1000L * neighbour) + (1_000_000L * part.SubView(4).Length);
    }

    private static void Fences(Arguments a)
    {
        MemoryFence.GroupLevel();
        MemoryFence.DeviceLevel();
        MemoryFence.SystemLevel();
        Set(a, Grid.GlobalLinearIndex);
    }

    private static void UniformSwitch(Arguments a)
    {
        switch (Grid.DimX)
        {
            case 1: Set(a, 10); break;
            case 2: Set(a, 20); break;
            case 3: Set(a, 30 + Group.IdxX); break;
            case 4: Set(a, 40); break;
        }
    }

    private struct Pair
    {
        public byte Small;
        public long Large;
    }

    internal struct Arguments
    {
        public ArrayView<long> Y; // [blocks, threads]
    }
}
