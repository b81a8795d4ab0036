using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <content>The transform of the input, Bᵀ d B.</content>
internal static unsafe partial class WinogradTransforms
{
    /// <summary>
    /// Bᵀ d B of one 6×6 patch and 16 channels: 144 vector operations, twice as many of half the width with AVX2. With AVX-512 84 loads and 36 stores: two
    /// rows of Bᵀ d fit in the registers, and stores cost double; with AVX2 72 and 72 of each half, through the temporary. A patch across an edge, and one
    /// to be normalised, is gathered in the temporary first.
    /// </summary>
    /// <param name="image">[height, width, channels], at the first of the 16 channels.</param>
    /// <param name="normal">
    /// Means, factors and offsets of the 16 channels, <paramref name="channels"/> apart, for max(0, (x − mean)·factor + offset); or null.
    /// </param>
    /// <param name="height">Height of the image.</param>
    /// <param name="width">Width of the image.</param>
    /// <param name="channels">Channels of the image.</param>
    /// <param name="top">The patch's first row, −1 or more; rows outside the image are zero.</param>
    /// <param name="left">The patch's first column.</param>
    /// <param name="temporary"><see cref="TemporaryFloats"/>, on a 64-byte boundary: access to a vector across two cache lines costs double.</param>
    /// <param name="target">Destination of the first of the 36 vectors.</param>
    /// <param name="stride">Floats from one vector to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input(
        float* image, float* normal, int height, int width, int channels, int top, int left, float* temporary, float* target, nint stride)
    {
        nint row = (nint)width * channels, pixel = channels;
        float* from = image + (top * row) + (left * pixel);
        if (normal != null || top < 0 || left < 0 || top + Patch > height || left + Patch > width)
        {
            int firstRow = Math.Max(0, -top), endRow = Math.Min(Patch, height - top);
            int first = Math.Max(0, -left), end = Math.Min(Patch, width - left);
            Gather(from, normal, row, pixel, firstRow, endRow, first, end, temporary);
            from = temporary;
            row = Patch * 16;
            pixel = 16;
        }
        if (Vector512.IsHardwareAccelerated)
        {
            InputRows(from, row, pixel, target, stride);
            return;
        }
        InputColumns<Register8>(from, row, pixel, temporary, target, stride);
        InputColumns<Register8>(from + 8, row, pixel, temporary + 8, target + 8, stride);
    }

    /// <summary>
    /// Copies the 6×6 vectors of a patch, normalised where that is wanted, zero outside of the rows and columns from the first to before the end.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gather(float* from, float* normal, nint row, nint pixel, int firstRow, int endRow, int first, int end, float* patch)
    {
        Vector512<float> mean = default, scale = default, offset = default;
        if (normal != null)
        {
            mean = Vector512.Load(normal);
            scale = Vector512.Load(normal + pixel); // a row of the normalisation has as many floats as a pixel
            offset = Vector512.Load(normal + (2 * pixel));
        }
        for (int i = 0; i < Patch; i++, from += row, patch += Patch * 16)
        {
            if (i < firstRow || i >= endRow)
            {
                for (int j = 0; j < Patch; j++) Vector512<float>.Zero.StoreAligned(patch + (j * 16));
                continue;
            }
            if (first > 0) Vector512<float>.Zero.StoreAligned(patch);
            float* pixels = from + (first * pixel);
            for (int j = first; j < end; j++, pixels += pixel)
            {
                var value = Vector512.Load(pixels);
                if (normal != null) value = GroupNormalization.Rectified(value, mean, scale, offset, Vector512<float>.Zero);
                value.StoreAligned(patch + (j * 16));
            }
            for (int j = end; j < Patch; j++) Vector512<float>.Zero.StoreAligned(patch + (j * 16));
        }
    }

    // Row by row of the result, two at a time where they share their sums. In vectors of 16, not in registers of any width: with one more call at each
    // operation the compiler ends inlining halfway.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void InputRows(float* from, nint row, nint pixel, float* target, nint stride)
    {
        nint line = Patch * stride;
        float* from1 = from + pixel, from2 = from1 + pixel, from3 = from2 + pixel, from4 = from3 + pixel, from5 = from4 + pixel;
        InputLine(
            InputEnd(from, row), InputEnd(from1, row), InputEnd(from2, row), InputEnd(from3, row), InputEnd(from4, row), InputEnd(from5, row), target, stride);
        InputNear(from, row, out var p0, out var q0);
        InputNear(from1, row, out var p1, out var q1);
        InputNear(from2, row, out var p2, out var q2);
        InputNear(from3, row, out var p3, out var q3);
        InputNear(from4, row, out var p4, out var q4);
        InputNear(from5, row, out var p5, out var q5);
        InputLine(p0, p1, p2, p3, p4, p5, target + line, stride);
        InputLine(q0, q1, q2, q3, q4, q5, target + (2 * line), stride);
        InputFar(from, row, out p0, out q0);
        InputFar(from1, row, out p1, out q1);
        InputFar(from2, row, out p2, out q2);
        InputFar(from3, row, out p3, out q3);
        InputFar(from4, row, out p4, out q4);
        InputFar(from5, row, out p5, out q5);
        InputLine(p0, p1, p2, p3, p4, p5, target + (3 * line), stride);
        InputLine(q0, q1, q2, q3, q4, q5, target + (4 * line), stride);
        InputLine(
            InputEnd(from + row, row), InputEnd(from1 + row, row), InputEnd(from2 + row, row), InputEnd(from3 + row, row), InputEnd(from4 + row, row),
            InputEnd(from5 + row, row), target + (5 * line), stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputColumns<T>(float* from, nint row, nint pixel, float* temporary, float* target, nint stride)
        where T : struct, IRegister<T>
    {
        // In place where the patch is in the temporary: a column is read before it is written.
        for (int j = 0; j < Patch; j++, from += pixel)
        {
            InputLine(
                T.Load(from), T.Load(from + row), T.Load(from + (2 * row)), T.Load(from + (3 * row)), T.Load(from + (4 * row)), T.Load(from + (5 * row)),
                temporary + (j * 16), Patch * 16);
        }
        for (int i = 0; i < Patch; i++, temporary += Patch * 16, target += Patch * stride)
        {
            InputLine(
                T.Load(temporary), T.Load(temporary + 16), T.Load(temporary + 32), T.Load(temporary + 48), T.Load(temporary + 64), T.Load(temporary + 80),
                target, stride);
        }
    }

    /// <summary>4·d0 − 5·d2 + d4: rows 0 and, from d1 on, 5 of Bᵀ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> InputEnd(float* from, nint row) => Vector512.MultiplyAddEstimate(
        Vector512.Create(4f), Vector512.Load(from),
        Vector512.MultiplyAddEstimate(Vector512.Create(-5f), Vector512.Load(from + (2 * row)), Vector512.Load(from + (4 * row))));

    /// <summary>Rows 1 and 2 of Bᵀ, the points ±1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputNear(float* from, nint row, out Vector512<float> plus, out Vector512<float> minus)
    {
        var even = Vector512.MultiplyAddEstimate(Vector512.Create(-4f), Vector512.Load(from + (2 * row)), Vector512.Load(from + (4 * row)));
        var odd = Vector512.MultiplyAddEstimate(Vector512.Create(-4f), Vector512.Load(from + row), Vector512.Load(from + (3 * row)));
        plus = even + odd;
        minus = even - odd;
    }

    /// <summary>Rows 3 and 4 of Bᵀ, the points ±2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputFar(float* from, nint row, out Vector512<float> plus, out Vector512<float> minus)
    {
        var even = Vector512.Load(from + (4 * row)) - Vector512.Load(from + (2 * row));
        var odd = Vector512.Load(from + (3 * row)) - Vector512.Load(from + row);
        plus = Vector512.MultiplyAddEstimate(Vector512.Create(2f), odd, even);
        minus = Vector512.MultiplyAddEstimate(Vector512.Create(-2f), odd, even);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputLine(
        Vector512<float> d0, Vector512<float> d1, Vector512<float> d2, Vector512<float> d3, Vector512<float> d4, Vector512<float> d5, float* target,
        nint stride)
    {
        var a = Vector512.MultiplyAddEstimate(Vector512.Create(-4f), d2, d4);
        var b = Vector512.MultiplyAddEstimate(Vector512.Create(-4f), d1, d3);
        (a + b).Store(target + stride);
        (a - b).Store(target + (2 * stride));
        var c = d4 - d2;
        var e = d3 - d1;
        Vector512.MultiplyAddEstimate(Vector512.Create(2f), e, c).Store(target + (3 * stride));
        Vector512.MultiplyAddEstimate(Vector512.Create(-2f), e, c).Store(target + (4 * stride));
        Vector512.MultiplyAddEstimate(Vector512.Create(4f), d0, Vector512.MultiplyAddEstimate(Vector512.Create(-5f), d2, d4)).Store(target);
        Vector512.MultiplyAddEstimate(Vector512.Create(4f), d1, Vector512.MultiplyAddEstimate(Vector512.Create(-5f), d3, d5))
            .Store(target + (5 * stride));
    }

    /// <summary>Bᵀ of six vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputLine<T>(T d0, T d1, T d2, T d3, T d4, T d5, float* target, nint stride)
        where T : struct, IRegister<T>
    {
        var a = T.MultiplyAdd(T.Create(-4), d2, d4);
        var b = T.MultiplyAdd(T.Create(-4), d1, d3);
        (a + b).Store(target + stride);
        (a - b).Store(target + (2 * stride));
        var c = d4 - d2;
        var e = d3 - d1;
        T.MultiplyAdd(T.Create(2), e, c).Store(target + (3 * stride));
        T.MultiplyAdd(T.Create(-2), e, c).Store(target + (4 * stride));
        T.MultiplyAdd(T.Create(4), d0, T.MultiplyAdd(T.Create(-5), d2, d4)).Store(target);
        T.MultiplyAdd(T.Create(4), d1, T.MultiplyAdd(T.Create(-5), d3, d5)).Store(target + (5 * stride));
    }
}
