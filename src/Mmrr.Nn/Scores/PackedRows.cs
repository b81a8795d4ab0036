using System.Numerics;

namespace Mmrr.Nn;

/// <summary>Receives the products of one row with all packed rows; may overwrite them.</summary>
/// <param name="row">Index of the row.</param>
/// <param name="products">[Count].</param>
internal delegate void RowConsumer(int row, Span<float> products);

/// <summary>
/// Rows packed for products with other rows, in panels of three vectors of columns: for a panel and four rows, twelve vectors of sums stay in registers. A
/// product is one sum in float32, from the first element to the last, so that it does not depend on the threads or on the other rows.
/// </summary>
internal sealed class PackedRows
{
    // Rows of a block, which one thread multiplies at a time: the block and a panel fit in the L2 cache.
    private const int Block = 32;

    private static readonly int s_width = 3 * Vector<float>.Count;
    private readonly float[][] _panels; // each [Length, width]

    /// <summary>Packs rows.</summary>
    /// <param name="rows">[Count][Length].</param>
    public PackedRows(IReadOnlyList<float[]> rows)
    {
        (Count, Length) = (rows.Count, rows.Count == 0 ? 0 : rows[0].Length);
        _panels = new float[(Count + s_width - 1) / s_width][];
        Parallel.For(0, _panels.Length, p =>
        {
            float[] panel = _panels[p] = new float[Length * s_width];
            for (int c = 0; c < s_width && (p * s_width) + c < Count; c++)
            {
                float[] row = rows[(p * s_width) + c];
                for (int k = 0; k < row.Length; k++) panel[(k * s_width) + c] = row[k];
            }
        });
    }

    /// <summary>Number of packed rows.</summary>
    public int Count { get; }

    /// <summary>Elements per row.</summary>
    public int Length { get; }

    /// <summary>Floats from one row of products to the next: <see cref="Count"/>, rounded up to whole panels; the extra products are 0.</summary>
    public int Stride => _panels.Length * s_width;

    /// <summary>Multiplies rows with all packed ones, on this thread.</summary>
    /// <param name="rows">[N][Length].</param>
    /// <param name="products">[N, Stride].</param>
    public unsafe void Multiply(ReadOnlySpan<float[]> rows, Span<float> products)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(products.Length, rows.Length * Stride);
        int last = rows.Length - 1;
        fixed (float* target = products)
        {
            for (int p = 0; p < _panels.Length; p++)
            {
                fixed (float* panel = _panels[p])
                {
                    float* column = target + (p * s_width);
                    for (int i = 0; i <= last; i += 4)
                    {
                        // If fewer than four rows are left, the last one is multiplied again, into the same place.
                        int i1 = Math.Min(i + 1, last), i2 = Math.Min(i + 2, last), i3 = Math.Min(i + 3, last);
                        fixed (float* a0 = rows[i], a1 = rows[i1], a2 = rows[i2], a3 = rows[i3])
                            Tile(a0, a1, a2, a3, panel, Length, column + (i * Stride), column + (i1 * Stride), column + (i2 * Stride), column + (i3 * Stride));
                    }
                }
            }
        }
    }

    /// <summary>Multiplies rows with all packed ones, on all cores.</summary>
    /// <param name="rows">[N][Length].</param>
    /// <param name="take">Called with each row's products, in any order and from several threads at once.</param>
    public void ForEach(float[][] rows, RowConsumer take) => Parallel.For(
        0,
        (rows.Length + Block - 1) / Block,
        () => new float[Math.Min(Block, rows.Length) * Stride],
        (block, _, products) =>
        {
            var some = rows.AsSpan(block * Block, Math.Min(Block, rows.Length - (block * Block)));
            Multiply(some, products);
            for (int i = 0; i < some.Length; i++) take((block * Block) + i, products.AsSpan(i * Stride, Count));
            return products;
        },
        _ => { });

    /// <summary>The sum of squares of a row.</summary>
    public static double SquaredLength(ReadOnlySpan<float> row)
    {
        double sum = 0;
        foreach (float v in row) sum += (double)v * v;
        return sum;
    }

    private static unsafe void Tile(float* a0, float* a1, float* a2, float* a3, float* panel, int length, float* c0, float* c1, float* c2, float* c3)
    {
        int lanes = Vector<float>.Count;
        Vector<float> s00 = default, s01 = default, s02 = default, s10 = default, s11 = default, s12 = default;
        Vector<float> s20 = default, s21 = default, s22 = default, s30 = default, s31 = default, s32 = default;
        for (int k = 0; k < length; k++, panel += 3 * lanes)
        {
            Vector<float> b0 = Vector.Load(panel), b1 = Vector.Load(panel + lanes), b2 = Vector.Load(panel + (2 * lanes));
            var a = new Vector<float>(a0[k]);
            s00 = Vector.MultiplyAddEstimate(a, b0, s00);
            s01 = Vector.MultiplyAddEstimate(a, b1, s01);
            s02 = Vector.MultiplyAddEstimate(a, b2, s02);
            a = new Vector<float>(a1[k]);
            s10 = Vector.MultiplyAddEstimate(a, b0, s10);
            s11 = Vector.MultiplyAddEstimate(a, b1, s11);
            s12 = Vector.MultiplyAddEstimate(a, b2, s12);
            a = new Vector<float>(a2[k]);
            s20 = Vector.MultiplyAddEstimate(a, b0, s20);
            s21 = Vector.MultiplyAddEstimate(a, b1, s21);
            s22 = Vector.MultiplyAddEstimate(a, b2, s22);
            a = new Vector<float>(a3[k]);
            s30 = Vector.MultiplyAddEstimate(a, b0, s30);
            s31 = Vector.MultiplyAddEstimate(a, b1, s31);
            s32 = Vector.MultiplyAddEstimate(a, b2, s32);
        }
        Store(c0, s00, s01, s02);
        Store(c1, s10, s11, s12);
        Store(c2, s20, s21, s22);
        Store(c3, s30, s31, s32);
    }

    private static unsafe void Store(float* target, Vector<float> first, Vector<float> second, Vector<float> third)
    {
        first.Store(target);
        second.Store(target + Vector<float>.Count);
        third.Store(target + (2 * Vector<float>.Count));
    }
}
