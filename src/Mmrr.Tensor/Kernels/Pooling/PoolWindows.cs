using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <summary>What a pooling on <c>cpu</c> makes of a window; a struct, so that <see cref="PoolWindows.Map"/> is compiled with it inlined.</summary>
internal unsafe interface IPoolWindow
{
    /// <summary>Up to 16 channels of the result.</summary>
    static abstract Vector512<float> Of(float* source, in PoolWindows w, int lanes);
}

/// <summary>
/// The windows of a pooling without padding: window (i, j) of an image covers the rows from i·stride and the columns from j·stride, and only whole windows
/// count. Also a part of the SIMT kernels' arguments.
/// </summary>
internal struct PoolWindows
{
    public int Images, Height, Width, Channels;
    public int WindowHeight, WindowWidth, Stride;
    public int Rows, Columns;

    /// <summary>The windows on images x.</summary>
    /// <param name="operation">The operation, for messages.</param>
    /// <param name="argument">The images' name in messages.</param>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="kernel">Height and width of a window, in pixels, at most those of the images.</param>
    /// <param name="stride">Pixels from a window to the next, at least 1.</param>
    /// <exception cref="ArgumentException">The images do not have four axes, or the kernel or the stride is invalid.</exception>
    public static PoolWindows Of(string operation, string argument, Shape x, int kernel, int stride)
    {
        CheckImages(operation, argument, x);
        if (kernel < 1 || kernel > Math.Min(x[1], x[2]))
            throw new ArgumentException($"{operation}: kernel is {kernel}, expected 1 to {Math.Min(x[1], x[2])}, for {argument} is {x}");
        if (stride < 1) throw new ArgumentException($"{operation}: stride is {stride}, expected at least 1");
        return Make(x, kernel, kernel, stride);
    }

    /// <summary>One window for each image, the whole of it.</summary>
    public static PoolWindows Whole(string operation, string argument, Shape x)
    {
        CheckImages(operation, argument, x);
        return Make(x, x[1], x[2], stride: 1);
    }

    /// <summary>[N, rows, columns, C].</summary>
    public readonly Shape Output => new(Images, Rows, Columns, Channels);

    /// <summary>Lines of pixels, each with this many floats, that make a unit of work for a worker.</summary>
    public static int Grain(long lineFloats) => (int)Math.Max(1, Lanes.Grain / lineFloats);

    /// <summary>Pixels of a window.</summary>
    public readonly int Area => WindowHeight * WindowWidth;

    /// <summary>The first of the windows along an axis that contain a pixel.</summary>
    /// <param name="pixel">The row or column.</param>
    /// <param name="window">The windows' height or width.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int First(int pixel, int window) => pixel < window ? 0 : ((pixel - window) / Stride) + 1;

    /// <summary>The last of them; before the first where there is none.</summary>
    /// <param name="pixel">The row or column.</param>
    /// <param name="count">Number of windows along the axis.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Last(int pixel, int count) => Math.Min(pixel / Stride, count - 1);

    /// <summary>The element of the images where the window of element i of the output begins.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Begin(int i)
    {
        int pixel = i / Channels, line = pixel / Columns, image = line / Rows;
        int top = (line - (image * Rows)) * Stride, left = (pixel - (line * Columns)) * Stride;
        return (((((image * Height) + top) * Width) + left) * Channels) + (i - (pixel * Channels));
    }

    /// <summary>output = f of each window: a worker takes lines of windows, and 16 channels of a window at a time.</summary>
    public static unsafe void Map<TWindow>(SimdLaunch simd, Tensor input, Tensor output, PoolWindows w)
        where TWindow : struct, IPoolWindow
    {
        float* x = input.Pointer, y = output.Pointer;
        simd.Run(worker =>
        {
            var (begin, end) = worker.Share(w.Images * w.Rows, Grain((long)w.Columns * w.Area * w.Channels));
            for (int line = begin; line < end; line++)
            {
                int image = line / w.Rows, top = (line - (image * w.Rows)) * w.Stride;
                for (int column = 0; column < w.Columns; column++)
                {
                    float* source = x + (((((long)image * w.Height) + top) * w.Width) + (column * w.Stride)) * w.Channels;
                    float* target = y + (((long)line * w.Columns) + column) * w.Channels;
                    for (int c = 0; c < w.Channels; c += Lanes.Width)
                        Lanes.StoreUpTo(TWindow.Of(source + c, w, w.Channels - c), target + c, w.Channels - c);
                }
            }
        });
    }

    private static PoolWindows Make(Shape x, int height, int width, int stride) => new()
    {
        Images = x[0],
        Height = x[1],
        Width = x[2],
        Channels = x[3],
        WindowHeight = height,
        WindowWidth = width,
        Stride = stride,
        Rows = ((x[1] - height) / stride) + 1,
        Columns = ((x[2] - width) / stride) + 1,
    };

    private static void CheckImages(string operation, string argument, Shape x)
    {
        if (x.Rank != 4) throw new ArgumentException($"{operation}: {argument} is {x}, expected [N, H, W, C]");
    }
}
