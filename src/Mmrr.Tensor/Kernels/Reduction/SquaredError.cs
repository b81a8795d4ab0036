using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// The squared error (prediction − target)² averaged over everything (the losses, the paper's equations 3 and 4), over each image (image scores) or over
/// the channels of each pixel (score maps). Sums run over a partition that depends only on the shape, in float32 within pieces of 4096 elements and in
/// float64 over them, so that results are bit-identical with any number of threads and an image's result does not depend on its batch. Reads 8 bytes per
/// element.
/// </summary>
public static unsafe class SquaredError
{
    private const int Chunk = 4096;
    private const int PixelBlock = 64;

    /// <summary>The mean over all elements.</summary>
    /// <param name="prediction">Any shape.</param>
    /// <param name="target">The same shape.</param>
    /// <param name="output">A scalar.</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or buffers are shared.</exception>
    public static void Mean(Tensor prediction, Tensor target, Tensor output)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        Kernel.Run(
            "SquaredError.Mean", [("prediction", prediction), ("target", target, prediction.Shape)], [("output", output, new Shape())],
            simd => MeanSimd(simd, prediction, target, output),
            simt => RangeSums.Launch(simt, RangeKernel, prediction, target, 1, 1f / prediction.Count, output),
            operations: 3.0 * prediction.Count);
    }

    /// <summary>predictionGradient = 2/n·(prediction − target)·outputGradient, with n the number of elements.</summary>
    /// <param name="prediction">Any shape.</param>
    /// <param name="target">The same shape.</param>
    /// <param name="outputGradient">A scalar.</param>
    /// <param name="predictionGradient">The shape of prediction.</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or buffers are shared.</exception>
    public static void MeanBackward(Tensor prediction, Tensor target, Tensor outputGradient, Tensor predictionGradient)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        int count = prediction.Count;
        Kernel.Run(
            "SquaredError.MeanBackward",
            [("prediction", prediction), ("target", target, prediction.Shape), ("outputGradient", outputGradient, new Shape())],
            [("predictionGradient", predictionGradient, prediction.Shape)],
            simd => MeanBackwardSimd(simd, prediction, target, outputGradient, predictionGradient),
            simt => simt.Run(
                QuadWalk.Grid(prediction.Device, count), MeanBackwardKernel,
                new MeanBackwardArguments
                {
                    Prediction = prediction.View,
                    Target = target.View,
                    OutputGradient = outputGradient.View,
                    PredictionGradient = predictionGradient.View,
                    Scale = 2f / count,
                    Count = count,
                }),
            operations: 2.0 * count);
    }

    /// <summary>The mean over each image.</summary>
    /// <param name="prediction">[N, …].</param>
    /// <param name="target">The same shape.</param>
    /// <param name="output">[N].</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or buffers are shared.</exception>
    public static void PerImage(Tensor prediction, Tensor target, Tensor output)
    {
        const string Operation = "SquaredError.PerImage";
        ArgumentNullException.ThrowIfNull(prediction);
        if (prediction.Shape.Rank < 2) throw new ArgumentException($"{Operation}: prediction is {prediction.Shape}, expected [N, H, W, C]");
        int images = prediction.Shape[0], length = prediction.Count / images;
        Kernel.Run(
            Operation, [("prediction", prediction), ("target", target, prediction.Shape)], [("output", output, new Shape(images))],
            simd => PerImageSimd(simd, prediction, target, output),
            simt => RangeSums.Launch(simt, RangeKernel, prediction, target, images, 1f / length, output),
            operations: 3.0 * prediction.Count);
    }

    /// <summary>The mean over the channels of each pixel.</summary>
    /// <param name="prediction">[N, H, W, C].</param>
    /// <param name="target">The same shape.</param>
    /// <param name="output">[N, H, W].</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or buffers are shared.</exception>
    public static void PerPixel(Tensor prediction, Tensor target, Tensor output)
    {
        const string Operation = "SquaredError.PerPixel";
        Check.Rank(Operation, "prediction", prediction, 4, "[N, H, W, C]");
        var shape = prediction.Shape;
        Kernel.Run(
            Operation, [("prediction", prediction), ("target", target, shape)], [("output", output, new Shape(shape[0], shape[1], shape[2]))],
            simd => PerPixelSimd(simd, prediction, target, output),
            simt => simt.Run(
                output.Device.Grid(output.Count), PerPixelKernel,
                new PerPixelArguments
                {
                    Prediction = prediction.View,
                    Target = target.View,
                    Output = output.View,
                    Channels = shape[3],
                    Pixels = output.Count,
                }),
            operations: 3.0 * prediction.Count);
    }

    private static void MeanSimd(SimdLaunch simd, Tensor prediction, Tensor target, Tensor output)
    {
        float* p = prediction.Pointer, t = target.Pointer, y = output.Pointer;
        int count = prediction.Count, chunks = (count + Chunk - 1) / Chunk;
        using var sums = Tensor.Empty(prediction.Device, new Shape(chunks));
        float* partial = sums.Pointer;
        simd.Run(worker =>
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

    private static void MeanBackwardSimd(SimdLaunch simd, Tensor prediction, Tensor target, Tensor outputGradient, Tensor predictionGradient)
    {
        float* p = prediction.Pointer, t = target.Pointer, g = outputGradient.Pointer, dp = predictionGradient.Pointer;
        int count = prediction.Count;
        simd.Run(worker =>
        {
            var (i, end) = worker.Share(count, Lanes.Grain);
            float scale = 2f / count * *g;
            for (; i <= end - Lanes.Width; i += Lanes.Width) ((Vector512.Load(p + i) - Vector512.Load(t + i)) * scale).Store(dp + i);
            for (; i < end; i++) dp[i] = (p[i] - t[i]) * scale;
        });
    }

    private static void PerImageSimd(SimdLaunch simd, Tensor prediction, Tensor target, Tensor output)
    {
        float* p = prediction.Pointer, t = target.Pointer, y = output.Pointer;
        int images = output.Count, length = prediction.Count / images;
        simd.Run(worker =>
        {
            while (worker.TryTake(images, out int image))
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

    private static void PerPixelSimd(SimdLaunch simd, Tensor prediction, Tensor target, Tensor output)
    {
        float* p = prediction.Pointer, t = target.Pointer, y = output.Pointer;
        int pixels = output.Count, channels = prediction.Shape[3];
        simd.Run(worker =>
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

    // Σ (p − t)² over a range of a row, like RangeSums. 8 bytes and 3 operations per element.
    [SimtKernel]
    private static void RangeKernel(RangeSums.Arguments a) => RangeSums.Write(a, default(SquaredDifference));

    // Like QuadWalk; the scalar gradient comes from cache. 12 bytes and 2 operations per element.
    [SimtKernel]
    private static void MeanBackwardKernel(MeanBackwardArguments a) =>
        QuadWalk.Map(a.Prediction, a.Target, a.PredictionGradient, a.Count, new ScaledDifference(a.Scale * a.OutputGradient[0]));

    // A thread takes the pixels i, i + grid, … and sums the channels of each, in quads if possible. 8 bytes and 3 operations per element. With one to three
    // channels (the case of score maps) a warp's addresses lie within a few cache lines.
    [SimtKernel]
    private static void PerPixelKernel(PerPixelArguments a)
    {
        ArrayView<float> p = a.Prediction, t = a.Target;
        ArrayView<Float4> p4 = p.Cast<Float4>(), t4 = t.Cast<Float4>();
        int stride = QuadWalk.Threads, channels = a.Channels;
        for (int pixel = QuadWalk.Thread; pixel < a.Pixels; pixel += stride)
        {
            float sum = 0;
            if ((channels & 3) == 0)
            {
                for (int q = pixel * (channels / 4); q < (pixel + 1) * (channels / 4); q++)
                {
                    var difference = Float4.Subtract(p4[q], t4[q]);
                    sum += Float4.Sum(Float4.Multiply(difference, difference));
                }
            }
            else
            {
                for (int i = pixel * channels; i < (pixel + 1) * channels; i++) sum += default(SquaredDifference).Of(p[i], t[i]);
            }
            a.Output[pixel] = sum / channels;
        }
    }

    private readonly struct SquaredDifference : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Of(float p, float t) => (p - t) * (p - t);
    }

    private readonly struct ScaledDifference(float factor) : IQuadOperation2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float p, float t) => (p - t) * factor;
    }

    internal struct MeanBackwardArguments
    {
        public ArrayView<float> Prediction, Target, OutputGradient, PredictionGradient; // OutputGradient is a scalar
        public float Scale;
        public int Count;
    }

    internal struct PerPixelArguments
    {
        public ArrayView<float> Prediction, Target, Output; // [N, H, W, Channels] twice; [N, H, W]
        public int Channels, Pixels;
    }
}
