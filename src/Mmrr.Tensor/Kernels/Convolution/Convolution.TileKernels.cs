using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Kernels;

/// <content>
/// The tiled GPU kernels: implicit matrix products on [N, H, W, C] in blocks of 128 × 128 or 64 × 64 results (<see cref="TileProduct"/>). Grid: (blocks of
/// results, blocks of channels, shares of the sum). Channels are multiples of four. Per step of 8 terms a thread loads 16 or 32 bytes of each operand from
/// global memory while it multiplies the terms loaded before; one barrier per step.
/// </content>
public static partial class Convolution
{
    /// <summary>
    /// y[pixels, O] = Σ over (tap, c) x[pixel under the tap, c] · w[tap, c, O]. A thread fetches four channels of a pixel and four neighbouring weights.
    /// 2·K²·C operations per result; bytes beyond the caches 4·(x + w + y).
    /// </summary>
    [SimtKernel(GroupSize = 256, MinGroups = 1)]
    private static void ForwardTile128Kernel(ForwardTileArguments a)
    {
        var rows = SharedMemory.Allocate<Float4>(TileProduct.SharedQuads128);
        var columns = SharedMemory.Allocate<Float4>(TileProduct.SharedQuads128);
        var sums = Gather(128, false, rows, columns, a.X, a.Weight, a.Sweep, a.Outputs, a.Shares);
        StoreTile(128, sums, a.Sweep, a.Outputs, a.Bias, a.HasBias, a.Residual, a.HasResidual, a.Output);
    }

    /// <summary>The same in blocks of 64 × 64, for few results or few channels.</summary>
    [SimtKernel(GroupSize = 64, MinGroups = 6)]
    private static void ForwardTile64Kernel(ForwardTileArguments a)
    {
        var rows = SharedMemory.Allocate<Float4>(TileProduct.SharedQuads64);
        var columns = SharedMemory.Allocate<Float4>(TileProduct.SharedQuads64);
        var sums = Gather(64, false, rows, columns, a.X, a.Weight, a.Sweep, a.Outputs, a.Shares);
        StoreTile(64, sums, a.Sweep, a.Outputs, a.Bias, a.HasBias, a.Residual, a.HasResidual, a.Output);
    }

    /// <summary>
    /// dx[pixels, C] = Σ over (tap, o) dy[pixel that reads this one through the tap, o] · w[tap, C, o], one launch for each phase of the stride. A thread
    /// fetches four channels of a pixel of dy and four outputs of one weight row. 2·K²/s²·O operations per result; bytes beyond the caches 4·(y + w + x).
    /// </summary>
    [SimtKernel(GroupSize = 256, MinGroups = 1)]
    private static void BackwardDataTile128Kernel(DataTileArguments a)
    {
        var rows = SharedMemory.Allocate<Float4>(TileProduct.SharedQuads128);
        var columns = SharedMemory.Allocate<Float4>(TileProduct.SharedQuads128);
        var sums = Gather(128, true, rows, columns, a.OutputGradient, a.Weight, a.Sweep, a.Channels, a.Shares);
        StoreTile(128, sums, a.Sweep, a.Channels, a.InputGradient, 0, a.InputGradient, 0, a.InputGradient);
    }

    /// <summary>The same in blocks of 64 × 64, for few results or few channels.</summary>
    [SimtKernel(GroupSize = 64, MinGroups = 6)]
    private static void BackwardDataTile64Kernel(DataTileArguments a)
    {
        var rows = SharedMemory.Allocate<Float4>(TileProduct.SharedQuads64);
        var columns = SharedMemory.Allocate<Float4>(TileProduct.SharedQuads64);
        var sums = Gather(64, true, rows, columns, a.OutputGradient, a.Weight, a.Sweep, a.Channels, a.Shares);
        StoreTile(64, sums, a.Sweep, a.Channels, a.InputGradient, 0, a.InputGradient, 0, a.InputGradient);
    }

