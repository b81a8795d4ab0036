using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// The inner product of the tiled SIMT convolutions. A group computes a block of tile × tile results, tile = 128 with 256 threads or 64 with 64, in steps of
/// <see cref="Depth"/> terms; a thread 8 × 8 of them, in 64 registers. For each term it reads 8 + 8 floats from shared memory, 4 loads for 64 multiply-adds.
/// <code>
/// shared, each operand: float[2][Depth][tile + 4], the results' rows (or columns) fastest; two buffers, one read while the other is filled
/// warp:   32 rows × 64 columns of the block; lane = 8·ly + lx has the rows 4·ly … + 3 and 16 + those, the columns 4·lx … + 3 and 32 + those
/// banks:  a warp's load of 16 bytes per lane reads 8 (columns) or 4 (rows) neighbouring quads, the rest is broadcast; four floats of padding put the
///         transposing stores of <see cref="StoreRow"/> into all 32 banks once
/// </code>
/// Everything is a value: an array indexed by a loop variable would live in local memory.
/// </summary>
internal static class TileProduct
{
    /// <summary>Terms of a step.</summary>
    public const int Depth = 8;

    /// <summary>Quads (16 bytes) of shared memory for one operand of a tile of 128, two buffers: 8,448 bytes.</summary>
    public const int SharedQuads128 = 2 * Depth * 33;

    /// <summary>Quads of shared memory for one operand of a tile of 64, two buffers: 4,352 bytes.</summary>
    public const int SharedQuads64 = 2 * Depth * 17;

    /// <summary>Threads per group: one for every 64 results.</summary>
    public static int Lanes(int tile) => tile * tile / 64;

    /// <summary>Quads from one term's row in shared memory to the next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Pitch(int tile) => (tile / 4) + 1;

    /// <summary>The first of this thread's rows within the block, a multiple of four; 16 rows further are the other four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Row(int tile) => ((tile == 128 ? Group.IdxX >> 6 : Group.IdxX >> 5) << 5) + ((Group.IdxX & 24) >> 1);

    /// <summary>The first of this thread's columns within the block, a multiple of four; 32 columns further are the other four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Column(int tile) => (tile == 128 ? (Group.IdxX & 32) << 1 : 0) + ((Group.IdxX & 7) << 2);

    /// <summary>Stores four terms of one row (or column) of the block transposed. <paramref name="at"/> is the float index of the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreRow(ArrayView<float> shared, int tile, int at, Float4 terms)
    {
        // A view that begins there: the distances are then constants in the instructions.
        int pitch = 4 * Pitch(tile);
        var under = shared.SubView(at, (3 * pitch) + 1);
        under[0] = terms.X;
        under[pitch] = terms.Y;
        under[2 * pitch] = terms.Z;
        under[3 * pitch] = terms.W;
    }

    /// <summary>
    /// One step: <see cref="Depth"/> terms for each of the 64 sums. <paramref name="rowsAt"/> and <paramref name="columnsAt"/> are the thread's first quads in
    /// the buffers that are read.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Sums Step(Sums s, int tile, ArrayView<Float4> a, int rowsAt, ArrayView<Float4> b, int columnsAt)
    {
        int pitch = Pitch(tile);
        ArrayView<Float4> rows = a.SubView(rowsAt, (7 * pitch) + 5), columns = b.SubView(columnsAt, (7 * pitch) + 9);
        s = Term(s, rows[0], rows[4], columns[0], columns[8]);
        s = Term(s, rows[pitch], rows[pitch + 4], columns[pitch], columns[pitch + 8]);
        s = Term(s, rows[2 * pitch], rows[(2 * pitch) + 4], columns[2 * pitch], columns[(2 * pitch) + 8]);
        s = Term(s, rows[3 * pitch], rows[(3 * pitch) + 4], columns[3 * pitch], columns[(3 * pitch) + 8]);
        s = Term(s, rows[4 * pitch], rows[(4 * pitch) + 4], columns[4 * pitch], columns[(4 * pitch) + 8]);
        s = Term(s, rows[5 * pitch], rows[(5 * pitch) + 4], columns[5 * pitch], columns[(5 * pitch) + 8]);
        s = Term(s, rows[6 * pitch], rows[(6 * pitch) + 4], columns[6 * pitch], columns[(6 * pitch) + 8]);
        return Term(s, rows[7 * pitch], rows[(7 * pitch) + 4], columns[7 * pitch], columns[(7 * pitch) + 8]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Sums Term(Sums s, Float4 upper, Float4 lower, Float4 left, Float4 right)
    {
        s.Upper = Quads.MultiplyAdd(s.Upper, upper, left, right);
        s.Lower = Quads.MultiplyAdd(s.Lower, lower, left, right);
        return s;
    }

    /// <summary>Four neighbouring rows of results, of each a left and a right quad of columns.</summary>
    internal struct Quads
    {
        public Float4 L0, L1, L2, L3;
        public Float4 R0, R1, R2, R3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Quads MultiplyAdd(Quads s, Float4 rows, Float4 left, Float4 right)
        {
            s.L0 = Float4.MultiplyAdd(s.L0, rows.X, left);
            s.R0 = Float4.MultiplyAdd(s.R0, rows.X, right);
            s.L1 = Float4.MultiplyAdd(s.L1, rows.Y, left);
            s.R1 = Float4.MultiplyAdd(s.R1, rows.Y, right);
            s.L2 = Float4.MultiplyAdd(s.L2, rows.Z, left);
            s.R2 = Float4.MultiplyAdd(s.R2, rows.Z, right);
            s.L3 = Float4.MultiplyAdd(s.L3, rows.W, left);
            s.R3 = Float4.MultiplyAdd(s.R3, rows.W, right);
            return s;
        }
    }

    /// <summary>A thread's 8 × 8 sums: its first four rows, and those 16 further; the right columns are 32 further than the left.</summary>
    internal struct Sums
    {
        public Quads Upper, Lower;
    }
}
