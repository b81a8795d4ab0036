using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;

namespace Mmrr.Nn;

/// <summary>
/// The size of an error in units of what the errors of normal images look like. An error r, [D], counts less in the directions in which those of normal images vary:
/// q(r) = ‖r − r̄‖² − Σ_k λ_k/(λ_k + ρ)·(u_k·(r − r̄))² = ρ·(r − r̄)ᵀ(Σ_k λ_k·u_k·u_kᵀ + ρI)⁻¹(r − r̄), Mahalanobis' distance with the K leading components of their covariance and
/// a ridge ρ in place of the others (Tipping and Bishop, Probabilistic principal component analysis, 1999). It is told as a multiple of its mean over normal images: 1 is usual.
/// </summary>
/// <param name="Mean">r̄, [D].</param>
/// <param name="Components">u_k, [K, D], each of length 1, or of zeros where there is no further direction.</param>
/// <param name="Shares">λ_k/(λ_k + ρ), [K], from 0 to 1.</param>
/// <param name="Usual">The mean of q over normal images that the others are not fitted to; above 0.</param>
public sealed record ErrorWhitening(float[] Mean, float[] Components, float[] Shares, float Usual)
{
    /// <summary>K at most.</summary>
    public const int MostComponents = 32;

    /// <summary>ρ as a multiple of the mean variance of a value.</summary>
    public const double Ridge = 3;

    // What is less is rounding, and nothing to divide by.
    private const double LeastUsual = 1e-12;

    // Of a variance, as a share of the largest: what is less is rounding as well, and its direction none.
    private const double LeastShare = 1e-9;

    /// <summary>D.</summary>
    public int Length => Mean.Length;

    /// <summary>Fits to the errors of normal images: mean and components to four fifths of them, <see cref="Usual"/> to the rest.</summary>
    /// <param name="errors">[N, D], N at least 2.</param>
    /// <param name="length">D.</param>
    /// <exception cref="ArgumentException">The values are not those of two or more errors.</exception>
    public static ErrorWhitening Fit(ReadOnlySpan<float> errors, int length)
    {
        int count = length > 0 && errors.Length % length == 0 ? errors.Length / length : 0;
        if (count < 2) throw new ArgumentException($"ErrorWhitening: {errors.Length} values, expected those of two or more errors of {length}");
        int fitted = count * 4 / 5;
        var rows = Matrix<double>.Build.Dense(fitted, length);
        for (int i = 0; i < fitted; i++)
        {
            for (int d = 0; d < length; d++) rows[i, d] = errors[(i * length) + d];
        }
        var mean = rows.ColumnSums() / fitted;
        for (int i = 0; i < fitted; i++) rows.SetRow(i, rows.Row(i) - mean);
        var (components, variances) = Leading(rows);
        // Errors that do not vary at all leave a ridge of 0, and nothing to take away.
        double ridge = Ridge * Math.Pow(rows.FrobeniusNorm(), 2) / fitted / length;
        var whitening = new ErrorWhitening(
            [.. mean.Select(m => (float)m)], [.. components.SelectMany(u => u).Select(v => (float)v)], [.. variances.Select(v => v > 0 ? (float)(v / (v + ridge)) : 0)], 1);
        double usual = 0;
        for (int i = fitted; i < count; i++) usual += whitening.Measure(errors.Slice(i * length, length));
        return whitening with { Usual = (float)Math.Max(usual / (count - fitted), LeastUsual) };
    }

    /// <summary>q(r) / <see cref="Usual"/>; not a number where a value of the error is none.</summary>
    /// <param name="error">r, [D].</param>
    public double Measure(ReadOnlySpan<float> error)
    {
        if (error.Length != Length) throw new ArgumentException($"ErrorWhitening: an error of {error.Length} values, expected {Length}");
        var centred = new float[Length];
        TensorPrimitives.Subtract(error, Mean, centred);
        double q = TensorPrimitives.Dot(centred, centred);
        for (int k = 0; k < Shares.Length; k++)
        {
            double along = TensorPrimitives.Dot(Components.AsSpan(k * Length, Length), centred);
            q -= Shares[k] * along * along;
        }
        return q / Usual;
    }

    /// <summary>The leading eigenvectors and eigenvalues of rowsᵀ·rows/N, from the smaller of the two products.</summary>
    private static (List<Vector<double>> Components, List<double> Variances) Leading(Matrix<double> rows)
    {
        int count = rows.RowCount;
        bool few = count < rows.ColumnCount;
        var eigen = (few ? rows.TransposeAndMultiply(rows) : rows.TransposeThisAndMultiply(rows)).Evd(Symmetricity.Symmetric);
        var (components, variances) = (new List<Vector<double>>(), new List<double>());
        // MathNet's eigenvalues rise. N centred rows vary in N − 1 directions at most.
        int most = Math.Min(MostComponents, Math.Min(count - 1, rows.ColumnCount));
        for (int k = 0; k < most; k++)
        {
            int index = eigen.EigenValues.Count - 1 - k;
            double value = eigen.EigenValues[index].Real;
            bool found = value > LeastShare * eigen.EigenValues[^1].Real;
            var vector = eigen.EigenVectors.Column(index);
            components.Add(!found ? Vector<double>.Build.Dense(rows.ColumnCount) : few ? rows.TransposeThisAndMultiply(vector).Normalize(2) : vector);
            variances.Add(found ? value / count : 0);
        }
        return (components, variances);
    }
}
