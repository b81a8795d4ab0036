using System.Runtime.Intrinsics;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// The mean of each window of an image, per channel, without padding; windows may overlap. Sums run along the rows of a window and then over the rows.
/// Memory-bound: 4 bytes per element of the input and of the output.
/// </summary>
public static unsafe class AveragePool
{
    private const string ForwardName = "AveragePool.Forward";
    private const string BackwardName = "AveragePool.Backward";

    /// <summary>The output's shape, [N, (H − kernel)/stride + 1, (W − kernel)/stride + 1, C].</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="kernel">Height and width of a window, in pixels, at most those of the images.</param>
    /// <param name="stride">Pixels from a window to the next, at least 1.</param>
    /// <exception cref="ArgumentException">The images do not have four axes, or the kernel or the stride is invalid.</exception>
    public static Shape OutputShape(Shape x, int kernel, int stride)
    {
        ArgumentNullException.ThrowIfNull(x);
        return PoolWindows.Of("AveragePool", "x", x, kernel, stride).Output;
    }

    /// <summary>output[n, i, j, c] = the mean of x[n, y, x, c] over the window (i, j).</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="kernel">Height and width of a window, in pixels, at most those of the images.</param>
    /// <param name="stride">Pixels from a window to the next, at least 1.</param>
    /// <param name="output">The shape of <see cref="OutputShape"/>.</param>
    /// <exception cref="ArgumentException">The shapes, the kernel, the stride or the devices are invalid, or the buffer is the same.</exception>
    public static void Forward(Tensor x, int kernel, int stride, Tensor output)
    {
        ArgumentNullException.ThrowIfNull(x);
        Forward(x, output, PoolWindows.Of(ForwardName, "x", x.Shape, kernel, stride));
    }

    /// <summary>output[n, 0, 0, c] = the mean of x[n, y, x, c] over the whole image.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="output">[N, 1, 1, C].</param>
    /// <exception cref="ArgumentException">The shapes or the devices are invalid, or the buffer is the same.</exception>
    public static void Forward(Tensor x, Tensor output)
    {
        ArgumentNullException.ThrowIfNull(x);
        Forward(x, output, PoolWindows.Whole(ForwardName, "x", x.Shape));
    }

    /// <summary>
    /// Each element of the input gathers the gradients of the windows that contain it, in order, divided by the pixels of a window: windows may overlap, and
    /// every run gives the same bits.
    /// </summary>
    /// <param name="outputGradient">The shape of <see cref="OutputShape"/>.</param>
    /// <param name="kernel">As passed to <see cref="Forward(Tensor, int, int, Tensor)"/>.</param>
    /// <param name="stride">As passed to <see cref="Forward(Tensor, int, int, Tensor)"/>.</param>
    /// <param name="inputGradient">[N, H, W, C], overwritten.</param>
    /// <exception cref="ArgumentException">The shapes, the kernel, the stride or the devices are invalid, or the buffer is the same.</exception>
    public static void Backward(Tensor outputGradient, int kernel, int stride, Tensor inputGradient)
    {
        ArgumentNullException.ThrowIfNull(inputGradient);
        Backward(outputGradient, inputGradient, PoolWindows.Of(BackwardName, "inputGradient", inputGradient.Shape, kernel, stride));
    }

    /// <summary>inputGradient[n, y, x, c] = outputGradient[n, 0, 0, c]/(H·W).</summary>
    /// <param name="outputGradient">[N, 1, 1, C].</param>
    /// <param name="inputGradient">[N, H, W, C], overwritten.</param>
    /// <exception cref="ArgumentException">The shapes or the devices are invalid, or the buffer is the same.</exception>
    public static void Backward(Tensor outputGradient, Tensor inputGradient)
    {
        ArgumentNullException.ThrowIfNull(inputGradient);
        Backward(outputGradient, inputGradient, PoolWindows.Whole(BackwardName, "inputGradient", inputGradient.Shape));
    }

    private static void Forward(Tensor x, Tensor output, PoolWindows windows) => Kernel.Run(
        ForwardName, [("x", x)], [("output", output, windows.Output)],
        simd => PoolWindows.Map<MeanOf>(simd, x, output, windows),
        simt => simt.Run(SimtGrid.Threads(output.Count), ForwardKernel, Arguments.Of(x, output, windows)),
        operations: (double)windows.Area * windows.Output.Count);

    private static void Backward(Tensor outputGradient, Tensor inputGradient, PoolWindows windows) => Kernel.Run(
        BackwardName, [("outputGradient", outputGradient, windows.Output)], [("inputGradient", inputGradient)],
        simd => BackwardSimd(simd, outputGradient, inputGradient, windows),
        simt => simt.Run(SimtGrid.Threads(inputGradient.Count), BackwardKernel, Arguments.Of(outputGradient, inputGradient, windows)),
        operations: (double)windows.Area * windows.Output.Count);

