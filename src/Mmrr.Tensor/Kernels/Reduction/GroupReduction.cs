using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// Sums and maxima over the threads of a group, in a fixed order, for SIMT kernels: a butterfly of shuffles within each warp, then the warps in order
/// through shared memory. Every thread of the group must call; every thread gets the result. The caller passes shared memory of at least
/// <see cref="SharedLength"/> elements, allocated once at the start of the kernel. Two barriers per call, none if the group is one warp.
/// </summary>
internal static class GroupReduction
{
    /// <summary>Maximum threads per group.</summary>
    public const int MaxLanes = 256;

    /// <summary>Elements of shared memory: one for every eight threads, the smallest warp (on the simulator); each warp uses its first.</summary>
    public const int SharedLength = MaxLanes / 8;

    /// <summary>The sum of <paramref name="value"/> over the group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(ArrayView<Pair> shared, float value) => Sum(shared, value, 0f).First;

    /// <summary>Two sums at once, with the barriers of one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair Sum(ArrayView<Pair> shared, float first, float second)
    {
        Pair total;
        for (int distance = Warp.WarpSize / 2; distance > 0; distance /= 2)
        {
            first += Warp.ShuffleXor(first, distance);
            second += Warp.ShuffleXor(second, distance);
        }
        total.First = first;
        total.Second = second;
        if (Group.DimX <= Warp.WarpSize) return total;
        if (Warp.LaneIdx == 0) shared[Group.IdxX >> 3] = total;
        Group.Barrier();
        total = shared[0];
        for (int lane = Warp.WarpSize; lane < Group.DimX; lane += Warp.WarpSize)
        {
            var other = shared[lane >> 3];
            total.First += other.First;
            total.Second += other.Second;
        }
        Group.Barrier(); // the memory may be reused
        return total;
    }

    /// <summary>Two maxima at once. NaN is ignored if there are numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair Max(ArrayView<Pair> shared, float first, float second)
    {
        Pair largest;
        for (int distance = Warp.WarpSize / 2; distance > 0; distance /= 2)
        {
            first = Larger(first, Warp.ShuffleXor(first, distance));
            second = Larger(second, Warp.ShuffleXor(second, distance));
        }
        largest.First = first;
        largest.Second = second;
        if (Group.DimX <= Warp.WarpSize) return largest;
        if (Warp.LaneIdx == 0) shared[Group.IdxX >> 3] = largest;
        Group.Barrier();
        largest = shared[0];
        for (int lane = Warp.WarpSize; lane < Group.DimX; lane += Warp.WarpSize)
        {
            var other = shared[lane >> 3];
            largest.First = Larger(largest.First, other.First);
            largest.Second = Larger(largest.Second, other.Second);
        }
        Group.Barrier();
        return largest;
    }

    private static float Larger(float a, float b) => b > a ? b : a;

    /// <summary>Two numbers that the group reduces together.</summary>
    internal struct Pair
    {
        public float First;
        public float Second;
    }
}
