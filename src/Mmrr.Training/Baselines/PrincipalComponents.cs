using MathNet.Numerics.LinearAlgebra;
using Mmrr.Nn;
using Mmrr.Training.Data;

namespace Mmrr.Training.Baselines;

/// <summary>
/// The directions in which rows vary most, by subspace iteration (Halko, Martinsson and Tropp, SIAM Review 53, 2011, algorithm 4.4, with the Rayleigh–Ritz
/// step of their section 5.1): a basis of some more directions than requested is repeatedly multiplied by the covariance and orthonormalised, until its
/// variances converge. Where there are fewer rows than columns, the basis consists of combinations of the rows, and their products replace the covariance.
/// Neither matrix is formed. Products are float32, everything else is float64.
/// </summary>
internal sealed class PrincipalComponents
{
    private const int Extra = 16;
    private const int MostSteps = 60;

    // The change of a variance from one step to the next, as a share of the largest variance.
    private const double Tolerance = 1e-5;

    // The variance of a direction, as a share of the largest; rounding in float32 gives less for a direction without variance.
    private const double LeastVariance = 1e-9;

    // Columns that a thread gathers from the rows at a time: a cache line has 16 pixels.
    private const int Strip = 32;

    private readonly PackedRows _packed;

    private PrincipalComponents(float[][] directions, double[] variances, double total)
    {
        (Directions, Variances, Total) = (directions, variances, total);
        _packed = new PackedRows(directions);
    }

    /// <summary>The directions, orthonormal, [K][D].</summary>
    public IReadOnlyList<float[]> Directions { get; }

    /// <summary>The variance along each, descending, [K].</summary>
    public IReadOnlyList<double> Variances { get; }

    /// <summary>The total variance of all directions.</summary>
    public double Total { get; }

    /// <summary>Finds the components of rows.</summary>
    /// <param name="rows">[N][D], their mean subtracted; at least two.</param>
    /// <param name="count">The requested number; limited by the directions in which the rows vary: at most D, and at most N − 1.</param>
    public static PrincipalComponents Fit(float[][] rows, int count)
    {
        int most = Math.Min(rows.Length - 1, rows[0].Length);
        (count, int block) = (Math.Min(count, most), Math.Min(count + Extra, most));
        bool tall = rows.Length > rows[0].Length;
        float[][] sides = tall ? Transpose(rows) : rows;
        var random = new SplitMix64(0);
        var basis = Matrix<double>.Build.Dense(sides.Length, block);
        for (int c = 0; c < block; c++)
        {
            for (int i = 0; i < sides.Length; i++) basis[i, c] = random.NextDouble(-1, 1);
        }
        double[] variances = [];
        for (int step = 1; ; step++)
        {
            basis = basis.QR().Q;
            float[][] sums = Combine(sides, Columns(basis));
            var (values, vectors) = Eigen(sums, rows.Length);
            float[][] axes = Combine(sums, Columns(vectors));
            bool stay = variances.Length > 0 && Enumerable.Range(0, count).All(i => Math.Abs(values[i] - variances[i]) <= Tolerance * values[0]);
            variances = values;
            if (stay || step == MostSteps)
            {
                int found = values.Take(count).Count(v => v > LeastVariance * values[0]);
                var directions = (tall ? Columns(basis * vectors) : axes).Take(found).Select(Unit);
                return new PrincipalComponents([.. directions], variances[..found], rows.Sum(r => PackedRows.SquaredLength(r)) / rows.Length);
            }
            float[][] projected = Project(new PackedRows(axes), sides);
            basis = Matrix<double>.Build.Dense(sides.Length, block, (i, c) => projected[i][c]);
        }
    }

    /// <summary>Coordinates of rows along the directions.</summary>
    /// <param name="rows">[N][D], with the same mean subtracted as in the fit.</param>
    /// <returns>[N][K].</returns>
    public float[][] Project(float[][] rows) => Project(_packed, rows);

    /// <summary>The same on the calling thread.</summary>
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

    /// <summary>Eigenvalues of the products of rows divided by a count, descending, and the eigenvectors as columns.</summary>
    private static (double[] Values, Matrix<double> Vectors) Eigen(float[][] rows, int count)
    {
        var products = Matrix<double>.Build.Dense(rows.Length, rows.Length);
        Parallel.For(0, rows.Length, i =>
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = 0;
                for (int k = 0; k < rows[i].Length; k++) sum += (double)rows[i][k] * rows[j][k];
                products[i, j] = products[j, i] = sum / count;
            }
        });
        var eigen = products.Evd(Symmetricity.Symmetric);
        // MathNet's eigenvalues are ascending.
        double[] values = [.. eigen.EigenValues.Select(v => Math.Max(v.Real, 0)).Reverse()];
        return (values, Matrix<double>.Build.DenseOfColumns(eigen.EigenVectors.EnumerateColumns().Reverse()));
    }

    private static float[][] Transpose(float[][] rows)
    {
        var columns = new float[rows[0].Length][];
        Parallel.For(0, columns.Length, k => columns[k] = Array.ConvertAll(rows, row => row[k]));
        return columns;
    }

    /// <summary>Weighted sums of rows.</summary>
    /// <param name="rows">[N][D].</param>
    /// <param name="weights">[K][N]: the weight of each row in each sum.</param>
    /// <returns>[K][D].</returns>
    private static float[][] Combine(float[][] rows, float[][] weights)
    {
        int length = rows[0].Length;
        var packed = new PackedRows(weights);
        float[][] sums = Array.ConvertAll(weights, _ => new float[length]);
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
            for (int c = 0; c < sums.Length; c++)
            {
                for (int k = 0; k < count; k++) sums[c][first + k] = products[(k * packed.Stride) + c];
            }
        });
        return sums;
    }

    private static float[] Unit(float[] row)
    {
        double scale = 1 / Math.Sqrt(PackedRows.SquaredLength(row));
        return Array.ConvertAll(row, v => (float)(v * scale));
    }

    private static float[][] Columns(Matrix<double> matrix) =>
        [.. matrix.EnumerateColumns().Select(column => Array.ConvertAll(column.ToArray(), v => (float)v))];
}
