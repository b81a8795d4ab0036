using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

public static unsafe partial class NearestUpsample
{
    private static void EnqueueForward(string operation, Tensor input, Tensor output)
    {
        float* x = input.Pointer, y = output.Pointer;
        var shape = input.Shape;
        int width = shape[2], channels = shape[3], rows = shape[0] * shape[1];
        input.Device.Enqueue(operation, worker =>
        {
            var (begin, end) = worker.Share(rows, RowGrain(width * channels));
            int large = 2 * width * channels;
            for (int row = begin; row < end; row++)
            {
                float* source = x + ((long)row * width * channels), upper = y + (2L * row * large), lower = upper + large;
                for (int column = 0; column < width; column++, source += channels, upper += 2 * channels, lower += 2 * channels)
                {
                    int c = 0;
                    for (; c <= channels - Lanes.Width; c += Lanes.Width)
                    {
                        var value = Vector512.Load(source + c);
                        value.Store(upper + c);
                        value.Store(upper + channels + c);
                        value.Store(lower + c);
                        value.Store(lower + channels + c);
                    }
                    for (; c < channels; c++) upper[c] = upper[channels + c] = lower[c] = lower[channels + c] = source[c];
                }
            }
        });
    }

    private static void EnqueueBackward(string operation, Tensor outputGradient, Tensor inputGradient)
    {
        float* g = outputGradient.Pointer, dx = inputGradient.Pointer;
        var shape = inputGradient.Shape;
        int width = shape[2], channels = shape[3], rows = shape[0] * shape[1];
        inputGradient.Device.Enqueue(operation, worker =>
        {
            var (begin, end) = worker.Share(rows, RowGrain(width * channels));
            int large = 2 * width * channels;
            for (int row = begin; row < end; row++)
            {
                float* target = dx + ((long)row * width * channels), upper = g + (2L * row * large), lower = upper + large;
                for (int column = 0; column < width; column++, target += channels, upper += 2 * channels, lower += 2 * channels)
                {
                    int c = 0;
                    for (; c <= channels - Lanes.Width; c += Lanes.Width)
                    {
                        var above = Vector512.Load(upper + c) + Vector512.Load(upper + channels + c);
                        var below = Vector512.Load(lower + c) + Vector512.Load(lower + channels + c);
                        (above + below).Store(target + c);
                    }
                    for (; c < channels; c++) target[c] = upper[c] + upper[channels + c] + (lower[c] + lower[channels + c]);
                }
            }
        });
    }

    /// <summary>Rows of the small image that hold about a thousand floats.</summary>
    private static int RowGrain(int rowLength) => Math.Max(1, 1024 / rowLength);
}
