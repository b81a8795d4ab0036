using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

public static unsafe partial class PlainMasks
{
    private static void EnqueueConstant(string operation, Tensor levels, Tensor mask)
    {
        float* level = levels.Pointer, m = mask.Pointer;
        int count = mask.Count, length = count / levels.Count;
        mask.Device.Enqueue(operation, worker =>
        {
            var (begin, end) = worker.Share(count, Lanes.Grain);
            while (begin < end)
            {
                int row = begin / length, part = Math.Min(end - begin, length - (begin - (row * length)));
                new Span<float>(m + begin, part).Fill(level[row]);
                begin += part;
            }
        });
    }

    private static void EnqueueBernoulli(string operation, Tensor levels, ulong seed, ulong stream, int period, Tensor mask)
    {
        float* level = levels.Pointer, m = mask.Pointer;
        int count = mask.Count, length = count / levels.Count;
        mask.Device.Enqueue(operation, worker =>
        {
            var (begin, end) = worker.Share(count, Lanes.Grain);
            PhiloxUniform.Units(seed, stream, period, m, begin, end);
            while (begin < end)
            {
                int row = begin / length, part = Math.Min(end - begin, length - (begin - (row * length)));
                Threshold(m + begin, part, level[row]);
                begin += part;
            }
        });
    }

    private static void Threshold(float* m, int count, float level)
    {
        int i = 0;
        for (; i <= count - Lanes.Width; i += Lanes.Width)
        {
            (Vector512.LessThan(Vector512.Load(m + i), Vector512.Create(level)) & Vector512<float>.One).Store(m + i);
        }
        for (; i < count; i++) m[i] = m[i] < level ? 1f : 0f;
    }
}
