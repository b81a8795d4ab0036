using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

public static unsafe partial class RAdam
{
    private static void EnqueueUpdate(string operation, Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, Rates rates)
    {
        float* theta = parameter.Pointer, g = gradient.Pointer, m = firstMoment.Pointer, v = secondMoment.Pointer;
        int count = parameter.Count;
        parameter.Device.Enqueue(operation, worker =>
        {
            var (i, end) = worker.Share(count, Lanes.Grain);
            for (; i <= end - Lanes.Width; i += Lanes.Width)
            {
                Vector512<float> first = Vector512.Load(m + i), second = Vector512.Load(v + i);
                var step = Step(Vector512.Load(g + i), ref first, ref second, rates);
                first.Store(m + i);
                second.Store(v + i);
                (Vector512.Load(theta + i) - step).Store(theta + i);
            }
            int rest = end - i;
            if (rest > 0)
            {
                Vector512<float> first = Lanes.Load(m + i, rest), second = Lanes.Load(v + i, rest);
                var step = Step(Lanes.Load(g + i, rest), ref first, ref second, rates);
                Lanes.Store(first, m + i, rest);
                Lanes.Store(second, v + i, rest);
                Lanes.Store(Lanes.Load(theta + i, rest) - step, theta + i, rest);
            }
        });
    }

    /// <summary>Moves the moments on and returns what to subtract from the parameter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Step(Vector512<float> gradient, ref Vector512<float> first, ref Vector512<float> second, in Rates rates)
    {
        first += (gradient - first) * rates.Weight1;
        second += ((gradient * gradient) - second) * rates.Weight2;
        return rates.Rectified != 0 ? first * rates.Size / (Vector512.Sqrt(second) + Vector512.Create(rates.Epsilon)) : first * rates.Size;
    }
}
