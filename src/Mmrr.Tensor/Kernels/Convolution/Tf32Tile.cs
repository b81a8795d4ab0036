using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// How the TF32 convolutions map a block of tile × tile results (128 or 64) to as many threads, and its two operands to registers and shared memory. The
/// maps depend only on their arguments, so that they can be tested without a GPU.
/// <code>
/// mma:     m16n8k8. Lane 4·g + t of a warp has of A the rows g and g + 8 at the terms t and t + 4; of B the column g at the same terms; of C the rows g
///          and g + 8 at the columns 2·t and 2·t + 1
/// group:   32 rows (or columns) of the block and 16 terms, a step. Lane 4·g + t has a square of 4 × 4: the rows of the quad <see cref="QuadOf"/>, the
///          terms 4·t … 4·t + 3. Element 2·m of the quad is row g of the product number m, element 2·m + 1 its row g + 8; element n is column g of the
///          product number n. Terms 0 and 1 of the square are t and t + 4 of a first product, 2 and 3 those of a second: which term is which is free as
///          long as A and B agree
/// shared:  float4[2][tile / 32 groups][4][32 lanes], two buffers, one read while the other is filled. Warp w fetches group w from global memory, each lane
///          its square, and stores it as the four quads in which it is the lane's part of a product: of A (row, row + 1) × (term, term + 1), of B four
///          terms of a column. Every access is a warp's, to 512 bytes in a row: no bank is met twice
/// warp:    multiplies two groups of rows by two of columns (tile 128, four warps, 64 × 64 results) or by one (tile 64, two warps, 64 × 32): 64 or 32 mma
///          for 16 or 12 loads of 16 bytes
/// </code>
/// </summary>
internal static class Tf32Tile
{
    /// <summary>Terms of a step.</summary>
    public const int Depth = 16;

    /// <summary>Quads of shared memory of one group's operand in one buffer.</summary>
    public const int GroupQuads = 128;

    /// <summary>Quads of shared memory for one operand of a tile of 128, two buffers: 16,384 bytes.</summary>
    public const int SharedQuads128 = 2 * 4 * GroupQuads;

    /// <summary>Quads of shared memory for one operand of a tile of 64, two buffers: 8,192 bytes.</summary>
    public const int SharedQuads64 = 2 * 2 * GroupQuads;

    /// <summary>Threads of a group of threads.</summary>
    public static int Lanes(int tile) => tile;

    /// <summary>
    /// The quad of a group's 32 rows (or columns) that a lane's square covers. Lanes with t and t + 1 then have results in neighbouring quads: c0 and c2 in
    /// quad t, c1 and c3 in 4 + t.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int QuadOf(int lane) => ((lane >> 3) & 3) + (lane & 4);

    /// <summary>The first of the four rows (or columns) of the block that a thread fetches.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int FetchRow(int lane) => (lane & ~31) + (4 * QuadOf(lane));

    /// <summary>The quad of a step's terms that a thread fetches.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int FetchTermQuad(int lane) => lane & 3;

    /// <summary>The start of a lane's four quads of a group in a buffer; they are 32 quads apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SharedAt(int group, int lane) => (group * GroupQuads) + (lane & 31);

    /// <summary>The first group of rows of a thread's warp; it has two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int RowGroup(int tile, int lane) => tile == 128 ? 2 * (lane >> 6) : 0;

    /// <summary>The first group of columns of a thread's warp; it has two with a tile of 128, otherwise one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ColumnGroup(int tile, int lane) => tile == 128 ? 2 * ((lane >> 5) & 1) : lane >> 5;

    /// <summary>The first of the four rows of the block whose results a thread has; those of its other group are 32 further.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Row(int tile, int lane) => (32 * RowGroup(tile, lane)) + (4 * QuadOf(lane));

    /// <summary>The first of the four columns of the block whose results a thread has; four more are 16 further, those of its other group 32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Column(int tile, int lane) => (32 * ColumnGroup(tile, lane)) + (4 * (lane & 3));

