using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// Sums and extremes over the threads of a group, in a fixed order, for SIMT kernels. Every thread of the group must call; every thread gets
/// the result. The caller passes shared memory of at least <see cref="MaxLanes"/> elements, allocated once at the top of the kernel.
/// </summary>
internal static class GroupReduction
{
    /// <summary>The most threads that a group has.</summary>
    public const int MaxLanes = 256;

    /// <summary>The sum of <paramref name="value"/> over the group, by a tree.</summary>
    public static double Sum(ArrayView<double> shared, double value)
    {
        int lane = Group.IdxX;
        shared[lane] = value;
        Group.Barrier();
        for (int half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (lane < half) shared[lane] += shared[lane + half];
            Group.Barrier();
        }
        double total = shared[0];
        Group.Barrier(); // the memory may be used again
        return total;
    }

    /// <summary>Two sums at once, with the barriers of one; <paramref name="shared"/> holds twice <see cref="MaxLanes"/> elements.</summary>
    public static SumPair Sum(ArrayView<double> shared, double first, double second)
    {
        int lane = Group.IdxX;
        shared[lane] = first;
        shared[MaxLanes + lane] = second;
        Group.Barrier();
        for (int half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (lane < half)
            {
                shared[lane] += shared[lane + half];
                shared[MaxLanes + lane] += shared[MaxLanes + lane + half];
            }
            Group.Barrier();
        }
        SumPair totals;
        totals.First = shared[0];
        totals.Second = shared[MaxLanes];
        Group.Barrier();
        return totals;
    }

    /// <summary>The largest <paramref name="value"/> of the group, by a tree.</summary>
    public static float Max(ArrayView<float> shared, float value)
    {
        int lane = Group.IdxX;
        shared[lane] = value;
        Group.Barrier();
        for (int half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (lane < half && shared[lane + half] > shared[lane]) shared[lane] = shared[lane + half];
            Group.Barrier();
        }
        float largest = shared[0];
        Group.Barrier();
        return largest;
    }

    /// <summary>Two sums.</summary>
    internal struct SumPair
    {
        public double First;
        public double Second;
    }
}
