using ILGPU;

namespace Mmrr.Kernels;

public static unsafe partial class SquaredError
{
    // Elements that a thread adds up in float32 before it goes on in float64.
    private const int FloatRun = 16;

    private static void LaunchMean(Tensor prediction, Tensor target, Tensor output)
    {
        var device = prediction.Device;
        int count = prediction.Count, chunks = (count + Chunk - 1) / Chunk;
        using var sums = Tensor.Empty(device, new Shape(chunks));
        device.Simt.Launch(device.Groups(chunks), RangeKernel, prediction.View, target.View, sums.View, Chunk, 1.0, count);
        device.Simt.Launch(device.Groups(1), TotalKernel, sums.View, output.View, 1.0 / count, chunks);
    }

    // A group sums (p − t)² over its range of `length` elements and writes scale times the sum. Threads read neighbouring addresses; runs of
    // 16 elements a thread are summed in float32, the runs and the threads (by a tree) in float64. 8 bytes and 3 operations an element.
    [SimtKernel]
    private static void RangeKernel(ArrayView<float> p, ArrayView<float> t, ArrayView<float> output, int length, double scale, int count)
    {
        var shared = SharedMemory.Allocate<double>(GroupReduction.MaxLanes);
        int first = Grid.IdxX * length, end = count - first < length ? count : first + length;
        double total = 0;
        for (int run = first + Group.IdxX; run < end; run += FloatRun * Group.DimX)
        {
            float sum = 0;
            int stop = end - run < FloatRun * Group.DimX ? end : run + (FloatRun * Group.DimX);
            for (int i = run; i < stop; i += Group.DimX)
            {
                float difference = p[i] - t[i];
                sum += difference * difference;
            }
            total += sum;
        }
        total = GroupReduction.Sum(shared, total);
        if (Group.IdxX == 0) output[Grid.IdxX] = (float)(total * scale);
    }

    // One group sums the partial sums: thread i those at i, i + group, …, then a tree, all in float64. 4 bytes and 1 operation a partial sum.
    [SimtKernel]
    private static void TotalKernel(ArrayView<float> partial, ArrayView<float> output, double scale, int count)
    {
        var shared = SharedMemory.Allocate<double>(GroupReduction.MaxLanes);
        double total = 0;
        for (int i = Group.IdxX; i < count; i += Group.DimX) total += partial[i];
        total = GroupReduction.Sum(shared, total);
        if (Group.IdxX == 0) output[0] = (float)(total * scale);
    }

    // A thread takes the elements i, i + grid, …; the scalar gradient comes from cache. 12 bytes and 3 operations an element.
    [SimtKernel]
    private static void MeanBackwardKernel(
        ArrayView<float> p, ArrayView<float> t, ArrayView<float> outputGradient, ArrayView<float> predictionGradient, float scale, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        float factor = scale * outputGradient[0];
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride) predictionGradient[i] = (p[i] - t[i]) * factor;
    }

    // A thread takes the pixels i, i + grid, … and sums the channels of each in order. 8 bytes and 3 operations an element. With one to
    // four channels (all that score maps have) a warp's addresses lie within a few cache lines.
    [SimtKernel]
    private static void PerPixelKernel(ArrayView<float> p, ArrayView<float> t, ArrayView<float> output, int channels, int pixels)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int pixel = (Grid.IdxX * Group.DimX) + Group.IdxX; pixel < pixels; pixel += stride)
        {
            float sum = 0;
            for (int c = 0; c < channels; c++)
            {
                float difference = p[(pixel * channels) + c] - t[(pixel * channels) + c];
                sum += difference * difference;
            }
            output[pixel] = sum / channels;
        }
    }
}
