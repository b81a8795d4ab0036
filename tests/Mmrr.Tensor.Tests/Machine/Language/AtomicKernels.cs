using ILGPU;
using ILGPU.Algorithms;

namespace Mmrr.Tests.Machine.Language;

/// <summary>Atomic operations of every kind on shared and global memory, of 64 threads on one place each; what the places hold then.</summary>
internal static class AtomicKernels
{
    public const int Threads = 64;

    private const int Sum = Threads * (Threads - 1) / 2;

    /// <summary>The kernels, and what is in the 16 places afterwards; all begin with 0.</summary>
    public static IReadOnlyList<(Action<Arguments> Kernel, long[] Expected)> All { get; } =
    [
        (Ints, [Sum, unchecked((uint)-63), 63, 0, 127, 0, Threads, 64, 1]),
        (UnsignedInts, [Sum, 0, 63, 0, 127, 0, Threads, 64]),
        (Longs, [Sum * 10_000_000_000L, -63, 63, 0, 127, 0, Threads, 64, 1]),
        (UnsignedLongs, [Sum * 10_000_000_000L, 0, 63, 0, 127, 0, Threads, 64]),
        (Floats, [BitConverter.SingleToInt32Bits(Sum / 2f), BitConverter.SingleToUInt32Bits(-63), BitConverter.SingleToInt32Bits(63), 1]),
        (Doubles, [BitConverter.DoubleToInt64Bits(Sum / 2.0), BitConverter.DoubleToInt64Bits(-63), BitConverter.DoubleToInt64Bits(63), 1]),
        (Made, [Sum * 3]),
        (Shared, [Sum, 63, Threads]),
        (Results, [1]),
    ];

    private static void Ints(Arguments a)
    {
        int t = Group.IdxX;
        var places = a.Y.Cast<int>();
        Atomic.Add(ref places[0], t);
        Atomic.Min(ref places[2], -t);
        Atomic.Max(ref places[4], t);
        Atomic.And(ref places[6], t);
        Atomic.Or(ref places[8], t | 64);
        Atomic.Xor(ref places[10], t);
        Increment(a, 6);
        if (t == 5) Atomic.Exchange(ref places[14], 64);
        Once(a, Atomic.CompareExchange(ref places[18], 0, t + 1) == 0, 8);
    }

    private static void UnsignedInts(Arguments a)
    {
        uint t = (uint)Group.IdxX;
        var places = a.Y.Cast<uint>();
        Atomic.Add(ref places[0], t);
        Atomic.Min(ref places[2], t);
        Atomic.Max(ref places[4], t);
        Atomic.And(ref places[6], t);
        Atomic.Or(ref places[8], t | 64);
        Atomic.Xor(ref places[10], t);
        Increment(a, 6);
        if (t == 5) Atomic.Exchange(ref places[14], 64u);
    }

    private static void Longs(Arguments a)
    {
        long t = Group.IdxX;
        Atomic.Add(ref a.Y[0], t * 10_000_000_000L);
        Atomic.Min(ref a.Y[1], -t);
        Atomic.Max(ref a.Y[2], t);
        Atomic.And(ref a.Y[3], t);
        Atomic.Or(ref a.Y[4], t | 64);
        Atomic.Xor(ref a.Y[5], t);
        Increment(a, 6);
        if (t == 5) Atomic.Exchange(ref a.Y[7], 64L);
        Once(a, Atomic.CompareExchange(ref a.Y[9], 0L, t + 1) == 0, 8);
    }

    private static void UnsignedLongs(Arguments a)
    {
        ulong t = (ulong)Group.IdxX;
        var places = a.Y.Cast<ulong>();
        Atomic.Add(ref places[0], t * 10_000_000_000UL);
        Atomic.Min(ref places[1], t);
        Atomic.Max(ref places[2], t);
        Atomic.And(ref places[3], t);
        Atomic.Or(ref places[4], t | 64);
        Atomic.Xor(ref places[5], t);
        Increment(a, 6);
        if (t == 5) Atomic.Exchange(ref places[7], 64UL);
    }

    private static void Floats(Arguments a)
    {
        float t = Group.IdxX;
        var places = a.Y.Cast<float>();
        Atomic.Add(ref places[0], t / 2);
        Atomic.Min(ref places[2], -t);
        Atomic.Max(ref places[4], t);
        Once(a, Atomic.CompareExchange(ref places[8], 0f, t + 1) == 0f, 3);
    }

    private static void Doubles(Arguments a)
    {
        double t = Group.IdxX;
        var places = a.Y.Cast<double>();
        Atomic.Add(ref places[0], t / 2);
        Atomic.Min(ref places[1], -t);
        Atomic.Max(ref places[2], t);
        Once(a, Atomic.CompareExchange(ref places[4], 0.0, t + 1) == 0.0, 3);
    }

    // A loop of compare and exchange around any operation: lanes that lose go round again.
    private static void Made(Arguments a) => Atomic.MakeAtomic(
        ref a.Y[0], (long)Group.IdxX, default(AddThrice), default(ILGPU.AtomicOperations.CompareExchangeInt64));

    private static void Shared(Arguments a)
    {
        ref int sum = ref ILGPU.SharedMemory.Allocate<int>();
        ref long largest = ref ILGPU.SharedMemory.Allocate<long>();
        ref double count = ref ILGPU.SharedMemory.Allocate<double>();
        if (Group.IsFirstThread) (sum, largest, count) = (0, 0L, 0.0);
        Group.Barrier();
        Atomic.Add(ref sum, Group.IdxX);
        Atomic.Max(ref largest, Group.IdxX);
        Atomic.Add(ref count, 1.0);
        Group.Barrier();
        if (Group.IsFirstThread) (a.Y[0], a.Y[1], a.Y[2]) = (sum, largest, (long)count);
    }

    // Each thread gets another number.
    private static void Results(Arguments a)
    {
        var seen = ILGPU.SharedMemory.Allocate<int>(Threads);
        seen[Group.IdxX] = 0;
        Group.Barrier();
        int mine = Atomic.Add(ref a.Y.Cast<int>()[2], 1);
        Atomic.Add(ref seen[mine], 1);
        Group.Barrier();
        bool all = Group.BarrierAnd(seen[Group.IdxX] == 1);
        if (Group.IsFirstThread) (a.Y[0], a.Y[1]) = (all ? 1 : 0, 0);
    }

    private static void Increment(Arguments a, int place) => Atomic.Add(ref a.Y[place], 1L);

    private static void Once(Arguments a, bool isFirst, int place)
    {
        if (isFirst) a.Y[place] = 1;
    }

    private readonly struct AddThrice : ILGPU.AtomicOperations.IAtomicOperation<long>
    {
        public long Operation(long current, long value) => current + (3 * value);
    }

    internal struct Arguments
    {
        public ArrayView<long> Y; // [16]
    }
}
