using MathNet.Numerics.LinearAlgebra;
using Mmrr.App.Data;

namespace Mmrr.App.Baselines;

/// <summary>
/// The directions in which rows vary most, by subspace iteration (Halko, Martinsson and Tropp, SIAM Review 53, 2011, algorithm 4.4, with the Rayleigh–Ritz step of their section 5.1): a basis of
/// some more directions than are asked for is multiplied by the covariance and made orthonormal again until their variances stay. The covariance itself, which has as many elements as an image
/// has pairs of pixels, is never formed. The products are float32, all that follows from them is float64.
/// </summary>
internal sealed class PrincipalComponents
{
    private const int Extra = 16;
    private const int MostSteps = 60;

    // Of a variance, as a share of the largest one, from one step to the next.
    private const double Tolerance = 1e-5;

    // Pixels whose columns a thread takes out of the rows at a time: a cache line has 16.
    private const int Strip = 32;

    private readonly PackedRows _packed;

    private PrincipalComponents(float[][] directions, double[] variances, double total)
    {
        (Directions, Variances, Total) = (directions, variances, total);
        _packed = new PackedRows(directions);
    }

    /// <summary>The directions, orthonormal, [K][D].</summary>
    public IReadOnlyList<float[]> Directions { get; }

    /// <summary>The variance along each, falling, [K].</summary>
    public IReadOnlyList<double> Variances { get; }

    /// <summary>The variance in all directions together.</summary>
    public double Total { get; }

    /// <summary>Finds the components of rows.</summary>
    /// <param name="rows">[N][D], their mean subtracted; at least two.</param>
    /// <param name="count">How many; no more are found than D, or than N − 1.</param>
    public static PrincipalComponents Fit(float[][] rows, int count)
    {
        int length = rows[0].Length, most = Math.Min(rows.Length - 1, length);
        (count, int block) = (Math.Min(count, most), Math.Min(count + Extra, most));
        var random = new SplitMix64(0);
        var basis = Matrix<double>.Build.Dense(length, block);
        for (int c = 0; c < block; c++)
        {
            for (int k = 0; k < length; k++) basis[k, c] = random.NextDouble(-1, 1);
        }
        double[] variances = [];
        for (int step = 1; ; step++)
        {
            basis = basis.QR().Q;
            float[][] projected = Project(new PackedRows(Columns(basis)), rows);
            var (values, vectors) = Eigen(projected);
            bool stay = variances.Length > 0 && Enumerable.Range(0, count).All(i => Math.Abs(values[i] - variances[i]) <= Tolerance * values[0]);
            variances = values;
            if (stay || step == MostSteps) return new PrincipalComponents(Columns(basis * vectors)[..count], variances[..count], rows.Sum(r => ImageRows.SquaredLength(r)) / rows.Length);
            basis = Back(rows, projected);
        }
    }

    /// <summary>Coordinates of rows along the directions.</summary>
    /// <param name="rows">[N][D], the mean subtracted that was subtracted before.</param>
    /// <returns>[N][K].</returns>
    public float[][] Project(float[][] rows) => Project(_packed, rows);

    /// <summary>The same on this thread.</summary>
    /// <param name="rows">[N][D].</param>
    /// <param name="coordinates">[N, Stride].</param>
    public void Project(ReadOnlySpan<float[]> rows, Span<float> coordinates) => _packed.Multiply(rows, coordinates);

    /// <summary>Floats from one row of coordinates to the next.</summary>
    public int Stride => _packed.Stride;

    private static float[][] Project(PackedRows directions, float[][] rows)
    {
        var projected = new float[rows.Length][];
        directions.ForEach(rows, (i, products) => projected[i] = products.ToArray());
        return projected;
    }

    /// <summary>Variances of coordinates along their own principal axes, falling, and the axes as columns.</summary>
    private static (double[] Values, Matrix<double> Vectors) Eigen(float[][] projected)
    {
        int block = projected[0].Length;
        var covariance = Matrix<double>.Build.Dense(block, block);
        double[] sums = covariance.AsColumnMajorArray();
        foreach (float[] row in projected)
        {
            for (int i = 0; i < block; i++)
            {
                double v = row[i];
                for (int j = 0; j <= i; j++) sums[(i * block) + j] += v * row[j];
            }
        }
        for (int i = 0; i < block; i++)
        {
            for (int j = 0; j <= i; j++) covariance[i, j] = covariance[j, i] = sums[(i * block) + j] / projected.Length;
        }
        var eigen = covariance.Evd(Symmetricity.Symmetric);
        // MathNet's rise.
        double[] values = [.. eigen.EigenValues.Select(v => Math.Max(v.Real, 0)).Reverse()];
        return (values, Matrix<double>.Build.DenseOfColumns(eigen.EigenVectors.EnumerateColumns().Reverse()));
    }

    /// <summary>The covariance times the basis, from the rows' coordinates in it: [D, K].</summary>
    private static Matrix<double> Back(float[][] rows, float[][] projected)
    {
        int length = rows[0].Length, block = projected[0].Length;
        var packed = new PackedRows([.. Enumerable.Range(0, block).Select(c => Array.ConvertAll(projected, p => p[c]))]);
        var result = Matrix<double>.Build.Dense(length, block);
        double[] values = result.AsColumnMajorArray();
        Parallel.For(0, (length + Strip - 1) / Strip, strip =>
        {
            int first = strip * Strip, count = Math.Min(Strip, length - first);
            var columns = new float[count][];
            for (int k = 0; k < count; k++) columns[k] = new float[rows.Length];
            for (int i = 0; i < rows.Length; i++)
            {
                for (int k = 0; k < count; k++) columns[k][i] = rows[i][first + k];
            }
            var products = new float[count * packed.Stride];
            packed.Multiply(columns, products);
            for (int c = 0; c < block; c++)
            {
                for (int k = 0; k < count; k++) values[(c * length) + first + k] = products[(k * packed.Stride) + c] / rows.Length;
            }
        });
        return result;
    }

    private static float[][] Columns(Matrix<double> matrix) => [.. matrix.EnumerateColumns().Select(column => Array.ConvertAll(column.AsArray() ?? column.ToArray(), v => (float)v))];
}
