using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <summary>
/// The transforms of Winograd's minimal filtering F(4×4, 3×3) (Lavin and Gray 2016, arXiv:1509.09308): a 4×4 tile of outputs needs 36 products a
/// channel where the plain sum needs 144. Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A, each on 16 channels at a time. The points are 0, ±1, ±2 and ∞.
/// </summary>
internal static unsafe class WinogradTransforms
{
    /// <summary>Outputs along one side of a tile.</summary>
    public const int Tile = 4;

    /// <summary>Inputs along one side of a tile, and so Tile + 2.</summary>
    public const int Patch = 6;

    /// <summary>Products of a tile and channel.</summary>
    public const int Products = Patch * Patch;

    /// <summary>
    /// Bᵀ d B of one 6×6 patch and 16 channels: 156 vector operations, 72 loads and 72 stores.
    /// </summary>
    /// <param name="image">[height, width, channels], at the first of the 16 channels.</param>
    /// <param name="height">Of the image.</param>
    /// <param name="width">Of the image.</param>
    /// <param name="channels">Of the image.</param>
    /// <param name="top">The patch's first row, −1 or more; rows outside the image are zero.</param>
    /// <param name="left">The patch's first column.</param>
    /// <param name="target">Where the first of the 36 vectors goes.</param>
    /// <param name="stride">Floats from one vector to the next.</param>
    public static void Input(float* image, int height, int width, int channels, int top, int left, float* target, nint stride)
    {
        Vector512<float>* columns = stackalloc Vector512<float>[Products];
        bool rowsInside = top >= 0 && top + Patch <= height;
        for (int j = 0; j < Patch; j++)
        {
            int x = left + j;
            Vector512<float> d0 = default, d1 = default, d2 = default, d3 = default, d4 = default, d5 = default;
            if (x >= 0 && x < width)
            {
                nint row = (nint)width * channels;
                float* from = image + (top * row) + ((nint)x * channels);
                if (rowsInside)
                {
                    d0 = Vector512.Load(from);
                    d1 = Vector512.Load(from + row);
                    d2 = Vector512.Load(from + (2 * row));
                    d3 = Vector512.Load(from + (3 * row));
                    d4 = Vector512.Load(from + (4 * row));
                    d5 = Vector512.Load(from + (5 * row));
                }
                else
                {
                    if (top >= 0) d0 = Vector512.Load(from);
                    if (top + 1 < height) d1 = Vector512.Load(from + row);
                    if (top + 2 < height) d2 = Vector512.Load(from + (2 * row));
                    if (top + 3 < height) d3 = Vector512.Load(from + (3 * row));
                    if (top + 4 < height) d4 = Vector512.Load(from + (4 * row));
                    if (top + 5 < height) d5 = Vector512.Load(from + (5 * row));
                }
            }
            InputLine(d0, d1, d2, d3, d4, d5, (float*)(columns + j), Patch * 16);
        }
        for (int i = 0; i < Patch; i++)
        {
            var line = columns + (i * Patch);
            InputLine(line[0], line[1], line[2], line[3], line[4], line[5], target + (i * Patch * stride), stride);
        }
    }

    /// <summary>Aᵀ m A of one tile and 16 channels: 100 vector operations. The 36 vectors lie a stride apart; the 16 results are written to <paramref name="tile"/>, [4, 4, 16].</summary>
    public static void Output(float* products, nint stride, float* tile)
    {
        Vector512<float>* lines = stackalloc Vector512<float>[Tile * Patch];
        for (int j = 0; j < Patch; j++)
        {
            float* m = products + (j * stride);
            nint row = Patch * stride;
            OutputLine(
                Vector512.Load(m), Vector512.Load(m + row), Vector512.Load(m + (2 * row)), Vector512.Load(m + (3 * row)), Vector512.Load(m + (4 * row)), Vector512.Load(m + (5 * row)),
                (float*)(lines + j), Patch * 16);
        }
        for (int i = 0; i < Tile; i++)
        {
            var line = lines + (i * Patch);
            OutputLine(line[0], line[1], line[2], line[3], line[4], line[5], tile + (i * Tile * 16), 16);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void InputLine(
        Vector512<float> d0, Vector512<float> d1, Vector512<float> d2, Vector512<float> d3, Vector512<float> d4, Vector512<float> d5, float* target, nint stride)
    {
        var four = Vector512.Create(4f);
        var minusFive = Vector512.Create(-5f);
        var a = d4 - (four * d2);
        var b = d3 - (four * d1);
        var c = d4 - d2;
        var e = d3 - d1;
        e += e;
        ((d0 * four) + ((d2 * minusFive) + d4)).Store(target);
        (a + b).Store(target + stride);
        (a - b).Store(target + (2 * stride));
        (c + e).Store(target + (3 * stride));
        (c - e).Store(target + (4 * stride));
        ((d1 * four) + ((d3 * minusFive) + d5)).Store(target + (5 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OutputLine(
        Vector512<float> m0, Vector512<float> m1, Vector512<float> m2, Vector512<float> m3, Vector512<float> m4, Vector512<float> m5, float* target, nint stride)
    {
        Vector512<float> sum1 = m1 + m2, difference1 = m1 - m2, sum2 = m3 + m4, difference2 = m3 - m4;
        (m0 + sum1 + sum2).Store(target);
        (difference1 + (difference2 + difference2)).Store(target + stride);
        (sum1 + (Vector512.Create(4f) * sum2)).Store(target + (2 * stride));
        (difference1 + (Vector512.Create(8f) * difference2) + m5).Store(target + (3 * stride));
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