    // A worker takes lines of the images, and 16 channels of a pixel at a time.
    private static void BackwardSimd(SimdLaunch simd, Tensor outputGradient, Tensor inputGradient, PoolWindows w)
    {
        float* g = outputGradient.Pointer, dx = inputGradient.Pointer;
        simd.Run(worker =>
        {
            var (begin, end) = worker.Share(w.Images * w.Height, PoolWindows.Grain((long)w.Width * w.Channels));
            for (int line = begin; line < end; line++)
            {
                int image = line / w.Height, row = line - (image * w.Height);
                float* windows = g + ((long)image * w.Rows * w.Columns * w.Channels);
                float* target = dx + ((long)line * w.Width * w.Channels);
                for (int column = 0; column < w.Width; column++, target += w.Channels)
                {
                    for (int c = 0; c < w.Channels; c += Lanes.Width)
                        Lanes.StoreUpTo(Gathered(windows + c, w, row, column, w.Channels - c), target + c, w.Channels - c);
                }
            }
        });
    }

    private static Vector512<float> Gathered(float* g, in PoolWindows w, int row, int column, int lanes)
    {
        var sum = Vector512<float>.Zero;
        for (int i = w.First(row, w.WindowHeight); i <= w.Last(row, w.Rows); i++)
        {
            for (int j = w.First(column, w.WindowWidth); j <= w.Last(column, w.Columns); j++)
                sum += Lanes.LoadUpTo(g + ((long)((i * w.Columns) + j) * w.Channels), lanes);
        }
        return sum * (1f / w.Area);
    }

    private readonly struct MeanOf : IPoolWindow
    {
        public static Vector512<float> Of(float* source, in PoolWindows w, int lanes)
        {
            var total = Vector512<float>.Zero;
            for (int row = 0; row < w.WindowHeight; row++)
            {
                var sum = Vector512<float>.Zero;
                float* first = source + ((long)row * w.Width * w.Channels);
                for (int column = 0; column < w.WindowWidth; column++) sum += Lanes.LoadUpTo(first + ((long)column * w.Channels), lanes);
                total += sum;
            }
            return total * (1f / w.Area);
        }
    }

    // A thread takes the elements i, i + grid, … of the output; neighbouring threads read and write neighbouring channels. 4 bytes and an addition per
    // element of the window, of which overlapping windows read from a cache, and 4 bytes written; three integer divisions.
    [SimtKernel]
    private static void ForwardKernel(Arguments a)
    {
        var w = a.Windows;
        int threads = QuadWalk.Threads;
        for (int i = QuadWalk.Thread; i < a.Count; i += threads)
        {
            int source = w.Begin(i);
            float total = 0;
            for (int row = 0; row < w.WindowHeight; row++)
            {
                float sum = 0;
                for (int column = 0; column < w.WindowWidth; column++) sum += a.From[source + (((row * w.Width) + column) * w.Channels)];
                total += sum;
            }
            a.To[i] = total * a.Factor;
        }
    }

    // A thread takes the elements i, i + grid, … of the input and adds the gradients of the windows that contain it: 4 bytes for each, 4 written; three
    // integer divisions, and four for the windows.
    [SimtKernel]
    private static void BackwardKernel(Arguments a)
    {
        var w = a.Windows;
        int threads = QuadWalk.Threads;
        for (int i = QuadWalk.Thread; i < a.Count; i += threads)
        {
            int pixel = i / w.Channels, line = pixel / w.Width, image = line / w.Height, channel = i - (pixel * w.Channels);
            int row = line - (image * w.Height), column = pixel - (line * w.Width);
            float sum = 0;
            for (int m = w.First(row, w.WindowHeight); m <= w.Last(row, w.Rows); m++)
            {
                for (int n = w.First(column, w.WindowWidth); n <= w.Last(column, w.Columns); n++)
                    sum += a.From[(((((image * w.Rows) + m) * w.Columns) + n) * w.Channels) + channel];
            }
            a.To[i] = sum * a.Factor;
        }
    }

    /// <summary>What is read and what is written, the latter of <see cref="Count"/> elements, each a sum times the factor.</summary>
    internal struct Arguments
    {
        public ArrayView<float> From, To;
        public PoolWindows Windows;
        public float Factor;
        public int Count;

        public static Arguments Of(Tensor from, Tensor to, PoolWindows windows) => new()
        {
            From = from.View,
            To = to.View,
            Windows = windows,
            Factor = 1f / windows.Area,
            Count = to.Count,
        };
    }
}
