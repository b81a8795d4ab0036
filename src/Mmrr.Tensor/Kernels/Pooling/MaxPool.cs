using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// The largest value of each window of an image, per channel, without padding; windows may overlap. NaN counts as the largest. Memory-bound: 4 bytes per
/// element of the input and of the output forward.
/// </summary>
public static unsafe class MaxPool
{
    /// <summary>The output's shape, [N, (H − kernel)/stride + 1, (W − kernel)/stride + 1, C].</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="kernel">Height and width of a window, in pixels, at most those of the images.</param>
    /// <param name="stride">Pixels from a window to the next, at least 1.</param>
    /// <exception cref="ArgumentException">The images do not have four axes, or the kernel or the stride is invalid.</exception>
    public static Shape OutputShape(Shape x, int kernel, int stride)
    {
        ArgumentNullException.ThrowIfNull(x);
        return PoolWindows.Of("MaxPool", "x", x, kernel, stride).Output;
    }

    /// <summary>output[n, i, j, c] = max of x[n, y, x, c] over the window (i, j).</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="kernel">Height and width of a window, in pixels, at most those of the images.</param>
    /// <param name="stride">Pixels from a window to the next, at least 1.</param>
    /// <param name="output">The shape of <see cref="OutputShape"/>.</param>
    /// <exception cref="ArgumentException">The shapes, the kernel, the stride or the devices are invalid, or the buffer is the same.</exception>
    public static void Forward(Tensor x, int kernel, int stride, Tensor output)
    {
        const string Operation = "MaxPool.Forward";
        ArgumentNullException.ThrowIfNull(x);
        var windows = PoolWindows.Of(Operation, "x", x.Shape, kernel, stride);
        Kernel.Run(
            Operation, [("x", x)], [("output", output, windows.Output)],
            simd => PoolWindows.Map<LargestOf>(simd, x, output, windows),
            simt => simt.Run(
                SimtGrid.Threads(output.Count), ForwardKernel,
                new ForwardArguments { X = x.View, Output = output.View, Windows = windows, Count = output.Count }),
            operations: (double)windows.Area * windows.Output.Count);
    }

    /// <summary>
    /// The gradient of each window goes to its first maximum, row by row. Each element of the input gathers those of the windows that contain it, in order, so
    /// that windows may overlap and every run gives the same bits.
    /// </summary>
    /// <param name="x">As passed to <see cref="Forward"/>.</param>
    /// <param name="output">The output of <see cref="Forward"/>.</param>
    /// <param name="outputGradient">Shaped like the output.</param>
    /// <param name="kernel">As passed to <see cref="Forward"/>.</param>
    /// <param name="stride">As passed to <see cref="Forward"/>.</param>
    /// <param name="inputGradient">Shaped like x, overwritten.</param>
    /// <exception cref="ArgumentException">The shapes, the kernel, the stride or the devices are invalid, or a buffer is the same.</exception>
    public static void Backward(Tensor x, Tensor output, Tensor outputGradient, int kernel, int stride, Tensor inputGradient)
    {
        const string Operation = "MaxPool.Backward";
        ArgumentNullException.ThrowIfNull(x);
        var windows = PoolWindows.Of(Operation, "x", x.Shape, kernel, stride);
        Kernel.Run(
            Operation, [("x", x), ("output", output, windows.Output), ("outputGradient", outputGradient, windows.Output)],
            [("inputGradient", inputGradient, x.Shape)],
            simd => BackwardSimd(simd, x, output, outputGradient, inputGradient, windows),
            simt => simt.Run(
                SimtGrid.Threads(x.Count), BackwardKernel,
                new BackwardArguments
                {
                    X = x.View,
                    Output = output.View,
                    OutputGradient = outputGradient.View,
                    InputGradient = inputGradient.View,
                    Windows = windows,
                    Count = x.Count,
                }),
            operations: 2.0 * windows.Area * windows.Output.Count);
    }

    // A worker takes lines of the images, and 16 channels of a pixel at a time.
    private static void BackwardSimd(SimdLaunch simd, Tensor input, Tensor output, Tensor outputGradient, Tensor inputGradient, PoolWindows w)
    {
        float* x = input.Pointer, y = output.Pointer, g = outputGradient.Pointer, dx = inputGradient.Pointer;
        simd.Run(worker =>
        {
            var (begin, end) = worker.Share(w.Images * w.Height, PoolWindows.Grain((long)w.Width * w.Area * w.Channels));
            for (int line = begin; line < end; line++)
            {
                int image = line / w.Height, row = line - (image * w.Height);
                long pixels = (long)image * w.Height * w.Width * w.Channels, windows = (long)image * w.Rows * w.Columns * w.Channels;
                float* target = dx + ((long)line * w.Width * w.Channels);
                for (int column = 0; column < w.Width; column++, target += w.Channels)
                {
                    for (int c = 0; c < w.Channels; c += Lanes.Width)
                    {
                        var sum = Gathered(x + pixels + c, y + windows + c, g + windows + c, w, row, column, w.Channels - c);
                        Lanes.StoreUpTo(sum, target + c, w.Channels - c);
                    }
                }
            }
        });
    }

