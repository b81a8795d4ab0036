using System.Numerics;
using System.Runtime.InteropServices;

namespace Mmrr.Nn;

/// <summary>
/// How far rows of numbers are from the nearest of those of normal images: the squared distance ‖q − n‖² to the fifth nearest (Ramaswamy, Rastogi and Shim, Efficient algorithms
/// for mining outliers from large data sets, 2000), told as a multiple of its mean over the normal images, each without itself: 1 is usual.
/// </summary>
internal sealed class NearestRows
{
    /// <summary>Which neighbour counts; the farthest where there are fewer others.</summary>
    public const int Neighbour = 5;

    // What is less is rounding, and nothing to divide by.
    private const float LeastUsual = 1e-9f;

    // Queries that share what is read of the normal rows. All of them are filled, so that a query's sums do not depend on how many there are.
    private const int Block = 4;

    private readonly float[] _norms;

    /// <summary>Keeps normal rows.</summary>
    /// <param name="rows">[N, D], N at least 2.</param>
    /// <param name="length">D.</param>
    /// <param name="usual">As it was found before; found when not given.</param>
    /// <exception cref="ArgumentException">The values are not those of two or more rows.</exception>
    public NearestRows(float[] rows, int length, float? usual = null)
    {
        if (length < 1 || rows.Length % length != 0 || rows.Length / length < 2) throw new ArgumentException($"NearestRows: {rows.Length} values, expected those of two or more rows of {length}");
        (Rows, Length) = (rows, length);
        _norms = [.. Enumerable.Range(0, rows.Length / length).Select(i => Dot(rows.AsSpan(i * length, length), rows.AsSpan(i * length, length)))];
        Usual = usual ?? Math.Max((float)Distances(rows, among: true).Average(), LeastUsual);
    }

    /// <summary>The normal rows, [N, D].</summary>
    public float[] Rows { get; }

    /// <summary>D.</summary>
    public int Length { get; }

    /// <summary>The mean distance of the normal rows; above 0.</summary>
    public float Usual { get; }

    /// <summary>The distances of rows as multiples of <see cref="Usual"/>, [M]; not a number where a value of a row is none.</summary>
    /// <param name="queries">[M, D].</param>
    public double[] Measure(float[] queries) => Array.ConvertAll(Distances(queries, among: false), d => d / Usual);

    /// <summary>
    /// ‖q‖² + ‖n‖² − 2·q·n of each query and normal row. A worker takes four queries at a time and reads all normal rows for them: N·D·4 bytes and 8·N·D operations.
    /// </summary>
    private double[] Distances(float[] queries, bool among)
    {
        if (queries.Length % Length != 0) throw new ArgumentException($"NearestRows: {queries.Length} values, expected those of rows of {Length}");
        int count = queries.Length / Length, normal = _norms.Length, kept = Math.Min(Neighbour, among ? normal - 1 : normal);
        var distances = new double[count];
        Parallel.For(0, (count + Block - 1) / Block, block =>
        {
            Span<float> nearest = stackalloc float[Block * Neighbour], norms = stackalloc float[Block], dots = stackalloc float[Block];
            nearest.Fill(float.PositiveInfinity);
            int first = block * Block;
            ReadOnlySpan<float> Query(int k) => queries.AsSpan(Math.Min(first + k, count - 1) * Length, Length);
            for (int k = 0; k < Block; k++) norms[k] = Dot(Query(k), Query(k));
            for (int n = 0; n < normal; n++)
            {
                Dots(Rows.AsSpan(n * Length, Length), Query(0), Query(1), Query(2), Query(3), dots);
                for (int k = 0; k < Block; k++)
                {
                    if (!among || n != first + k) Insert(nearest.Slice(k * Neighbour, kept), Math.Max(0, norms[k] + _norms[n] - (2 * dots[k])));
                }
            }
            for (int k = 0; k < Block && first + k < count; k++) distances[first + k] = float.IsFinite(norms[k]) ? nearest[(k * Neighbour) + kept - 1] : double.NaN;
        });
        return distances;
    }

    /// <summary>Puts a distance among the smallest ones, ascending.</summary>
    private static void Insert(Span<float> nearest, float distance)
    {
        int i = nearest.Length - 1;
        if (!(distance < nearest[i])) return;
        for (; i > 0 && distance < nearest[i - 1]; i--) nearest[i] = nearest[i - 1];
        nearest[i] = distance;
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Span<float> dots = stackalloc float[Block];
        Dots(a, b, b, b, b, dots);
        return dots[0];
    }

    private static void Dots(ReadOnlySpan<float> row, ReadOnlySpan<float> q0, ReadOnlySpan<float> q1, ReadOnlySpan<float> q2, ReadOnlySpan<float> q3, Span<float> dots)
    {
        var (s0, s1, s2, s3) = (Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero, Vector<float>.Zero);
        ref float r = ref MemoryMarshal.GetReference(row);
        ref float a = ref MemoryMarshal.GetReference(q0), b = ref MemoryMarshal.GetReference(q1), c = ref MemoryMarshal.GetReference(q2), d = ref MemoryMarshal.GetReference(q3);
        int i = 0;
        for (; i <= row.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var n = Vector.LoadUnsafe(ref r, (nuint)i);
            s0 = Vector.FusedMultiplyAdd(n, Vector.LoadUnsafe(ref a, (nuint)i), s0);
            s1 = Vector.FusedMultiplyAdd(n, Vector.LoadUnsafe(ref b, (nuint)i), s1);
            s2 = Vector.FusedMultiplyAdd(n, Vector.LoadUnsafe(ref c, (nuint)i), s2);
            s3 = Vector.FusedMultiplyAdd(n, Vector.LoadUnsafe(ref d, (nuint)i), s3);
        }
        (dots[0], dots[1], dots[2], dots[3]) = (Vector.Sum(s0), Vector.Sum(s1), Vector.Sum(s2), Vector.Sum(s3));
        for (; i < row.Length; i++)
        {
            dots[0] += row[i] * q0[i];
            dots[1] += row[i] * q1[i];
            dots[2] += row[i] * q2[i];
            dots[3] += row[i] * q3[i];
        }
    }
}
