using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Kernels;

/// <content>
/// The tiled kernels on tensor cores (<see cref="Tf32Tile"/>): like <c>Convolution.TileKernels.cs</c>, with steps of 16 terms. The summed channels are a
/// multiple of 16, the others a multiple of four.
/// </content>
public static partial class Convolution
{
    /// <summary>
    /// y = conv(x, w) like <see cref="ForwardTile128Kernel"/>, with TF32 factors. 2·K²·C operations per result; bytes beyond the caches 4·(x + w + y).
    /// </summary>
    [SimtKernel(GroupSize = 128, MinGroups = 2, MinSm = 80)]
    private static void ForwardTf32Tile128Kernel(ForwardTileArguments a)
    {
        var rows = SharedMemory.Allocate<Float4>(Tf32Tile.SharedQuads128);
        var columns = SharedMemory.Allocate<Float4>(Tf32Tile.SharedQuads128);
        var sums = GatherTf32(128, false, rows, columns, a.X, a.Weight, a.Sweep, a.Outputs, a.Shares);
        StoreTf32Tile(128, sums, a.Sweep, a.Outputs, a.Bias, a.HasBias, a.Residual, a.HasResidual, a.Output);
    }

    /// <summary>The same in blocks of 64 × 64, for few results or few channels.</summary>
    [SimtKernel(GroupSize = 64, MinGroups = 6, MinSm = 80)]
    private static void ForwardTf32Tile64Kernel(ForwardTileArguments a)
    {
        var rows = SharedMemory.Allocate<Float4>(Tf32Tile.SharedQuads64);
        var columns = SharedMemory.Allocate<Float4>(Tf32Tile.SharedQuads64);
        var sums = GatherTf32(64, false, rows, columns, a.X, a.Weight, a.Sweep, a.Outputs, a.Shares);
        StoreTf32Tile(64, sums, a.Sweep, a.Outputs, a.Bias, a.HasBias, a.Residual, a.HasResidual, a.Output);
    }

    /// <summary>dx from dy like <see cref="BackwardDataTile128Kernel"/>, with TF32 factors.</summary>
    [SimtKernel(GroupSize = 128, MinGroups = 2, MinSm = 80)]
    private static void BackwardDataTf32Tile128Kernel(DataTileArguments a)
    {
        var rows = SharedMemory.Allocate<Float4>(Tf32Tile.SharedQuads128);
        var columns = SharedMemory.Allocate<Float4>(Tf32Tile.SharedQuads128);
        var sums = GatherTf32(128, true, rows, columns, a.OutputGradient, a.Weight, a.Sweep, a.Channels, a.Shares);
        StoreTf32Tile(128, sums, a.Sweep, a.Channels, a.InputGradient, 0, a.InputGradient, 0, a.InputGradient);
    }

    /// <summary>The same in blocks of 64 × 64, for few results or few channels.</summary>
    [SimtKernel(GroupSize = 64, MinGroups = 6, MinSm = 80)]
    private static void BackwardDataTf32Tile64Kernel(DataTileArguments a)
    {
        var rows = SharedMemory.Allocate<Float4>(Tf32Tile.SharedQuads64);
        var columns = SharedMemory.Allocate<Float4>(Tf32Tile.SharedQuads64);
        var sums = GatherTf32(64, true, rows, columns, a.OutputGradient, a.Weight, a.Sweep, a.Channels, a.Shares);
        StoreTf32Tile(64, sums, a.Sweep, a.Channels, a.InputGradient, 0, a.InputGradient, 0, a.InputGradient);
    }