    /// <summary>
    /// The sums of this thread over one share of the steps. Weights [taps, Channels, outputs], or with <paramref name="turned"/> [taps, outputs, Channels],
    /// where a row is fetched like a source pixel: four terms at once, transposed when stored to shared memory.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TileProduct.Sums Gather(
        int tile, bool turned, ArrayView<Float4> a, ArrayView<Float4> b,
        ArrayView<float> source, ArrayView<float> weight, TileSweep sweep, int outputs, int shares)
    {
        ArrayView<Float4> source4 = source.Cast<Float4>(), weight4 = weight.Cast<Float4>();
        ArrayView<float> aFloats = a.Cast<float>(), bFloats = b.Cast<float>();
        int lane = Group.IdxX, quads = tile / 4, pitch = TileProduct.Pitch(tile);

        // Fetched by rows: row lane / 2 (tile 64: and 32 further), terms 4·(lane % 2) … + 3. By columns: term lane / quads (tile 64: and 4 further), quad
        // lane % quads.
        int row = lane >> 1, rowTerm = (lane & 1) << 2, term = tile == 128 ? lane >> 5 : lane >> 4, column = lane & (quads - 1);
        int storeA = (rowTerm * (tile + 4)) + row, storeB = turned ? storeA : (term * pitch) + column;
        int readA = TileProduct.Row(tile) >> 2, readB = TileProduct.Column(tile) >> 2, buffer = 0;

        int chunks = sweep.Chunks, steps = sweep.TapRows * sweep.TapColumns * chunks;
        int step = FirstOfShare(steps, shares, Grid.IdxZ), left = FirstOfShare(steps, shares, Grid.IdxZ + 1) - step;
        int tap = step / chunks, c = step % chunks * TileProduct.Depth, t = tap / Math.Max(1, sweep.TapColumns), u = tap % Math.Max(1, sweep.TapColumns);
        int limit = left > 0 ? sweep.Channels : 0; // past the last step all terms are zeros
        int rowBlock = (Grid.IdxY * tile) + row, columnBlock = (Grid.IdxY * quads) + column, outputQuads = outputs >> 2;
        if (!turned & columnBlock >= outputQuads) term = sweep.Channels; // no such column: every term is past the limit

        int tapAt = sweep.Tap(t, u), from = sweep.TapQuads(t, u) + ((c + rowTerm) >> 2);
        TileSweep.SourcePixel pixel = sweep.SourceOf((Grid.IdxX * tile) + row, tap, from),
            second = tile == 64 ? sweep.SourceOf((Grid.IdxX * tile) + row + 32, tap, from) : default;
        int atB = turned ? RowQuad(sweep, tapAt, rowBlock, outputs) : (((tapAt * sweep.Channels) + c + term) * outputQuads) + columnBlock;
        int atB2 = turned & tile == 64 ? RowQuad(sweep, tapAt, rowBlock + 32, outputs) : 0;

        var sums = default(TileProduct.Sums);
        int there = c + rowTerm < limit ? 1 : 0;
        Float4 a0 = FetchIf(source4, pixel.At, pixel.Taps & there), a1 = tile == 64 ? FetchIf(source4, second.At, second.Taps & there) : default;
        Float4 b0 = turned ? Fetch(weight4, atB, c + rowTerm, limit) : FetchColumns(weight4, atB, c + term, limit);
        Float4 b1 = tile != 64
            ? default
            : turned ? Fetch(weight4, atB2, c + rowTerm, limit) : FetchColumns(weight4, atB + (4 * outputQuads), c + term + 4, limit);
        while (true)
        {
            TileProduct.StoreRow(aFloats, tile, (buffer * 4) + storeA, a0);
            if (tile == 64) TileProduct.StoreRow(aFloats, tile, (buffer * 4) + storeA + 32, a1);
            if (turned)
            {
                TileProduct.StoreRow(bFloats, tile, (buffer * 4) + storeB, b0);
                if (tile == 64) TileProduct.StoreRow(bFloats, tile, (buffer * 4) + storeB + 32, b1);
            }
            else
            {
                b[buffer + storeB] = b0;
                if (tile == 64) b[buffer + storeB + (4 * pitch)] = b1;
            }
            Group.Barrier();
            if (left <= 0) break;
            left--;
            c += TileProduct.Depth;
            int move = TileProduct.Depth / 4;
            if (!turned) atB += TileProduct.Depth * outputQuads;
            if (c >= sweep.Channels)
            {
                c = 0;
                move -= sweep.TapQuads(t, u) + (TileProduct.Depth / 4 * chunks);
                u++;
                if (u == sweep.TapColumns)
                {
                    u = 0;
                    t++;
                }
                move += sweep.TapQuads(t, u);
                pixel.Taps >>= 1;
                if (tile == 64) second.Taps >>= 1;
                tapAt = sweep.Tap(t, u);
                atB = turned ? RowQuad(sweep, tapAt, rowBlock, outputs) : (((tapAt * sweep.Channels) + term) * outputQuads) + columnBlock;
                if (turned & tile == 64) atB2 = RowQuad(sweep, tapAt, rowBlock + 32, outputs);
            }
            limit = left > 0 ? sweep.Channels : 0;
            there = c + rowTerm < limit ? 1 : 0;
            pixel.At += move;
            a0 = FetchIf(source4, pixel.At, pixel.Taps & there);
            if (tile == 64)
            {
                second.At += move;
                a1 = FetchIf(source4, second.At, second.Taps & there);
            }
            b0 = turned ? Fetch(weight4, atB, c + rowTerm, limit) : FetchColumns(weight4, atB, c + term, limit);
            if (tile == 64) b1 = turned ? Fetch(weight4, atB2, c + rowTerm, limit) : FetchColumns(weight4, atB + (4 * outputQuads), c + term + 4, limit);
            sums = TileProduct.Step(sums, tile, a, buffer + readA, b, buffer + readB);
            buffer = (TileProduct.Depth * pitch) - buffer;
        }
        return sums;
    }

    /// <summary>The first step of a share: all shares have the same number of steps, the first few one more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FirstOfShare(int steps, int shares, int share) => (steps / shares * share) + IntrinsicMath.Min(steps % shares, share);

    /// <summary>
    /// Four channels, from c on, of the weights' row that begins at the quad <paramref name="at"/>; zeros if the row or channel does not exist.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Fetch(ArrayView<Float4> source, int at, int c, int limit)
    {
        var quad = default(Float4);
        if (at >= 0 & c < limit) quad = source[at + (c >> 2)];
        return quad;
    }

    /// <summary>The quad at <paramref name="at"/>, if its term is below the limit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 FetchColumns(ArrayView<Float4> matrix, int at, int term, int limit)
    {
        var quad = default(Float4);
        if (term < limit) quad = matrix[at];
        return quad;
    }

    /// <summary>The quad where the row of w[tap, outputs, channels] begins; −1 if there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int RowQuad(TileSweep sweep, int tap, int row, int outputs) => row < outputs ? ((tap * outputs) + row) * (sweep.Channels >> 2) : -1;

    /// <summary>Adds bias and residual and stores this thread's results into the share's copy of [pixels, outputs].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreTile(
        int tile, TileProduct.Sums sums, TileSweep sweep, int outputs,
        ArrayView<float> bias, int hasBias, ArrayView<float> residual, int hasResidual, ArrayView<float> output)
    {
        int row = (Grid.IdxX * tile) + TileProduct.Row(tile), column = (Grid.IdxY * tile) + TileProduct.Column(tile);
        StoreQuads(sums.Upper, sweep, row, column, 32, outputs, bias, hasBias, residual, hasResidual, output);
        StoreQuads(sums.Lower, sweep, row + 16, column, 32, outputs, bias, hasBias, residual, hasResidual, output);
    }

    /// <summary>
    /// The same for four rows of results: in each the quad at <paramref name="column"/> and the one <paramref name="right"/> columns further.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreQuads(
        TileProduct.Quads sums, TileSweep sweep, int row, int column, int right, int outputs,
        ArrayView<float> bias, int hasBias, ArrayView<float> residual, int hasResidual, ArrayView<float> output)
    {
        ArrayView<Float4> bias4 = bias.Cast<Float4>(), residual4 = residual.Cast<Float4>(), output4 = output.Cast<Float4>();
        int quads = outputs / 4, quad = column / 4, distance = right / 4, origin = Grid.IdxZ * sweep.Images * sweep.FullRows * sweep.FullColumns * quads;
        Float4 left = default, next = default;
        if (hasBias != 0)
        {
            if (quad < quads) left = bias4[quad];
            if (quad + distance < quads) next = bias4[quad + distance];
        }
        StoreRow(sweep, row, quad, distance, quads, origin, Float4.Add(sums.L0, left), Float4.Add(sums.R0, next), residual4, hasResidual, output4);
        StoreRow(sweep, row + 1, quad, distance, quads, origin, Float4.Add(sums.L1, left), Float4.Add(sums.R1, next), residual4, hasResidual, output4);
        StoreRow(sweep, row + 2, quad, distance, quads, origin, Float4.Add(sums.L2, left), Float4.Add(sums.R2, next), residual4, hasResidual, output4);
        StoreRow(sweep, row + 3, quad, distance, quads, origin, Float4.Add(sums.L3, left), Float4.Add(sums.R3, next), residual4, hasResidual, output4);
    }

    /// <summary>Eight results of one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow(
        TileSweep sweep, int result, int quad, int distance, int quads, int origin,
        Float4 left, Float4 right, ArrayView<Float4> residual, int hasResidual, ArrayView<Float4> output)
    {
        if (result >= sweep.Count) return;
        int at = (sweep.Pixel(result) * quads) + quad;
        if (quad < quads) output[origin + at] = hasResidual != 0 ? Float4.Add(left, residual[at]) : left;
        if (quad + distance < quads) output[origin + at + distance] = hasResidual != 0 ? Float4.Add(right, residual[at + distance]) : right;
    }
}
