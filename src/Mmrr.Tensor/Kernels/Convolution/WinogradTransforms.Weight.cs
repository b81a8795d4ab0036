using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <content>The transforms of the weights, G g Gᵀ, and those of their gradient: A dY Aᵀ and Gᵀ u G.</content>
internal static unsafe partial class WinogradTransforms
{
    /// <summary>
    /// A dY Aᵀ of one 4×4 tile and 16 channels, for the weight gradient: 80 vector operations.
    /// </summary>
    /// <param name="gradient">[height, width, channels], at the first of the 16 channels.</param>
    /// <param name="height">Height of the image.</param>
    /// <param name="width">Width of the image.</param>
    /// <param name="channels">Channels of the image.</param>
    /// <param name="top">The tile's first row; rows outside the image are zero.</param>
    /// <param name="left">The tile's first column.</param>
    /// <param name="temporary"><see cref="TemporaryFloats"/>, on a 64-byte boundary.</param>
    /// <param name="target">Destination of the first of the 36 vectors.</param>
    /// <param name="stride">Floats from one vector to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OutputGradient(float* gradient, int height, int width, int channels, int top, int left, float* temporary, float* target, nint stride)
    {
        nint row = (nint)width * channels;
        float* zero = stackalloc float[16];
        Vector512<float>.Zero.Store(zero);
        for (int j = 0; j < Tile; j++)
        {
            bool inside = left + j < width;
            float* from = gradient + (top * row) + ((nint)(left + j) * channels);
            OutputGradientLine(
                inside ? from : zero,
                inside && top + 1 < height ? from + row : zero,
                inside && top + 2 < height ? from + (2 * row) : zero,
                inside && top + 3 < height ? from + (3 * row) : zero,
                temporary + (j * 16), Tile * 16);
        }
        for (int i = 0; i < Patch; i++, temporary += Tile * 16, target += Patch * stride)
            OutputGradientLine(temporary, temporary + 16, temporary + 32, temporary + 48, target, stride);
    }

    /// <summary>Gᵀ u G for 16 output channels: the 36 vectors, one stride apart, become nine, another apart.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WeightGradient(float* sums, nint sumStride, float* target, nint stride)
    {
        float* lines = stackalloc float[3 * Patch * 16];
        for (int j = 0; j < Patch; j++, sums += sumStride) WeightGradientLine(sums, Patch * sumStride, lines + (j * 16), Patch * 16);
        for (int i = 0; i < 3; i++) WeightGradientLine(lines + (i * Patch * 16), 16, target + (i * 3 * stride), stride);
    }

    /// <summary>G g Gᵀ for 16 output channels: the nine vectors of a kernel, one stride apart, become 36, another apart; 162 vector operations.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weight(float* kernel, nint tap, float* target, nint stride)
    {
        WeightLine(
            Vector512.Load(kernel), Vector512.Load(kernel + (3 * tap)), Vector512.Load(kernel + (6 * tap)),
            out var a0, out var b0, out var c0, out var d0, out var e0, out var f0);
        kernel += tap;
        WeightLine(
            Vector512.Load(kernel), Vector512.Load(kernel + (3 * tap)), Vector512.Load(kernel + (6 * tap)),
            out var a1, out var b1, out var c1, out var d1, out var e1, out var f1);
        kernel += tap;
        WeightLine(
            Vector512.Load(kernel), Vector512.Load(kernel + (3 * tap)), Vector512.Load(kernel + (6 * tap)),
            out var a2, out var b2, out var c2, out var d2, out var e2, out var f2);
        nint line = Patch * stride;
        WeightLine(a0, a1, a2, target, stride);
        WeightLine(b0, b1, b2, target + line, stride);
        WeightLine(c0, c1, c2, target + (2 * line), stride);
        WeightLine(d0, d1, d2, target + (3 * line), stride);
        WeightLine(e0, e1, e2, target + (4 * line), stride);
        WeightLine(f0, f1, f2, target + (5 * line), stride);
    }

    // Each on half of the channels where a vector has eight: twice four vectors and what is made of them do not fit in 16 registers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputGradientLine(float* d0, float* d1, float* d2, float* d3, float* target, nint stride)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            OutputGradientLine<Register16>(d0, d1, d2, d3, target, stride);
            return;
        }
        OutputGradientLine<Register8>(d0, d1, d2, d3, target, stride);
        OutputGradientLine<Register8>(d0 + 8, d1 + 8, d2 + 8, d3 + 8, target + 8, stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputGradientLine<T>(float* from0, float* from1, float* from2, float* from3, float* target, nint stride)
        where T : struct, IRegister<T>
    {
        T d0 = T.Load(from0), d1 = T.Load(from1), d2 = T.Load(from2), d3 = T.Load(from3);
        T even = d0 + d2, odd = d1 + d3, wideEven = T.MultiplyAdd(T.Create(4), d2, d0), wideOdd = T.MultiplyAdd(T.Create(4), d3, d1);
        wideOdd += wideOdd;
        d0.Store(target);
        (even + odd).Store(target + stride);
        (even - odd).Store(target + (2 * stride));
        (wideEven + wideOdd).Store(target + (3 * stride));
        (wideEven - wideOdd).Store(target + (4 * stride));
        d3.Store(target + (5 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WeightGradientLine(float* from, nint fromStride, float* target, nint stride)
    {
        Vector512<float> u1 = Vector512.Load(from + fromStride), u2 = Vector512.Load(from + (2 * fromStride)), u3 = Vector512.Load(from + (3 * fromStride)),
            u4 = Vector512.Load(from + (4 * fromStride));
        Vector512<float> sixth = Vector512.Create(1f / 6), near = u1 + u2, far = u3 + u4;
        ((Vector512.Load(from) * 0.25f) - (near * sixth) + (far * (1f / 24))).Store(target);
        (((u2 - u1) * sixth) + ((u3 - u4) * (1f / 12))).Store(target + stride);
        (((far - near) * sixth) + Vector512.Load(from + (5 * fromStride))).Store(target + (2 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WeightLine(Vector512<float> g0, Vector512<float> g1, Vector512<float> g2, float* target, nint stride)
    {
        WeightLine(g0, g1, g2, out var w0, out var w1, out var w2, out var w3, out var w4, out var w5);
        w0.Store(target);
        w1.Store(target + stride);
        w2.Store(target + (2 * stride));
        w3.Store(target + (3 * stride));
        w4.Store(target + (4 * stride));
        w5.Store(target + (5 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WeightLine(
        Vector512<float> g0, Vector512<float> g1, Vector512<float> g2, out Vector512<float> w0, out Vector512<float> w1, out Vector512<float> w2,
        out Vector512<float> w3, out Vector512<float> w4, out Vector512<float> w5)
    {
        var even = (g0 + g2) * (-1f / 6);
        var odd = g1 * (-1f / 6);
        var wideEven = (g0 * (1f / 24)) + (g2 * (1f / 6));
        var wideOdd = g1 * (1f / 12);
        w0 = g0 * 0.25f;
        w1 = even + odd;
        w2 = even - odd;
        w3 = wideEven + wideOdd;
        w4 = wideEven - wideOdd;
        w5 = g2;
    }
}
