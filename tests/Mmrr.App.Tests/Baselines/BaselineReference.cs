using Xunit;

namespace Mmrr.App.Tests.Baselines;

/// <summary>The simple methods in float64 and plain loops, as their definitions say.</summary>
internal static class BaselineReference
{
    /// <summary>The unit roundoff of float32.</summary>
    public const double U = 1.0 / (1 << 24);

    /// <summary>
    /// The relative error of a sum of n products in float32: 8√n·u, which independent roundings exceed with a probability of 2·exp(−32) (Higham and Mary,
    /// SIAM J. Sci. Comput. 41, 2019), and a rounding or two of its terms.
    /// </summary>
    public static double Gamma(int n) => 8 * Math.Sqrt(n + 2) * U;

    /// <summary>Fresh inputs; the seed is in the test's output, and MMRR_SEED sets it.</summary>
    public static Random NewRandom(ITestOutputHelper output)
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("MMRR_SEED"), out int given) ? given : Environment.TickCount;
        output.WriteLine($"MMRR_SEED={seed}");
        return new Random(seed);
    }

    /// <summary>Rows of random numbers whose variance falls from one of some directions to the next.</summary>
    public static float[][] Rows(Random random, int count, int length, double fall, double[][]? directions = null)
    {
        directions ??= Directions(random, length);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var row = new double[length];
            for (int d = 0; d < directions.Length; d++)
            {
                double amount = Math.Pow(fall, d) * ((2 * random.NextDouble()) - 1);
                for (int k = 0; k < length; k++) row[k] += amount * directions[d][k];
            }
            return Array.ConvertAll(row, v => (float)v);
        })];
    }

    /// <summary>As many random directions as there are dimensions, orthonormal (Gram–Schmidt, twice).</summary>
    public static double[][] Directions(Random random, int length)
    {
        var found = new List<double[]>();
        while (found.Count < length)
        {
            double[] v = [.. Enumerable.Range(0, length).Select(_ => (2 * random.NextDouble()) - 1)];
            foreach (double[] other in found.Concat(found))
            {
                double along = Dot(v, other);
                for (int k = 0; k < length; k++) v[k] -= along * other[k];
            }
            double norm = Math.Sqrt(Dot(v, v));
            found.Add([.. v.Select(x => x / norm)]);
        }
        return [.. found];
    }

    /// <summary>The mean of rows.</summary>
    public static double[] Mean(float[][] rows) => [.. Enumerable.Range(0, rows[0].Length).Select(k => rows.Average(r => (double)r[k]))];

    /// <summary>A row less the mean.</summary>
    public static double[] Less(float[] row, double[] mean) => [.. row.Select((v, k) => v - mean[k])];

    /// <summary>Variances along the principal axes of rows, falling, and the axes.</summary>
    public static (double[] Variances, double[][] Axes) Components(float[][] rows)
    {
        double[] mean = Mean(rows);
        int length = mean.Length;
        var covariance = new double[length, length];
        foreach (float[] row in rows)
        {
            double[] v = Less(row, mean);
            for (int i = 0; i < length; i++)
            {
                for (int j = 0; j < length; j++) covariance[i, j] += v[i] * v[j] / rows.Length;
            }
        }
        var axes = Jacobi(covariance);
        int[] order = [.. Enumerable.Range(0, length).OrderByDescending(i => covariance[i, i])];
        return ([.. order.Select(i => covariance[i, i])], [.. order.Select(i => Enumerable.Range(0, length).Select(k => axes[k, i]).ToArray())]);
    }

    /// <summary>The squared distance of a row from the mean and the first axes.</summary>
    public static double Residual(double[] centred, double[][] axes, int count)
    {
        double[] rest = [.. centred];
        for (int c = 0; c < count; c++)
        {
            double along = Dot(centred, axes[c]);
            for (int k = 0; k < rest.Length; k++) rest[k] -= along * axes[c][k];
        }
        return Dot(rest, rest);
    }

    /// <summary>The Mahalanobis distance, squared: a hundredth of the largest variance is added to each; beyond the first axes all have their mean.</summary>
    public static double Gaussian(double[] centred, double[] variances, double[][] axes, int count)
    {
        double sum = 0, shrinkage = 0.01 * variances[0];
        double rest = count < axes.Length ? variances.Skip(count).Average() : 0;
        for (int c = 0; c < axes.Length; c++)
        {
            double along = Dot(centred, axes[c]);
            sum += along * along / ((c < count ? variances[c] : rest) + shrinkage);
        }
        return sum;
    }

    /// <summary>Distances from a row to others, rising.</summary>
    public static double[] Distances(float[] row, IEnumerable<float[]> others) =>
        [.. others.Select(other => Math.Sqrt(row.Select((v, k) => ((double)v - other[k]) * ((double)v - other[k])).Sum())).Order()];

    /// <summary>The median distance of rows to their tenth neighbours, or to their farthest where they have fewer.</summary>
    public static double Width(float[][] rows)
    {
        int neighbour = Math.Min(10, rows.Length - 1);
        double[] tenth = [.. rows.Select(row => Distances(row, rows.Where(other => other != row))[neighbour - 1]).Order()];
        return (tenth[(tenth.Length - 1) / 2] + tenth[tenth.Length / 2]) / 2;
    }

    /// <summary>Minus the logarithm of the mean of Gaussian kernels around rows.</summary>
    public static double Density(double[] distances, double width) => -Math.Log(distances.Average(d => Math.Exp(-d * d / (2 * width * width))));

    public static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int k = 0; k < a.Length; k++) sum += a[k] * b[k];
        return sum;
    }

    /// <summary>Cyclic Jacobi rotations: leaves the eigenvalues on the diagonal and returns the eigenvectors as columns.</summary>
    private static double[,] Jacobi(double[,] a)
    {
        int n = a.GetLength(0);
        var axes = new double[n, n];
        for (int i = 0; i < n; i++) axes[i, i] = 1;
        for (int sweep = 0; sweep < 30; sweep++)
        {
            for (int p = 0; p < n; p++)
            {
                for (int q = p + 1; q < n; q++)
                {
                    if (Math.Abs(a[p, q]) <= 1e-18 * (Math.Abs(a[p, p]) + Math.Abs(a[q, q]))) continue;
                    double theta = (a[q, q] - a[p, p]) / (2 * a[p, q]);
                    double t = (theta >= 0 ? 1 : -1) / (Math.Abs(theta) + Math.Sqrt((theta * theta) + 1)), c = 1 / Math.Sqrt((t * t) + 1), s = t * c;
                    for (int k = 0; k < n; k++) (a[k, p], a[k, q]) = ((c * a[k, p]) - (s * a[k, q]), (s * a[k, p]) + (c * a[k, q]));
                    for (int k = 0; k < n; k++) (a[p, k], a[q, k]) = ((c * a[p, k]) - (s * a[q, k]), (s * a[p, k]) + (c * a[q, k]));
                    for (int k = 0; k < n; k++) (axes[k, p], axes[k, q]) = ((c * axes[k, p]) - (s * axes[k, q]), (s * axes[k, p]) + (c * axes[k, q]));
                }
            }
        }
        return axes;
    }
}
