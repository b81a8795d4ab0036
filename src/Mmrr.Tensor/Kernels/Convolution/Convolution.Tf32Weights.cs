using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Kernels;

/// <content>The weight gradient on tensor cores, like <c>Convolution.TileWeights.cs</c> with steps of 16 pixels.</content>
public static partial class Convolution
{
    /// <summary>
    /// dw from x and dy like <see cref="BackwardWeightTile128Kernel"/>, with TF32 factors. 2·N·OH·OW operations per result; bytes beyond the caches
    /// 4·(x + y + shares·w).
    /// </summary>
    [SimtKernel(GroupSize = 128, MinGroups = 2, MinSm = 80)]
    private static void BackwardWeightTf32Tile128Kernel(WeightTileArguments a)
    {
        var rows = SharedMemory.Allocate<Float4>(Tf32Tile.SharedQuads128);
        var columns = SharedMemory.Allocate<Float4>(Tf32Tile.SharedQuads128);
        var sums = CorrelateTf32(128, rows, columns, a.X, a.OutputGradient, a.Pixels, a.Shares);
        StoreTf32Tile(128, sums, a.Rows, a.Outputs, a.WeightGradient, 0, a.WeightGradient, 0, a.WeightGradient);
    }

    /// <summary>The same in blocks of 64 × 64, for few channels.</summary>
    [SimtKernel(GroupSize = 64, MinGroups = 6, MinSm = 80)]
    private static void BackwardWeightTf32Tile64Kernel(WeightTileArguments a)
    {
        var rows = SharedMemory.Allocate<Float4>(Tf32Tile.SharedQuads64);
        var columns = SharedMemory.Allocate<Float4>(Tf32Tile.SharedQuads64);
        var sums = CorrelateTf32(64, rows, columns, a.X, a.OutputGradient, a.Pixels, a.Shares);
        StoreTf32Tile(64, sums, a.Rows, a.Outputs, a.WeightGradient, 0, a.WeightGradient, 0, a.WeightGradient);
    }

    /// <summary>
    /// The sums of this thread over one share of the pixels. The four terms of a thread's square are pixels four apart, one move of
    /// <paramref name="sweep"/>, so that four moves reach the next step: lane t has the pixels t, t + 4, t + 8 and t + 12 of a step.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Tf32Tile.Sums CorrelateTf32(
        int tile, ArrayView<Float4> a, ArrayView<Float4> b, ArrayView<float> x, ArrayView<float> outputGradient, PixelSweep sweep, int shares)
    {
        ArrayView<Float4> x4 = x.Cast<Float4>(), gradient4 = outputGradient.Cast<Float4>();
        int lane = Group.IdxX, row = Tf32Tile.FetchRow(lane), store = Tf32Tile.SharedAt(lane >> 5, lane), buffer = 0;
        int readA = Tf32Tile.SharedAt(Tf32Tile.RowGroup(tile, lane), lane), readB = Tf32Tile.SharedAt(Tf32Tile.ColumnGroup(tile, lane), lane);

        int steps = (sweep.Pixels + Tf32Tile.Depth - 1) / Tf32Tile.Depth;
        int step = FirstOfShare(steps, shares, Grid.IdxZ), left = FirstOfShare(steps, shares, Grid.IdxZ + 1) - step,
            pixel = (step * Tf32Tile.Depth) + Tf32Tile.FetchTermQuad(lane);
        var at = sweep.PlaceOf((Grid.IdxX * tile) + row, pixel);
        int gradientAt = sweep.GradientOf(pixel, ((Grid.IdxY * tile) + row) >> 2);

        var sums = default(Tf32Tile.Sums);
        Tf32Tile.Square channels = FetchPixels(x4, sweep, at, gradientAt), gradients = FetchGradients(gradient4, sweep, gradientAt);
        while (true)
        {
            Tf32Tile.StoreA(a, buffer + store, Tf32Tile.Square.Transposed(channels));
            Tf32Tile.StoreB(b, buffer + store, Tf32Tile.Square.Transposed(gradients));
            Group.Barrier();
            if (left <= 0) break;
            left--;
            at = sweep.Next(sweep.Next(sweep.Next(sweep.Next(at))));
            gradientAt += Tf32Tile.Depth * sweep.OutputQuads;
            channels = FetchPixels(x4, sweep, at, gradientAt);
            gradients = FetchGradients(gradient4, sweep, gradientAt);
            sums = MultiplyTf32(tile, sums, a, buffer + readA, b, buffer + readB);
            buffer = (tile / 32 * Tf32Tile.GroupQuads) - buffer;
        }
        return sums;
    }

    /// <summary>A quad of channels at four pixels, one move apart; <paramref name="gradientAt"/> shows where the output pixels end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Tf32Tile.Square FetchPixels(ArrayView<Float4> x, PixelSweep sweep, PixelSweep.Place at, int gradientAt)
    {
        PixelSweep.Place second = sweep.Next(at), third = sweep.Next(second), fourth = sweep.Next(third);
        int next = sweep.Distance * sweep.OutputQuads, end = sweep.GradientQuads;
        return FetchSquare(
            x, at.At, sweep.Has(at, gradientAt < end), second.At, sweep.Has(second, gradientAt + next < end),
            third.At, sweep.Has(third, gradientAt + (2 * next) < end), fourth.At, sweep.Has(fourth, gradientAt + (3 * next) < end));
    }

    /// <summary>A quad of outputs at the same four pixels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Tf32Tile.Square FetchGradients(ArrayView<Float4> gradient, PixelSweep sweep, int at)
    {
        int next = sweep.Distance * sweep.OutputQuads, end = sweep.GradientQuads;
        return FetchSquare(
            gradient, at, at < end ? 1 : 0, at + next, at + next < end ? 1 : 0,
            at + (2 * next), at + (2 * next) < end ? 1 : 0, at + (3 * next), at + (3 * next) < end ? 1 : 0);
    }
}