    /// <summary>Stores a square as a part of A: quad 2·m + s holds rows 2·m and 2·m + 1 at term 2·s, then at term 2·s + 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreA(ArrayView<Float4> shared, int at, Square rows)
    {
        var to = shared.SubView(at, 97);
        to[0] = Nearest(rows.Q0.X, rows.Q1.X, rows.Q0.Y, rows.Q1.Y);
        to[32] = Nearest(rows.Q0.Z, rows.Q1.Z, rows.Q0.W, rows.Q1.W);
        to[64] = Nearest(rows.Q2.X, rows.Q3.X, rows.Q2.Y, rows.Q3.Y);
        to[96] = Nearest(rows.Q2.Z, rows.Q3.Z, rows.Q2.W, rows.Q3.W);
    }

    /// <summary>Stores a square as a part of B: quad n holds the four terms of column n.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreB(ArrayView<Float4> shared, int at, Square columns)
    {
        var to = shared.SubView(at, 97);
        to[0] = Nearest(columns.Q0.X, columns.Q0.Y, columns.Q0.Z, columns.Q0.W);
        to[32] = Nearest(columns.Q1.X, columns.Q1.Y, columns.Q1.Z, columns.Q1.W);
        to[64] = Nearest(columns.Q2.X, columns.Q2.Y, columns.Q2.Z, columns.Q2.W);
        to[96] = Nearest(columns.Q3.X, columns.Q3.Y, columns.Q3.Z, columns.Q3.W);
    }

    /// <summary>Loads a lane's part of a group stored by <see cref="StoreA"/> or <see cref="StoreB"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Square Load(ArrayView<Float4> shared, int at)
    {
        var from = shared.SubView(at, 97);
        Square square;
        square.Q0 = from[0];
        square.Q1 = from[32];
        square.Q2 = from[64];
        square.Q3 = from[96];
        return square;
    }

    /// <summary>
    /// Adds half a unit in the last place of TF32 to each value, so that the truncation of the 13 bits that the product ignores rounds to nearest, ties
    /// away from zero (PTX: cvt.rna.tf32): truncation alone would make every sum too small. Below 2¹²⁸ − 2¹¹⁶, infinities and NaN are unchanged; the
    /// minimum keeps the NaN of GPUs, 7FFFFFFF, from overflowing. (A NaN of FFFFF000 and above becomes a zero; no arithmetic produces one.)
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Nearest(float value) => Interop.IntAsFloat((uint)(IntrinsicMath.Min((int)Interop.FloatAsInt(value), 0x7FFFEFFF) + 0x1000));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Nearest(float x, float y, float z, float w) => Float4.Of(Nearest(x), Nearest(y), Nearest(z), Nearest(w));

    /// <summary>4 × 4 values: a quad of terms for each of four rows; or of rows for each of four terms; or a lane's part of four products.</summary>
    internal struct Square
    {
        public Float4 Q0, Q1, Q2, Q3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Square Transposed(Square s)
        {
            Square to;
            to.Q0 = Float4.Of(s.Q0.X, s.Q1.X, s.Q2.X, s.Q3.X);
            to.Q1 = Float4.Of(s.Q0.Y, s.Q1.Y, s.Q2.Y, s.Q3.Y);
            to.Q2 = Float4.Of(s.Q0.Z, s.Q1.Z, s.Q2.Z, s.Q3.Z);
            to.Q3 = Float4.Of(s.Q0.W, s.Q1.W, s.Q2.W, s.Q3.W);
            return to;
        }
    }

    /// <summary>A thread's sums, 4 × 8 for each pair of a group of rows and one of columns; the right ones with a tile of 128 only.</summary>
    internal struct Sums
    {
        public TileProduct.Quads UpperLeft, LowerLeft, UpperRight, LowerRight;
    }
}
