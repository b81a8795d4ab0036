using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

public static unsafe partial class SquaredError
{
    private const int Chunk = 4096;

    private static void EnqueueMean(string operation, Tensor prediction, Tensor target, Tensor output)
    {
        float* p = prediction.Pointer, t = target.Pointer, y = output.Pointer;
        int count = prediction.Count, chunks = (count + Chunk - 1) / Chunk;
        using var sums = Tensor.Empty(prediction.Device, new Shape(chunks));
        float* partial = sums.Pointer;
        prediction.Device.Enqueue(operation, worker =>
        {
            var (begin, end) = worker.Share(chunks, 1);
            for (int chunk = begin; chunk < end; chunk++)
            {
                int first = chunk * Chunk;
                partial[chunk] = Sum(p + first, t + first, Math.Min(Chunk, count - first));
            }
            worker.Barrier();
            if (worker.Index != 0) return;
            double total = 0;
            for (int chunk = 0; chunk < chunks; chunk++) total += partial[chunk];
            *y = (float)(total / count);
        });
    }

    private static void EnqueueMeanBackward(string operation, Tensor prediction, Tensor target, Tensor outputGradient, Tensor predictionGradient)
    {
        float* p = prediction.Pointer, t = target.Pointer, g = outputGradient.Pointer, dp = predictionGradient.Pointer;
        int count = prediction.Count;
        prediction.Device.Enqueue(operation, worker =>
        {
            var (i, end) = worker.Share(count, Lanes.Grain);
            float scale = 2f / count * *g;
            for (; i <= end - Lanes.Width; i += Lanes.Width) ((Vector512.Load(p + i) - Vector512.Load(t + i)) * scale).Store(dp + i);
            for (; i < end; i++) dp[i] = (p[i] - t[i]) * scale;
        });
    }

    private static void EnqueuePerImage(string operation, Tensor prediction, Tensor target, Tensor output)
    {
        float* p = prediction.Pointer, t = target.Pointer, y = output.Pointer;
        int images = output.Count, length = prediction.Count / images;
        prediction.Device.Enqueue(operation, worker =>
        {
            int image;
            while ((image = worker.Take()) < images)
            {
                long offset = (long)image * length;
                double total = 0;
                for (int first = 0; first < length; first += Chunk)
                {
                    total += Sum(p + offset + first, t + offset + first, Math.Min(Chunk, length - first));
                }
                y[image] = (float)(total / length);
            }
        });
    }

    private static void EnqueuePerPixel(string operation, Tensor prediction, Tensor target, Tensor output)
    {
        float* p = prediction.Pointer, t = target.Pointer, y = output.Pointer;
        int pixels = output.Count, channels = prediction.Shape[3];
        prediction.Device.Enqueue(operation, worker =>
        {
            var (begin, end) = worker.Share(pixels, 1024);
            float scale = 1f / channels;
            if (channels >= Lanes.Width)
            {
                for (int pixel = begin; pixel < end; pixel++)
                {
                    long offset = (long)pixel * channels;
                    y[pixel] = Sum(p + offset, t + offset, channels) * scale;
                }
            }
            else
            {
                SumFewChannels(p, t, y, begin, end, channels, worker.Scratch(PixelBlock * Lanes.Width));
            }
        });
    }

    private const int PixelBlock = 64;

    /// <summary>Fewer channels than lanes: vectors first square whole blocks of pixels, then short sums read the squares from cache.</summary>
    private static void SumFewChannels(float* p, float* t, float* y, int begin, int end, int channels, float* squares)
    {
        float scale = 1f / channels;
        for (int block = begin; block < end; block += PixelBlock)
        {
            int pixels = Math.Min(PixelBlock, end - block), count = pixels * channels, i = 0;
            float* pb = p + ((long)block * channels), tb = t + ((long)block * channels);
            for (; i <= count - Lanes.Width; i += Lanes.Width) Square(Vector512.Load(pb + i) - Vector512.Load(tb + i)).Store(squares + i);
            for (; i < count; i++) squares[i] = (pb[i] - tb[i]) * (pb[i] - tb[i]);
            float* square = squares;
            for (int pixel = 0; pixel < pixels; pixel++)
            {
                float sum = 0;
                for (int c = 0; c < channels; c++) sum += *square++;
                y[block + pixel] = sum * scale;
            }
        }
    }

    /// <summary>Σ (p − t)², in four vectors of partial sums.</summary>
    private static float Sum(float* p, float* t, int count)
    {
        Vector512<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        int i = 0;
        for (; i <= count - (4 * Lanes.Width); i += 4 * Lanes.Width)
        {
            sum0 += Square(Vector512.Load(p + i) - Vector512.Load(t + i));
            sum1 += Square(Vector512.Load(p + i + 16) - Vector512.Load(t + i + 16));
            sum2 += Square(Vector512.Load(p + i + 32) - Vector512.Load(t + i + 32));
            sum3 += Square(Vector512.Load(p + i + 48) - Vector512.Load(t + i + 48));
        }
        for (; i <= count - Lanes.Width; i += Lanes.Width) sum0 += Square(Vector512.Load(p + i) - Vector512.Load(t + i));
        if (i < count) sum1 += Square(Lanes.Load(p + i, count - i) - Lanes.Load(t + i, count - i));
        return Vector512.Sum(sum0 + sum1 + (sum2 + sum3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Square(Vector512<float> x) => x * x;
}
