using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

public static unsafe partial class RAdam
{
    private static void UpdateSimd(
        SimdLaunch simd, IReadOnlyList<(Tensor Parameter, Tensor Gradient, Tensor FirstMoment, Tensor SecondMoment)> states, Rates rates)
    {
        var units = Cut(states);
        simd.Run(worker =>
        {
            int unit;
            while ((unit = worker.Take()) < units.Length) UpdatePiece(units[unit], rates);
        });
    }

    private static void UpdatePiece(in Piece piece, in Rates rates)
    {
        float* theta = (float*)piece.Parameter, g = (float*)piece.Gradient, m = (float*)piece.FirstMoment, v = (float*)piece.SecondMoment;
        int i = 0;
        for (; i <= piece.Count - Lanes.Width; i += Lanes.Width)
        {
            Vector512<float> first = Vector512.Load(m + i), second = Vector512.Load(v + i);
            var step = Step(Vector512.Load(g + i), ref first, ref second, rates);
            first.Store(m + i);
            second.Store(v + i);
            (Vector512.Load(theta + i) - step).Store(theta + i);
        }
        int rest = piece.Count - i;
        if (rest > 0)
        {
            Vector512<float> first = Lanes.Load(m + i, rest), second = Lanes.Load(v + i, rest);
            var step = Step(Lanes.Load(g + i, rest), ref first, ref second, rates);
            Lanes.Store(first, m + i, rest);
            Lanes.Store(second, v + i, rest);
            Lanes.Store(Lanes.Load(theta + i, rest) - step, theta + i, rest);
        }
    }

    /// <summary>Updates the moments and returns the value to subtract from the parameter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Step(Vector512<float> gradient, ref Vector512<float> first, ref Vector512<float> second, in Rates rates)
    {
        first += (gradient - first) * rates.Weight1;
        second += ((gradient * gradient) - second) * rates.Weight2;
        return rates.Rectified != 0 ? first * rates.Size / (Vector512.Sqrt(second) + Vector512.Create(rates.Epsilon)) : first * rates.Size;
    }
}
