using System.Runtime.CompilerServices;

namespace Mmrr.Kernels;

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
        return new PoolWindows
        {
            Images = x[0],
            Height = x[1],
            Width = x[2],
            Channels = x[3],
            WindowHeight = kernel,
            WindowWidth = kernel,
            Stride = stride,
            Rows = ((x[1] - kernel) / stride) + 1,
            Columns = ((x[2] - kernel) / stride) + 1,
        };
    }

    /// <summary>One window for each image, the whole of it.</summary>
    public static PoolWindows Whole(string operation, string argument, Shape x)
    {
        CheckImages(operation, argument, x);
        return new PoolWindows
        {
            Images = x[0],
            Height = x[1],
            Width = x[2],
            Channels = x[3],
            WindowHeight = x[1],
            WindowWidth = x[2],
            Stride = 1,
            Rows = 1,
            Columns = 1,
        };
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

    private static void CheckImages(string operation, string argument, Shape x)
    {
        if (x.Rank != 4) throw new ArgumentException($"{operation}: {argument} is {x}, expected [N, H, W, C]");
    }
}
