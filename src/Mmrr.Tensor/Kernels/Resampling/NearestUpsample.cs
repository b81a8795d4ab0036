using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>Enlarges images by two in height and width; each pixel becomes four. Memory-bound: 20 bytes per element of the small image.</summary>
public static unsafe class NearestUpsample
{
    /// <summary>output[n, y, x, c] = x[n, y/2, x/2, c].</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="output">[N, 2H, 2W, C].</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid.</exception>
    public static void Forward(Tensor x, Tensor output)
    {
        const string Operation = "NearestUpsample.Forward";
        var large = LargeShape(Operation, "x", x);
        Kernel.Run(
            Operation, [("x", x)], [("output", output, large)],
            simd => ForwardSimd(simd, x, output),
            simt => simt.Run(QuadWalk.Grid(x.Device, x.Count), ForwardKernel, Arguments.Of(x, output)));
    }

    /// <summary>Each pixel's gradient is the sum of those of its four copies.</summary>
    /// <param name="outputGradient">[N, 2H, 2W, C].</param>
    /// <param name="inputGradient">[N, H, W, C].</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid.</exception>
    public static void Backward(Tensor outputGradient, Tensor inputGradient)
    {
        const string Operation = "NearestUpsample.Backward";
        var large = LargeShape(Operation, "inputGradient", inputGradient);
        Kernel.Run(
            Operation, [("outputGradient", outputGradient, large)], [("inputGradient", inputGradient)],
            simd => BackwardSimd(simd, outputGradient, inputGradient),
            simt => simt.Run(QuadWalk.Grid(inputGradient.Device, inputGradient.Count), BackwardKernel, Arguments.Of(inputGradient, outputGradient)),
            operations: 3.0 * inputGradient.Count);
    }

    private static Shape LargeShape(string operation, string argument, Tensor small)
    {
        Check.Rank(operation, argument, small, 4, "[N, H, W, C]");
        var shape = small.Shape;
        return new Shape(shape[0], 2 * shape[1], 2 * shape[2], shape[3]);
    }

    private static void ForwardSimd(SimdLaunch simd, Tensor input, Tensor output)
    {
        float* x = input.Pointer, y = output.Pointer;
        var shape = input.Shape;
        int width = shape[2], channels = shape[3], rows = shape[0] * shape[1];
        simd.Run(worker =>
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

    private static void BackwardSimd(SimdLaunch simd, Tensor outputGradient, Tensor inputGradient)
    {
        float* g = outputGradient.Pointer, dx = inputGradient.Pointer;
        var shape = inputGradient.Shape;
        int width = shape[2], channels = shape[3], rows = shape[0] * shape[1];
        simd.Run(worker =>
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

    // A thread takes the quads (if the channels are not a multiple of four: the elements) i, i + grid, … of the small image: one load, four stores, each of
    // neighbouring addresses along the channels. 20 bytes per element of the small image, and two integer divisions per quad.
    [SimtKernel]
    private static void ForwardKernel(Arguments a)
    {
        if ((a.Channels & 3) == 0) Copy(a.Small.Cast<Float4>(), a.Large.Cast<Float4>(), a.Width, a.Channels / 4, a.Count / 4);
        else Copy(a.Small, a.Large, a.Width, a.Channels, a.Count);
    }

    // The same loop with four loads and one store; the sum is (top left + top right) + (bottom left + bottom right), as on the cpu.
    [SimtKernel]
    private static void BackwardKernel(Arguments a)
    {
        if ((a.Channels & 3) == 0) Add(a.Large.Cast<Float4>(), a.Small.Cast<Float4>(), a.Width, a.Channels / 4, a.Count / 4);
        else Add(a.Large.Cast<Float1>(), a.Small.Cast<Float1>(), a.Width, a.Channels, a.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy<T>(ArrayView<T> x, ArrayView<T> output, int width, int channels, int count)
        where T : unmanaged
    {
        int stride = QuadWalk.Threads, below = 2 * width * channels;
        for (int i = QuadWalk.Thread; i < count; i += stride)
        {
            int upper = UpperLeft(i, width, channels);
            var value = x[i];
            output[upper] = value;
            output[upper + channels] = value;
            output[upper + below] = value;
            output[upper + below + channels] = value;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<T>(ArrayView<T> outputGradient, ArrayView<T> inputGradient, int width, int channels, int count)
        where T : unmanaged, IFloats<T>
    {
        int stride = QuadWalk.Threads, below = 2 * width * channels;
        for (int i = QuadWalk.Thread; i < count; i += stride)
        {
            int upper = UpperLeft(i, width, channels);
            var above = outputGradient[upper].Plus(outputGradient[upper + channels]);
            inputGradient[i] = above.Plus(outputGradient[upper + below].Plus(outputGradient[upper + below + channels]));
        }
    }

    /// <summary>The index of the top left copy, of four, of element i of the small images.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int UpperLeft(int i, int width, int channels)
    {
        int pixel = i / channels, row = pixel / width;
        return (4 * row * width * channels) + (2 * (pixel - (row * width)) * channels) + (i - (pixel * channels));
    }

    /// <summary>Images [N, H, W, C], those of twice the size, and the sizes and number of elements of the small ones.</summary>
    internal struct Arguments
    {
        public ArrayView<float> Small, Large;
        public int Width, Channels, Count;

        public static Arguments Of(Tensor small, Tensor large) => new()
        {
            Small = small.View,
            Large = large.View,
            Width = small.Shape[2],
            Channels = small.Shape[3],
            Count = small.Count,
        };
    }
}
