using System.Numerics;

namespace Mmrr.Nn;

/// <summary>
/// Distances to a set of rows, by ‖a − b‖² = ‖a‖² + ‖b‖² − 2·a·b in float32: subtract the mean from the rows, so that the difference loses
/// little precision.
/// </summary>
internal sealed class RowDistances
{
    private readonly PackedRows _rows;
    private readonly float[] _lengths; // [Stride], squared; infinite past the last row

    /// <summary>Packs rows.</summary>
    /// <param name="rows">[N][D], at least one.</param>
    public RowDistances(IReadOnlyList<float[]> rows)
    {
        _rows = new PackedRows(rows);
        _lengths = new float[_rows.Stride];
        Array.Fill(_lengths, float.PositiveInfinity);
        for (int i = 0; i < rows.Count; i++) _lengths[i] = (float)PackedRows.SquaredLength(rows[i]);
    }

    /// <summary>Floats that <see cref="Nearest"/> needs for each row.</summary>
    public int Stride => _rows.Stride;

    /// <summary>Computes the distances of rows from all packed rows, on all cores.</summary>
    /// <param name="rows">[M][D].</param>
    /// <param name="take">Called with each row's squared distances, [N], not below 0.</param>
    public void ForEach(float[][] rows, RowConsumer take) => _rows.ForEach(rows, (i, distances) =>
    {
        float length = (float)PackedRows.SquaredLength(rows[i]);
        for (int j = 0; j < distances.Length; j++) distances[j] = Math.Max(length + _lengths[j] - (2 * distances[j]), 0);
        take(i, distances);
    });

    /// <summary>The squared distance of the row that lies farthest from its nearest neighbour, on this thread.</summary>
    /// <param name="rows">[M][D].</param>
    /// <param name="products">[M, Stride], overwritten.</param>
    public float Nearest(ReadOnlySpan<float[]> rows, Span<float> products)
    {
        _rows.Multiply(rows, products);
        float farthest = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            var product = products.Slice(i * Stride, Stride);
            var least = new Vector<float>(float.PositiveInfinity);
            for (int j = 0; j < Stride; j += Vector<float>.Count)
                least = Vector.Min(least, new Vector<float>(_lengths, j) - (2 * new Vector<float>(product[j..])));
            float nearest = float.PositiveInfinity;
            for (int lane = 0; lane < Vector<float>.Count; lane++) nearest = Math.Min(nearest, least[lane]);
            farthest = Math.Max(farthest, nearest + (float)PackedRows.SquaredLength(rows[i]));
        }
        return farthest;
    }

    /// <summary>Finds the smallest distances, in order.</summary>
    /// <param name="distances">The distances.</param>
    /// <param name="smallest">The result; padded with infinity if there are fewer distances.</param>
    public static void Smallest(ReadOnlySpan<float> distances, Span<float> smallest)
    {
        smallest.Fill(float.PositiveInfinity);
        foreach (float distance in distances)
        {
            if (distance >= smallest[^1]) continue;
            int place = smallest.Length - 1;
            for (; place > 0 && smallest[place - 1] > distance; place--) smallest[place] = smallest[place - 1];
            smallest[place] = distance;
        }
    }
}