    /// <summary>
    /// The sums of this thread over one share of the steps, as in <see cref="Gather"/>. The addresses of its four source pixels are computed once: a tap
    /// moves all by the same distance, and a bit for each tap states whether it is inside the image.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Tf32Tile.Sums GatherTf32(
        int tile, bool turned, ArrayView<Float4> a, ArrayView<Float4> b,
        ArrayView<float> source, ArrayView<float> weight, TileSweep sweep, int outputs, int shares)
    {
        ArrayView<Float4> source4 = source.Cast<Float4>(), weight4 = weight.Cast<Float4>();
        int lane = Group.IdxX, channelQuads = sweep.Channels >> 2, outputQuads = outputs >> 2,
            row = Tf32Tile.FetchRow(lane), termQuad = Tf32Tile.FetchTermQuad(lane);
        int store = Tf32Tile.SharedAt(lane >> 5, lane), buffer = 0;
        int readA = Tf32Tile.SharedAt(Tf32Tile.RowGroup(tile, lane), lane), readB = Tf32Tile.SharedAt(Tf32Tile.ColumnGroup(tile, lane), lane);

        int chunks = sweep.Channels / Tf32Tile.Depth, steps = sweep.TapRows * sweep.TapColumns * chunks;
        int step = FirstOfShare(steps, shares, Grid.IdxZ), left = FirstOfShare(steps, shares, Grid.IdxZ + 1) - step;
        int tap = step / chunks, chunk = step - (tap * chunks), t = tap / Math.Max(1, sweep.TapColumns), u = tap - (t * sweep.TapColumns);

        int result = (Grid.IdxX * tile) + row, from = sweep.TapQuads(t, u) + (4 * chunk) + termQuad;
        var p0 = sweep.SourceOf(result, tap, from);
        var p1 = sweep.SourceOf(result + 1, tap, from);
        var p2 = sweep.SourceOf(result + 2, tap, from);
        var p3 = sweep.SourceOf(result + 3, tap, from);

        // Four weights of four neighbouring rows of w[tap, outputs, channels], or four neighbouring columns of w[tap, channels, outputs] at four terms.
        int column = (Grid.IdxY * tile) + row, between = turned ? channelQuads : outputQuads;
        int perTap = turned ? outputs * channelQuads : sweep.Channels * outputQuads, perChunk = turned ? 4 : 4 * 4 * outputQuads;
        int first = turned ? (column * channelQuads) + termQuad : (4 * termQuad * outputQuads) + (column >> 2);
        int there = column < outputs ? 1 : 0, weightAt = first + (sweep.Tap(t, u) * perTap) + (chunk * perChunk), live = left > 0 ? 1 : 0;

        var sums = default(Tf32Tile.Sums);
        var pixels = FetchSquare(source4, p0.At, p0.Taps & live, p1.At, p1.Taps & live, p2.At, p2.Taps & live, p3.At, p3.Taps & live);
        var weights = FetchSquare(weight4, weightAt, between, there & live);
        while (true)
        {
            Tf32Tile.StoreA(a, buffer + store, pixels);
            Tf32Tile.StoreB(b, buffer + store, turned ? weights : Tf32Tile.Square.Transposed(weights));
            Group.Barrier();
            if (left <= 0) break;
            left--;
            chunk++;
            int move = 4;
            weightAt += perChunk;
            if (chunk >= chunks)
            {
                chunk = 0;
                move -= sweep.TapQuads(t, u) + (4 * chunks);
                u++;
                if (u == sweep.TapColumns)
                {
                    u = 0;
                    t++;
                }
                move += sweep.TapQuads(t, u);
                weightAt = first + (sweep.Tap(t, u) * perTap);
                p0.Taps >>= 1;
                p1.Taps >>= 1;
                p2.Taps >>= 1;
                p3.Taps >>= 1;
            }
            p0.At += move;
            p1.At += move;
            p2.At += move;
            p3.At += move;
            live = left > 0 ? 1 : 0;
            pixels = FetchSquare(source4, p0.At, p0.Taps & live, p1.At, p1.Taps & live, p2.At, p2.Taps & live, p3.At, p3.Taps & live);
            weights = FetchSquare(weight4, weightAt, between, there & live);
            sums = MultiplyTf32(tile, sums, a, buffer + readA, b, buffer + readB);
            buffer = (tile / 32 * Tf32Tile.GroupQuads) - buffer;
        }
        return sums;
    }

    /// <summary>One step of a warp: two groups of rows by two of columns, or by one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Tf32Tile.Sums MultiplyTf32(int tile, Tf32Tile.Sums sums, ArrayView<Float4> a, int readA, ArrayView<Float4> b, int readB)
    {
        Tf32Tile.Square upper = Tf32Tile.Load(a, readA), lower = Tf32Tile.Load(a, readA + Tf32Tile.GroupQuads), left = Tf32Tile.Load(b, readB);
        sums.UpperLeft = TensorCore.Multiply(sums.UpperLeft, upper, left);
        sums.LowerLeft = TensorCore.Multiply(sums.LowerLeft, lower, left);
        if (tile == 128)
        {
            var right = Tf32Tile.Load(b, readB + Tf32Tile.GroupQuads);
            sums.UpperRight = TensorCore.Multiply(sums.UpperRight, upper, right);
            sums.LowerRight = TensorCore.Multiply(sums.LowerRight, lower, right);
        }
        return sums;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void StoreTf32Tile(
        int tile, Tf32Tile.Sums sums, TileSweep sweep, int outputs,
        ArrayView<float> bias, int hasBias, ArrayView<float> residual, int hasResidual, ArrayView<float> output)
    {
        int row = (Grid.IdxX * tile) + Tf32Tile.Row(tile, Group.IdxX), column = (Grid.IdxY * tile) + Tf32Tile.Column(tile, Group.IdxX);
        StoreQuads(sums.UpperLeft, sweep, row, column, 16, outputs, bias, hasBias, residual, hasResidual, output);
        StoreQuads(sums.LowerLeft, sweep, row + 32, column, 16, outputs, bias, hasBias, residual, hasResidual, output);
        if (tile == 128)
        {
            StoreQuads(sums.UpperRight, sweep, row, column + 32, 16, outputs, bias, hasBias, residual, hasResidual, output);
            StoreQuads(sums.LowerRight, sweep, row + 32, column + 32, 16, outputs, bias, hasBias, residual, hasResidual, output);
        }
    }

    /// <summary>Loads four quads, each if it is wanted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Tf32Tile.Square FetchSquare(ArrayView<Float4> view, int at0, int wanted0, int at1, int wanted1, int at2, int wanted2, int at3, int wanted3)
    {
        Tf32Tile.Square square;
        square.Q0 = FetchIf(view, at0, wanted0);
        square.Q1 = FetchIf(view, at1, wanted1);
        square.Q2 = FetchIf(view, at2, wanted2);
        square.Q3 = FetchIf(view, at3, wanted3);
        return square;
    }

    /// <summary>Loads four quads at a fixed distance.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Tf32Tile.Square FetchSquare(ArrayView<Float4> view, int at, int distance, int wanted) =>
        FetchSquare(view, at, wanted, at + distance, wanted, at + (2 * distance), wanted, at + (3 * distance), wanted);

    /// <summary>The quad; zeros if the lowest bit of <paramref name="wanted"/> is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 FetchIf(ArrayView<Float4> view, int at, int wanted)
    {
        var quad = default(Float4);
        if ((wanted & 1) != 0) quad = view[at];
        return quad;
    }
}
