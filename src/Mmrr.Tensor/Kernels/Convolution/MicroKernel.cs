using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Mmrr.Kernels;

/// <summary>
/// The innermost loops of the CPU convolutions: register tiles of fused multiply-adds. RyuJIT keeps named vector locals in registers and does not unroll
/// loops, so the tiles are unrolled by hand. Weights are in panels of 16 output channels, [k][16], 64-byte aligned.
/// </summary>
internal static unsafe partial class MicroKernel
{
    /// <summary>Output channels of a panel.</summary>
    public const int PanelWidth = 16;

    /// <summary>Pixels of a tile: 12 rows of one or two AVX-512 registers, 6 of two AVX2 registers, 4 of four portable ones.</summary>
    public static readonly int Rows = Avx512F.IsSupported ? 12 : Fma.IsSupported ? 6 : 4;

    /// <summary>Pixels of the smallest tile.</summary>
    public static readonly int FewRows = Avx512F.IsSupported ? 4 : Rows;

    /// <summary>Maximum panels per tile.</summary>
    public static readonly int MostPanels = Avx512F.IsSupported ? 2 : 1;

    /// <summary>Tiles across a number of outputs, each of <see cref="MostPanels"/> panels, the last perhaps of fewer.</summary>
    public static int TilesAcross(int outputs) => (outputs + (MostPanels * PanelWidth) - 1) / (MostPanels * PanelWidth);

    /// <summary>Rows of <see cref="Outer"/>.</summary>
    public const int OuterRows = 8;

    /// <summary>
    /// tile[i, j] = Σ over taps t and channels c of a[offsets[t] + i·stride + c] · panel[(t·channels + c), j]:
    /// <see cref="Rows"/> × (16 or 32) results from one pointer, since neighbouring positions lie a constant stride apart.
    /// 2·Rows·16·taps·channels operations for each panel.
    /// </summary>
    /// <param name="a">The first position's channels in the padded source.</param>
    /// <param name="stride">Floats from one position to the next.</param>
    /// <param name="offsets">For each tap, floats from <paramref name="a"/>.</param>
    /// <param name="taps">Number of taps.</param>
    /// <param name="channels">Input channels.</param>
    /// <param name="panel">The first panel, [taps·channels, 16].</param>
    /// <param name="next">The second panel, or null for a tile of 16 columns.</param>
    /// <param name="tile">The results: [Rows, 16], and after them those of the second panel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Inner(float* a, nint stride, int* offsets, int taps, int channels, float* panel, float* next, float* tile)
    {
        if (Avx512F.IsSupported)
        {
            if (next != null) Inner512x2(a, stride, offsets, taps, channels, panel, next, tile);
            else Inner512(a, stride, offsets, taps, channels, panel, tile);
        }
        else if (Fma.IsSupported)
        {
            Inner256(a, stride, offsets, taps, channels, panel, tile);
        }
        else
        {
            Inner128(a, stride, offsets, taps, channels, panel, tile);
        }
    }

    /// <summary>
    /// tile[i, j] = Σ over channels c of a[i·channels + c] · panel[c, j], for the first rows only: fewer rows cost less. The result of a row does not
    /// depend on their number.
    /// </summary>
    /// <param name="a">Rows of channels, in multiples of <see cref="FewRows"/>.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="rows">Wanted rows, up to <see cref="Rows"/>.</param>
    /// <param name="panel">The first panel, [channels, 16].</param>
    /// <param name="next">The second panel, or null.</param>
    /// <param name="tile">As for <see cref="Inner"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Product(float* a, int channels, int rows, float* panel, float* next, float* tile)
    {
        if (Avx512F.IsSupported && rows <= 2 * FewRows)
        {
            for (int row = 0; row < rows; row += FewRows, a += FewRows * channels, tile += FewRows * PanelWidth)
            {
                if (next != null) Few512x2(a, channels, panel, next, tile, tile + (Rows * PanelWidth));
                else Few512(a, channels, panel, tile);
            }
            return;
        }
        int offset = 0;
        Inner(a, channels, &offset, 1, channels, panel, next, tile);
    }

    /// <summary>
    /// sum[i, j] (+)= Σ over positions p of x[p·xStride + i] · dy[p·dyStride + j], i below 8, j below 16 or 32: the weight gradient's
    /// tile, 2·8·16·positions operations for each 16 columns.
    /// </summary>
    /// <param name="x">Eight input channels at the first position, shifted by the tap.</param>
    /// <param name="xStride">Floats from one position to the next.</param>
    /// <param name="dy">The output gradient at the first position, zero where a position is not a pixel.</param>
    /// <param name="dyStride">Floats from one position to the next.</param>
    /// <param name="positions">Number of positions.</param>
    /// <param name="wide">32 columns instead of 16.</param>
    /// <param name="accumulate">Adds to <paramref name="sum"/>; otherwise overwrites it.</param>
    /// <param name="sum">[8, sumStride].</param>
    /// <param name="sumStride">Floats from one row of the sum to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Outer(float* x, nint xStride, float* dy, nint dyStride, int positions, bool wide, bool accumulate, float* sum, nint sumStride)
    {
        if (Avx512F.IsSupported)
        {
            if (wide) Outer512x2(x, xStride, dy, dyStride, positions, accumulate, sum, sumStride);
            else Outer512(x, xStride, dy, dyStride, positions, accumulate, sum, sumStride);
            return;
        }
        for (int column = 0; column < (wide ? 32 : 16); column += 8)
        {
            if (Fma.IsSupported)
            {
                Outer256(x, xStride, dy + column, dyStride, positions, accumulate, sum + column, sumStride);
            }
            else
            {
                Outer128(x, xStride, dy + column, dyStride, positions, accumulate, sum + column, sumStride);
                Outer128(x, xStride, dy + column + 4, dyStride, positions, accumulate, sum + column + 4, sumStride);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Fused(Vector512<float> sum, Vector512<float> a, Vector512<float> b) =>
        Avx512F.FusedMultiplyAdd(a, b, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Fused(Vector256<float> sum, Vector256<float> a, Vector256<float> b) =>
        Fma.MultiplyAdd(a, b, sum);

    // Fused if the hardware supports it (Arm), otherwise multiply and add.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Fused(Vector128<float> sum, Vector128<float> a, Vector128<float> b) =>
        Vector128.MultiplyAddEstimate(a, b, sum);
}
