using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

public static unsafe partial class Moments
{
    private static void UpdateSimd(
        SimdLaunch simd, IReadOnlyList<(Tensor Parameter, Tensor Gradient, Tensor FirstMoment, Tensor SecondMoment)> states, MomentStep step)
    {
        var units = Cut(states);
        simd.Run(worker =>
        {
            while (worker.TryTake(units.Length, out int unit))
            {
                if (step.Weight2 == 0) UpdateByFirst(units[unit], step);
                else UpdateByBoth(units[unit], step);
            }
        });
    }

    private static void UpdateByBoth(in Piece piece, in MomentStep step)
    {
        float* theta = (float*)piece.Parameter, g = (float*)piece.Gradient, m = (float*)piece.FirstMoment, v = (float*)piece.SecondMoment;
        int i = 0;
        for (; i <= piece.Count - Lanes.Width; i += Lanes.Width)
        {
            Vector512<float> first = Vector512.Load(m + i), second = Vector512.Load(v + i);
            var change = Change(Vector512.Load(g + i), ref first, ref second, step);
            first.Store(m + i);
            second.Store(v + i);
            ((Vector512.Load(theta + i) * step.Keep) - change).Store(theta + i);
        }
        int rest = piece.Count - i;
        if (rest > 0)
        {
            Vector512<float> first = Lanes.Load(m + i, rest), second = Lanes.Load(v + i, rest);
            var change = Change(Lanes.Load(g + i, rest), ref first, ref second, step);
            Lanes.Store(first, m + i, rest);
            Lanes.Store(second, v + i, rest);
            Lanes.Store((Lanes.Load(theta + i, rest) * step.Keep) - change, theta + i, rest);
        }
    }

    private static void UpdateByFirst(in Piece piece, in MomentStep step)
    {
        float* theta = (float*)piece.Parameter, g = (float*)piece.Gradient, m = (float*)piece.FirstMoment;
        int i = 0;
        for (; i <= piece.Count - Lanes.Width; i += Lanes.Width)
        {
            var first = Vector512.Load(m + i);
            first += (Vector512.Load(g + i) - first) * step.Weight1;
            first.Store(m + i);
            ((Vector512.Load(theta + i) * step.Keep) - (first * step.Size)).Store(theta + i);
        }
        for (; i < piece.Count; i++)
        {
            m[i] += (g[i] - m[i]) * step.Weight1;
            theta[i] = (theta[i] * step.Keep) - (m[i] * step.Size);
        }
    }

    /// <summary>Updates the moments and returns the value to subtract from the parameter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Change(Vector512<float> gradient, ref Vector512<float> first, ref Vector512<float> second, in MomentStep step)
    {
        first += (gradient - first) * step.Weight1;
        second += ((gradient * gradient) - second) * step.Weight2;
        return step.Divides != 0 ? first * step.Size / (Vector512.Sqrt(second) + Vector512.Create(step.Epsilon)) : first * step.Size;
    }
}
