namespace Mmrr.Nn;

/// <summary>
/// Distances of rows of numbers from the nearest rows of normal images: the squared distance ‖q − n‖² to the fifth nearest (Ramaswamy, Rastogi and Shim,
/// Efficient algorithms for mining outliers from large data sets, 2000), as a multiple of its mean over the normal images, each compared with the others: 1
/// is typical.
/// </summary>
internal sealed class NearestRows
{
    /// <summary>The neighbour that is used; the farthest if there are fewer.</summary>
    public const int Neighbour = 5;

    // Smaller values are rounding and must not be divided by.
    private const float LeastUsual = 1e-9f;

    private readonly RowDistances _distances;

    /// <summary>Stores normal rows.</summary>
    /// <param name="rows">[N, D], N at least 2.</param>
    /// <param name="length">D.</param>
    /// <param name="usual">A stored mean distance; computed by default.</param>
    /// <exception cref="ArgumentException">The values are not two or more whole rows.</exception>
    public NearestRows(float[] rows, int length, float? usual = null)
    {
        if (length < 1 || rows.Length % length != 0 || rows.Length / length < 2)
            throw new ArgumentException($"NearestRows: {rows.Length} values, expected two or more rows of {length}");
        (Rows, Length) = (rows, length);
        _distances = new RowDistances(Split(rows));
        Usual = usual ?? Math.Max((float)Distances(rows, among: true).Average(), LeastUsual);
    }

    /// <summary>The normal rows, [N, D].</summary>
    public float[] Rows { get; }

    /// <summary>D.</summary>
    public int Length { get; }

    /// <summary>The mean distance of the normal rows; above 0.</summary>
    public float Usual { get; }

    /// <summary>The distances of rows as multiples of <see cref="Usual"/>, [M]; NaN if a row has a NaN.</summary>
    /// <param name="queries">[M, D].</param>
    public double[] Measure(float[] queries) => Array.ConvertAll(Distances(queries, among: false), d => d / Usual);

    /// <param name="queries">[M, D].</param>
    /// <param name="among">Whether they are the normal rows, each of which is not its own neighbour.</param>
    private double[] Distances(float[] queries, bool among)
    {
        if (queries.Length % Length != 0) throw new ArgumentException($"NearestRows: {queries.Length} values, expected a multiple of {Length}");
        float[][] rows = Split(queries);
        var distances = new double[rows.Length];
        _distances.ForEach(rows, (i, squares) =>
        {
            if (among) squares[i] = float.PositiveInfinity;
            Span<float> nearest = stackalloc float[Math.Min(Neighbour, squares.Length - (among ? 1 : 0))];
            RowDistances.Smallest(squares, nearest);
            distances[i] = float.IsFinite(nearest[^1]) ? nearest[^1] : double.NaN;
        });
        return distances;
    }

    private float[][] Split(float[] rows) => [.. rows.Chunk(Length)];
}
