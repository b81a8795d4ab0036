using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

public static unsafe partial class RepeatImages
{
    private static void EnqueueForward(string operation, Tensor input, int times, Tensor output)
    {
        float* x = input.Pointer, y = output.Pointer;
        int length = input.Count / input.Shape[0], pieces = (length + Lanes.Grain - 1) / Lanes.Grain, units = pieces * input.Shape[0];
        input.Device.Enqueue(operation, worker =>
        {
            var (begin, end) = worker.Share(units, 1);
            for (int unit = begin; unit < end; unit++)
            {
                int image = unit / pieces, first = (unit - (image * pieces)) * Lanes.Grain;
                var source = new ReadOnlySpan<float>(x + ((long)image * length) + first, Math.Min(Lanes.Grain, length - first));
                float* target = y + ((long)image * times * length) + first;
                for (int l = 0; l < times; l++, target += length) source.CopyTo(new Span<float>(target, source.Length));
            }
        });
    }

    private static void EnqueueBackward(string operation, Tensor outputGradient, int times, Tensor inputGradient)
    {
        float* g = outputGradient.Pointer, dx = inputGradient.Pointer;
        int images = inputGradient.Shape[0], length = inputGradient.Count / images, pieces = (length + Lanes.Grain - 1) / Lanes.Grain;
        int units = pieces * images;
        inputGradient.Device.Enqueue(operation, worker =>
        {
            // A piece of the sum stays in the L1 cache while the copies are streamed.
            var (begin, end) = worker.Share(units, 1);
            for (int unit = begin; unit < end; unit++)
            {
                int image = unit / pieces, first = (unit - (image * pieces)) * Lanes.Grain, count = Math.Min(Lanes.Grain, length - first);
                float* target = dx + ((long)image * length) + first, source = g + ((long)image * times * length) + first;
                new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(target, count));
                for (int l = 1; l < times; l++)
                {
                    source += length;
                    int i = 0;
                    for (; i <= count - Lanes.Width; i += Lanes.Width) (Vector512.Load(target + i) + Vector512.Load(source + i)).Store(target + i);
                    for (; i < count; i++) target[i] += source[i];
                }
            }
        });
    }
}
