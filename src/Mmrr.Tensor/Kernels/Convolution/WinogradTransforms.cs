using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <summary>
/// The transforms of Winograd's minimal filtering F(4×4, 3×3) (Lavin and Gray 2016, arXiv:1509.09308): a 4×4 tile of outputs needs 36 products per channel,
/// where the direct sum needs 144. Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A, each on 16 channels at a time. The points are 0, ±1, ±2 and ∞.
/// </summary>
internal static unsafe class WinogradTransforms
{
    /// <summary>Outputs along one side of a tile.</summary>
    public const int Tile = 4;

    /// <summary>Inputs along one side of a tile, Tile + 2.</summary>
    public const int Patch = 6;

    /// <summary>Products per tile and channel.</summary>
    public const int Products = Patch * Patch;

    /// <summary>Floats of aligned memory between the two passes of a transform.</summary>
    public const int TemporaryFloats = Products * 16;

    /// <summary>
    /// Bᵀ d B of one 6×6 patch and 16 channels: 144 vector operations, 72 loads and 72 stores, twice as many of half the width with AVX2.
    /// </summary>
    /// <param name="image">[height, width, channels], at the first of the 16 channels.</param>
    /// <param name="height">Height of the image.</param>
    /// <param name="width">Width of the image.</param>
    /// <param name="channels">Channels of the image.</param>
    /// <param name="top">The patch's first row, −1 or more; rows outside the image are zero.</param>
    /// <param name="left">The patch's first column.</param>
    /// <param name="temporary"><see cref="TemporaryFloats"/>, on a 64-byte boundary: access to a vector across two cache lines costs double.</param>
    /// <param name="target">Destination of the first of the 36 vectors.</param>
    /// <param name="stride">Floats from one vector to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Input(float* image, int height, int width, int channels, int top, int left, float* temporary, float* target, nint stride)
    {
        nint row = (nint)width * channels;
        float* from = image + (top * row) + ((nint)left * channels);
        if (top >= 0 && left >= 0 && top + Patch <= height && left + Patch <= width)
        {
            for (int j = 0; j < Patch; j++, from += channels)
                InputLine(from, from + row, from + (2 * row), from + (3 * row), from + (4 * row), from + (5 * row), temporary + (j * 16), Patch * 16);
        }
        else
        {
            float* zero = stackalloc float[16];
            Vector512<float>.Zero.Store(zero);
            for (int j = 0; j < Patch; j++, from += channels)
            {
                bool inside = left + j >= 0 && left + j < width;
                InputLine(
                    inside && top >= 0 ? from : zero,
                    inside && top + 1 < height ? from + row : zero,
                    inside && top + 2 < height ? from + (2 * row) : zero,
                    inside && top + 3 < height ? from + (3 * row) : zero,
                    inside && top + 4 < height ? from + (4 * row) : zero,
                    inside && top + 5 < height ? from + (5 * row) : zero,
                    temporary + (j * 16), Patch * 16);
            }
        }
        for (int i = 0; i < Patch; i++, temporary += Patch * 16, target += Patch * stride)
            InputLine(temporary, temporary + 16, temporary + 32, temporary + 48, temporary + 64, temporary + 80, target, stride);
    }

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
        if (Vector512.IsHardwareAccelerated)
        {
            Output<Register16>(products, stride, temporary, bias, residual, y, row, channels, rows, columns);
            return;
        }
        for (int c = 0; c < 16; c += 8)
        {
            Output<Register8>(
                products + c, stride, temporary + c, bias == null ? null : bias + c, residual == null ? null : residual + c, y + c, row, channels, rows,
                columns);
        }
    }

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

    /// <summary>Gᵀ u G for 16 output channels: the 36 contiguous vectors become nine, a stride apart.</summary>
    public static void WeightGradient(Vector512<float>* sums, float* target, nint stride)
    {
        Vector512<float>* lines = stackalloc Vector512<float>[3 * Patch];
        for (int j = 0; j < Patch; j++)
        {
            WeightGradientLine(
                sums[j], sums[Patch + j], sums[(2 * Patch) + j], sums[(3 * Patch) + j], sums[(4 * Patch) + j], sums[(5 * Patch) + j],
                (float*)(lines + j), Patch * 16);
        }
        for (int i = 0; i < 3; i++)
        {
            var line = lines + (i * Patch);
            WeightGradientLine(line[0], line[1], line[2], line[3], line[4], line[5], target + (i * 3 * stride), stride);
        }
    }

    /// <summary>G g Gᵀ for 16 output channels: the nine vectors become 36, a stride apart.</summary>
    public static void Weight(in Weights3x3 g, float* target, nint stride)
    {
        Vector512<float>* lines = stackalloc Vector512<float>[Patch * 3];
        WeightLine(g.W00, g.W10, g.W20, (float*)lines, 3 * 16);
        WeightLine(g.W01, g.W11, g.W21, (float*)(lines + 1), 3 * 16);
        WeightLine(g.W02, g.W12, g.W22, (float*)(lines + 2), 3 * 16);
        for (int i = 0; i < Patch; i++) WeightLine(lines[i * 3], lines[(i * 3) + 1], lines[(i * 3) + 2], target + (i * Patch * stride), stride);
    }

    // Each on half of the channels where a vector has eight: twice six vectors and what is made of them do not fit in 16 registers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputLine(float* d0, float* d1, float* d2, float* d3, float* d4, float* d5, float* target, nint stride)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            InputLine<Register16>(d0, d1, d2, d3, d4, d5, target, stride);
            return;
        }
        InputLine<Register8>(d0, d1, d2, d3, d4, d5, target, stride);
        InputLine<Register8>(d0 + 8, d1 + 8, d2 + 8, d3 + 8, d4 + 8, d5 + 8, target + 8, stride);
    }

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
    private static void InputLine<T>(float* from0, float* from1, float* from2, float* from3, float* from4, float* from5, float* target, nint stride)
        where T : struct, IRegister<T>
    {
        T d1 = T.Load(from1), d2 = T.Load(from2), d3 = T.Load(from3), d4 = T.Load(from4);
        var a = T.MultiplyAdd(T.Create(-4), d2, d4);
        var b = T.MultiplyAdd(T.Create(-4), d1, d3);
        (a + b).Store(target + stride);
        (a - b).Store(target + (2 * stride));
        var c = d4 - d2;
        var e = d3 - d1;
        T.MultiplyAdd(T.Create(2), e, c).Store(target + (3 * stride));
        T.MultiplyAdd(T.Create(-2), e, c).Store(target + (4 * stride));
        T.MultiplyAdd(T.Create(4), T.Load(from0), T.MultiplyAdd(T.Create(-5), d2, d4)).Store(target);
        T.MultiplyAdd(T.Create(4), d1, T.MultiplyAdd(T.Create(-5), d3, T.Load(from5))).Store(target + (5 * stride));
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
    private static void WeightGradientLine(
        Vector512<float> u0, Vector512<float> u1, Vector512<float> u2, Vector512<float> u3, Vector512<float> u4, Vector512<float> u5,
        float* target, nint stride)
    {
        Vector512<float> sixth = Vector512.Create(1f / 6), near = u1 + u2, far = u3 + u4;
        ((u0 * 0.25f) - (near * sixth) + (far * (1f / 24))).Store(target);
        (((u2 - u1) * sixth) + ((u3 - u4) * (1f / 12))).Store(target + stride);
        (((far - near) * sixth) + u5).Store(target + (2 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WeightLine(Vector512<float> g0, Vector512<float> g1, Vector512<float> g2, float* target, nint stride)
    {
        var even = (g0 + g2) * (-1f / 6);
        var odd = g1 * (-1f / 6);
        var wideEven = (g0 * (1f / 24)) + (g2 * (1f / 6));
        var wideOdd = g1 * (1f / 12);
        (g0 * 0.25f).Store(target);
        (even + odd).Store(target + stride);
        (even - odd).Store(target + (2 * stride));
        (wideEven + wideOdd).Store(target + (3 * stride));
        (wideEven - wideOdd).Store(target + (4 * stride));
        g2.Store(target + (5 * stride));
    }

    /// <summary>A 3×3 kernel for 16 output channels; W{row}{column}.</summary>
    internal struct Weights3x3
    {
        public Vector512<float> W00, W01, W02, W10, W11, W12, W20, W21, W22;
    }
}