    /// <summary>The sum over the windows of an image that contain a pixel and have their first maximum there.</summary>
    private static Vector512<float> Gathered(float* x, float* y, float* g, in PoolWindows w, int row, int column, int lanes)
    {
        var value = Lanes.LoadUpTo(x + ((long)((row * w.Width) + column) * w.Channels), lanes);
        var sum = Vector512<float>.Zero;
        for (int i = w.First(row, w.WindowHeight); i <= w.Last(row, w.Rows); i++)
        {
            for (int j = w.First(column, w.WindowWidth); j <= w.Last(column, w.Columns); j++)
            {
                long window = (long)((i * w.Columns) + j) * w.Channels;
                var largest = Lanes.LoadUpTo(y + window, lanes);
                var first = Same(value, largest);
                for (int r = i * w.Stride; r <= row && first.AsInt32() != Vector512<int>.Zero; r++)
                {
                    int stop = r == row ? column : (j * w.Stride) + w.WindowWidth;
                    for (int q = j * w.Stride; q < stop; q++)
                        first = Vector512.AndNot(first, Same(Lanes.LoadUpTo(x + ((long)((r * w.Width) + q) * w.Channels), lanes), largest));
                }
                sum += first & Lanes.LoadUpTo(g + window, lanes);
            }
        }
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Same(Vector512<float> a, Vector512<float> b) => Vector512.Equals(a, b) | (Vector512.IsNaN(a) & Vector512.IsNaN(b));

    private readonly struct LargestOf : IPoolWindow
    {
        public static Vector512<float> Of(float* source, in PoolWindows w, int lanes)
        {
            var largest = Lanes.LoadUpTo(source, lanes);
            for (int row = 0; row < w.WindowHeight; row++)
            {
                for (int column = 0; column < w.WindowWidth; column++)
                {
                    var value = Lanes.LoadUpTo(source + ((long)((row * w.Width) + column) * w.Channels), lanes);
                    var kept = Vector512.LessThanOrEqual(value, largest) | Vector512.IsNaN(largest);
                    largest = Vector512.ConditionalSelect(kept, largest, value);
                }
            }
            return largest;
        }
    }

    // A thread takes the elements i, i + grid, … of the output; neighbouring threads read and write neighbouring channels. 4 bytes per element of the window,
    // of which overlapping windows read from a cache, and 4 written; as many comparisons, and three integer divisions.
    [SimtKernel]
    private static void ForwardKernel(ForwardArguments a)
    {
        var w = a.Windows;
        int threads = QuadWalk.Threads;
        for (int i = QuadWalk.Thread; i < a.Count; i += threads)
        {
            int source = w.Begin(i);
            float largest = a.X[source];
            for (int row = 0; row < w.WindowHeight; row++)
            {
                for (int column = 0; column < w.WindowWidth; column++)
                {
                    float value = a.X[source + (((row * w.Width) + column) * w.Channels)];
                    bool kept = (value <= largest) | float.IsNaN(largest);
                    largest = kept ? largest : value;
                }
            }
            a.Output[i] = largest;
        }
    }

    // A thread takes the elements i, i + grid, … of the input. For each window that contains one: 4 bytes of the output, and only where it equals the element
    // the elements of the window before it and the gradient. 4 bytes written; three integer divisions, and four for the windows.
    [SimtKernel]
    private static void BackwardKernel(BackwardArguments a)
    {
        var w = a.Windows;
        int threads = QuadWalk.Threads;
        for (int i = QuadWalk.Thread; i < a.Count; i += threads)
        {
            int pixel = i / w.Channels, line = pixel / w.Width, image = line / w.Height, channel = i - (pixel * w.Channels);
            int row = line - (image * w.Height), column = pixel - (line * w.Width);
            float value = a.X[i], sum = 0;
            for (int m = w.First(row, w.WindowHeight); m <= w.Last(row, w.Rows); m++)
            {
                for (int n = w.First(column, w.WindowWidth); n <= w.Last(column, w.Columns); n++)
                {
                    int window = (((((image * w.Rows) + m) * w.Columns) + n) * w.Channels) + channel;
                    float largest = a.Output[window];
                    if (!Same(value, largest)) continue;
                    // Not a count: ILGPU takes what only the number of a loop's turns decides for the same in all lanes, and marks the branch .uni.
                    bool first = true;
                    for (int r = m * w.Stride; r <= row; r++)
                    {
                        int stop = r == row ? column : (n * w.Stride) + w.WindowWidth;
                        for (int q = n * w.Stride; q < stop; q++)
                        {
                            first &= !Same(a.X[(((((image * w.Height) + r) * w.Width) + q) * w.Channels) + channel], largest);
                        }
                    }
                    if (first) sum += a.OutputGradient[window];
                }
            }
            a.InputGradient[i] = sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Same(float a, float b) => (a == b) | (float.IsNaN(a) & float.IsNaN(b));

    internal struct ForwardArguments
    {
        public ArrayView<float> X, Output;
        public PoolWindows Windows;
        public int Count;
    }

    internal struct BackwardArguments
    {
        public ArrayView<float> X, Output, OutputGradient, InputGradient;
        public PoolWindows Windows;
        public int Count;
    }
}
