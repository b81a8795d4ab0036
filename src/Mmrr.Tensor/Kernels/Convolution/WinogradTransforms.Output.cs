using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <content>The transform of the products, Aᵀ m A.</content>
internal static unsafe partial class WinogradTransforms
{
    /// <summary>
    /// y = Aᵀ m A + bias (+ residual) of one tile and 16 channels: 100 vector operations and the additions.
    /// </summary>
    /// <param name="products">The 36 vectors.</param>
    /// <param name="stride">Floats from one vector to the next.</param>
    /// <param name="temporary"><see cref="TemporaryFloats"/>, on a 64-byte boundary.</param>
    /// <param name="bias">The 16 channels' biases, added to every pixel, or null.</param>
    /// <param name="residual">Laid out like y, or null.</param>
    /// <param name="y">The tile's first pixel, at the first of the 16 channels.</param>
    /// <param name="row">Floats from one row of y to the next.</param>
    /// <param name="channels">Floats from one pixel of y to the next.</param>
    /// <param name="rows">Rows of the tile inside the image, 1 to 4.</param>
    /// <param name="columns">Columns of the tile inside the image, 1 to 4.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Output(
        float* products, nint stride, float* temporary, float* bias, float* residual, float* y, nint row, nint channels, int rows, int columns)
    {
        if (Vector512.IsHardwareAccelerated && rows == Tile && columns == Tile)
        {
            OutputTile(products, stride, bias, residual, y, row, channels);
            return;
        }
        for (int c = 0; c < 16; c += 8)
        {
            Output<Register8>(
                products + c, stride, temporary + c, bias == null ? null : bias + c, residual == null ? null : residual + c, y + c, row, channels, rows,
                columns);
        }
    }

    // A whole tile in registers: 36 loads, 16 stores, 12 to 24 vectors at once.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OutputTile(float* products, nint stride, float* bias, float* residual, float* y, nint row, nint channels)
    {
        nint line = Patch * stride;
        OutputLine(products, line, out var a0, out var b0, out var c0, out var d0);
        OutputLine(products + stride, line, out var a1, out var b1, out var c1, out var d1);
        OutputLine(products + (2 * stride), line, out var a2, out var b2, out var c2, out var d2);
        Pair(ref a1, ref a2);
        Pair(ref b1, ref b2);
        Pair(ref c1, ref c2);
        Pair(ref d1, ref d2);
        OutputLine(products + (3 * stride), line, out var a3, out var b3, out var c3, out var d3);
        OutputLine(products + (4 * stride), line, out var a4, out var b4, out var c4, out var d4);
        Pair(ref a3, ref a4);
        Pair(ref b3, ref b4);
        Pair(ref c3, ref c4);
        Pair(ref d3, ref d4);
        OutputLine(products + (5 * stride), line, out var a5, out var b5, out var c5, out var d5);
        var added = bias == null ? default : Vector512.Load(bias);
        OutputRow(a0, a1, a2, a3, a4, a5, added, residual, y, channels);
        OutputRow(b0, b1, b2, b3, b4, b5, added, residual == null ? null : residual + row, y + row, channels);
        OutputRow(c0, c1, c2, c3, c4, c5, added, residual == null ? null : residual + (2 * row), y + (2 * row), channels);
        OutputRow(d0, d1, d2, d3, d4, d5, added, residual == null ? null : residual + (3 * row), y + (3 * row), channels);
    }

    /// <summary>Sum and difference in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair(ref Vector512<float> a, ref Vector512<float> b)
    {
        var sum = a + b;
        b = a - b;
        a = sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputRow(
        Vector512<float> m0, Vector512<float> sum1, Vector512<float> difference1, Vector512<float> sum2, Vector512<float> difference2, Vector512<float> m5,
        Vector512<float> added, float* residual, float* y, nint channels)
    {
        var y0 = m0 + sum1 + sum2 + added;
        var y1 = Vector512.MultiplyAddEstimate(Vector512.Create(2f), difference2, difference1) + added;
        var y2 = Vector512.MultiplyAddEstimate(Vector512.Create(4f), sum2, sum1) + added;
        var y3 = Vector512.MultiplyAddEstimate(Vector512.Create(8f), difference2, difference1) + m5 + added;
        if (residual != null)
        {
            y0 += Vector512.Load(residual);
            y1 += Vector512.Load(residual + channels);
            y2 += Vector512.Load(residual + (2 * channels));
            y3 += Vector512.Load(residual + (3 * channels));
        }
        y0.Store(y);
        y1.Store(y + channels);
        y2.Store(y + (2 * channels));
        y3.Store(y + (3 * channels));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputLine(
        float* from, nint stride, out Vector512<float> y0, out Vector512<float> y1, out Vector512<float> y2, out Vector512<float> y3)
    {
        Vector512<float> m1 = Vector512.Load(from + stride), m2 = Vector512.Load(from + (2 * stride)), m3 = Vector512.Load(from + (3 * stride)),
            m4 = Vector512.Load(from + (4 * stride));
        Vector512<float> sum1 = m1 + m2, difference1 = m1 - m2, sum2 = m3 + m4, difference2 = m3 - m4;
        y0 = Vector512.Load(from) + sum1 + sum2;
        y1 = Vector512.MultiplyAddEstimate(Vector512.Create(2f), difference2, difference1);
        y2 = Vector512.MultiplyAddEstimate(Vector512.Create(4f), sum2, sum1);
        y3 = Vector512.MultiplyAddEstimate(Vector512.Create(8f), difference2, difference1) + Vector512.Load(from + (5 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Output<T>(
        float* products, nint stride, float* temporary, float* bias, float* residual, float* y, nint row, nint channels, int rows, int columns)
        where T : struct, IRegister<T>
    {
        nint line = Patch * stride;
        for (int j = 0; j < Patch; j++, products += stride)
        {
            OutputLine<T>(products, line, out var y0, out var y1, out var y2, out var y3);
            y0.Store(temporary + (j * 16));
            y1.Store(temporary + ((Patch + j) * 16));
            y2.Store(temporary + (((2 * Patch) + j) * 16));
            y3.Store(temporary + (((3 * Patch) + j) * 16));
        }
        var added = bias == null ? default : T.Load(bias);
        for (int i = 0; i < rows; i++, temporary += Patch * 16, y += row)
        {
            OutputLine<T>(temporary, 16, out var y0, out var y1, out var y2, out var y3);
            y0 += added;
            y1 += added;
            y2 += added;
            y3 += added;
            if (residual != null)
            {
                y0 += T.Load(residual);
                if (columns > 1) y1 += T.Load(residual + channels);
                if (columns > 2) y2 += T.Load(residual + (2 * channels));
                if (columns > 3) y3 += T.Load(residual + (3 * channels));
                residual += row;
            }
            y0.Store(y);
            if (columns > 1) y1.Store(y + channels);
            if (columns > 2) y2.Store(y + (2 * channels));
            if (columns > 3) y3.Store(y + (3 * channels));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputLine<T>(float* from, nint stride, out T y0, out T y1, out T y2, out T y3)
        where T : struct, IRegister<T>
    {
        T m1 = T.Load(from + stride), m2 = T.Load(from + (2 * stride)), m3 = T.Load(from + (3 * stride)), m4 = T.Load(from + (4 * stride));
        T sum1 = m1 + m2, difference1 = m1 - m2, sum2 = m3 + m4, difference2 = m3 - m4;
        y0 = T.Load(from) + sum1 + sum2;
        y1 = T.MultiplyAdd(T.Create(2), difference2, difference1);
        y2 = T.MultiplyAdd(T.Create(4), sum2, sum1);
        y3 = T.MultiplyAdd(T.Create(8), difference2, difference1) + T.Load(from + (5 * stride));
    }
}
