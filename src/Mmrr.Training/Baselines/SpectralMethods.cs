using Mmrr.Nn;

namespace Mmrr.Training.Baselines;

/// <summary>
/// Methods based on the mean of normal images and the directions in which they vary: the squared distance to the mean image; the same after removing the
/// components of a PCA; and the Mahalanobis distance of a Gaussian.
/// </summary>
internal static class SpectralMethods
{
    // Outside of this many components, the variance is assumed to be equal in all directions (Tipping and Bishop, J. R. Statist. Soc. B 61, 1999).
    private const int GaussianComponents = 64;

    // Added to each variance of the Gaussian, in units of the largest.
    private const double Shrinkage = 0.01;

    private static readonly int[] s_components = [16, 32];

    /// <summary>Scores images.</summary>
    /// <param name="normal">[N][D], at least two, their mean subtracted.</param>
    /// <param name="tested">[M][D], the same mean subtracted.</param>
    public static IReadOnlyList<MethodScores> Score(float[][] normal, float[][] tested)
    {
        double[] fromMean = [.. tested.Select(row => PackedRows.SquaredLength(row))];
        var components = PrincipalComponents.Fit(normal, GaussianComponents);
        float[][] projected = components.Project(tested);
        int found = components.Variances.Count;
        var scores = new List<MethodScores> { new("mean image", fromMean) };
        foreach (int count in s_components.Select(count => Math.Min(count, found)).Distinct())
        {
            double[] residuals = [.. projected.Select((p, i) => fromMean[i] - PackedRows.SquaredLength(p.AsSpan(0, count)))];
            scores.Add(new MethodScores($"PCA residual, {count} components", residuals));
        }
        double shrinkage = Math.Max(components.Variances is [var largest, ..] ? Shrinkage * largest : 0, ImageRows.RoundingVariance);
        int others = tested[0].Length - found;
        double rest = shrinkage + (others == 0 ? 0 : Math.Max(components.Total - components.Variances.Sum(), 0) / others);
        scores.Add(new MethodScores("Gaussian", [.. projected.Select((p, i) => Mahalanobis(p, fromMean[i]))]));
        return scores;

        double Mahalanobis(float[] coordinates, double length)
        {
            double sum = (length - PackedRows.SquaredLength(coordinates)) / rest;
            for (int c = 0; c < found; c++) sum += (double)coordinates[c] * coordinates[c] / (components.Variances[c] + shrinkage);
            return sum;
        }
    }
}
