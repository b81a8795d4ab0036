using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Kernels;

/// <content>The tiled GPU kernels of the weight gradient and the bias gradient, and the sums over their shares.</content>
public static partial class Convolution
{
    /// <summary>
    /// dw[(tap, c), O] = Σ over the output pixels p of x[pixel of p under the tap, c] · dy[p, O]: a product in blocks of 128 × 128, the terms are pixels.
    /// Both operands already have the layout of shared memory. Grid: (blocks of rows (tap, c), blocks of O, shares of the pixels); each share has a copy of
    /// dw. 2·N·OH·OW operations per result; bytes beyond the caches 4·(x + y + shares·w).
    /// </summary>
    [SimtKernel(GroupSize = 256, MinGroups = 1)]
    private static void BackwardWeightTile128Kernel(WeightTileArguments a)
    {
        var rows = SharedMemory.Allocate<Float4>(TileProduct.SharedQuads128);
        var columns = SharedMemory.Allocate<Float4>(TileProduct.SharedQuads128);
        var sums = Correlate(128, rows, columns, a.X, a.OutputGradient, a.Pixels, a.Shares);
        StoreTile(128, sums, a.Rows, a.Outputs, a.WeightGradient, 0, a.WeightGradient, 0, a.WeightGradient);
    }

    /// <summary>The same in blocks of 64 × 64, for few channels.</summary>
    [SimtKernel(GroupSize = 64, MinGroups = 6)]
    private static void BackwardWeightTile64Kernel(WeightTileArguments a)
    {
        var rows = SharedMemory.Allocate<Float4>(TileProduct.SharedQuads64);
        var columns = SharedMemory.Allocate<Float4>(TileProduct.SharedQuads64);
        var sums = Correlate(64, rows, columns, a.X, a.OutputGradient, a.Pixels, a.Shares);
        StoreTile(64, sums, a.Rows, a.Outputs, a.WeightGradient, 0, a.WeightGradient, 0, a.WeightGradient);
    }

    /// <summary>
    /// The sums of this thread over one share of the pixels. A thread fetches, for its tap and quad of channels, every 8th pixel, or with a tile of 64
    /// every 4th. A move of <paramref name="sweep"/> is the same distance.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TileProduct.Sums Correlate(
        int tile, ArrayView<Float4> a, ArrayView<Float4> b, ArrayView<float> x, ArrayView<float> outputGradient, PixelSweep sweep, int shares)
    {
        ArrayView<Float4> x4 = x.Cast<Float4>(), gradient4 = outputGradient.Cast<Float4>();
        int lane = Group.IdxX, quads = tile / 4, pitch = TileProduct.Pitch(tile);
        int term = tile == 128 ? lane >> 5 : lane >> 4, column = lane & (quads - 1), store = (term * pitch) + column;
        int readA = TileProduct.Row(tile) >> 2, readB = TileProduct.Column(tile) >> 2, buffer = 0;

        // The pixels of a share are whole steps; the very last step is padded with zeros.
        int steps = (sweep.Pixels + TileProduct.Depth - 1) / TileProduct.Depth;
        int step = FirstOfShare(steps, shares, Grid.IdxZ), left = FirstOfShare(steps, shares, Grid.IdxZ + 1) - step, pixel = (step * TileProduct.Depth) + term;
        var at = sweep.PlaceOf((Grid.IdxX * tile) + (4 * column), pixel);
        int gradientAt = sweep.GradientOf(pixel, (Grid.IdxY * quads) + column), next = sweep.Distance * sweep.OutputQuads;

        var sums = default(TileProduct.Sums);
        bool here = gradientAt < sweep.GradientQuads, there = gradientAt + next < sweep.GradientQuads;
        Float4 a0 = FetchIf(x4, at.At, sweep.Has(at, here)), a1 = default, b0 = FetchIf(gradient4, gradientAt, here ? 1 : 0), b1 = default;
        if (tile == 64)
        {
            at = sweep.Next(at);
            a1 = FetchIf(x4, at.At, sweep.Has(at, there));
            b1 = FetchIf(gradient4, gradientAt + next, there ? 1 : 0);
        }
        while (true)
        {
            a[buffer + store] = a0;
            b[buffer + store] = b0;
            if (tile == 64)
            {
                a[buffer + store + (4 * pitch)] = a1;
                b[buffer + store + (4 * pitch)] = b1;
            }
            Group.Barrier();
            if (left <= 0) break;
            left--;
            at = sweep.Next(at);
            gradientAt += TileProduct.Depth * sweep.OutputQuads;
            here = gradientAt < sweep.GradientQuads;
            a0 = FetchIf(x4, at.At, sweep.Has(at, here));
            b0 = FetchIf(gradient4, gradientAt, here ? 1 : 0);
            if (tile == 64)
            {
                at = sweep.Next(at);
                there = gradientAt + next < sweep.GradientQuads;
                a1 = FetchIf(x4, at.At, sweep.Has(at, there));
                b1 = FetchIf(gradient4, gradientAt + next, there ? 1 : 0);
            }
            sums = TileProduct.Step(sums, tile, a, buffer + readA, b, buffer + readB);
            buffer = (TileProduct.Depth * pitch) - buffer;
        }
        return sums;
    }

    /// <summary>
    /// Thread: one quad of the result: the shares' quads in order, bias and residual. shares additions per float; 4·(shares + 1 (+ 1)) bytes per float.
    /// </summary>
    [SimtKernel]
    private static void SumSharesKernel(ShareArguments a)
    {
        ArrayView<Float4> partial4 = a.Partial.Cast<Float4>(), bias4 = a.Bias.Cast<Float4>(), residual4 = a.Residual.Cast<Float4>(),
            output4 = a.Output.Cast<Float4>();
        int quads = a.Quads;
        for (int index = (Grid.IdxX * Group.DimX) + Group.IdxX; index < quads; index += Grid.DimX * Group.DimX)
        {
            var sum = partial4[index];
            for (int share = 1; share < a.Shares; share++) sum = Float4.Add(sum, partial4[(share * quads) + index]);
            if (a.BiasQuads != 0) sum = Float4.Add(sum, bias4[index % a.BiasQuads]);
            if (a.HasResidual != 0) sum = Float4.Add(sum, residual4[index]);
            output4[index] = sum;
        }
    }
}
