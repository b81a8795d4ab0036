namespace Mmrr.Tests;

/// <summary>
/// A float64 reference and, for each of its elements, how far a float32 result may lie from it. The tolerances are derived from the
/// operation's arithmetic (Higham, Accuracy and Stability of Numerical Algorithms, chapter 3), never from what a kernel happens to give.
/// </summary>
internal sealed class ErrorBound
{
    /// <summary>Unit roundoff of float32: the largest relative error of one operation.</summary>
    public const double U = 1.0 / (1 << 24);

    // Below the smallest normal number a GPU or a vector unit may flush to zero.
    private const double Underflow = 1.2e-38;

    private readonly double[] _reference;
    private readonly double[] _tolerance;

    public ErrorBound(double[] reference, double[] tolerance)
    {
        Assert.Equal(reference.Length, tolerance.Length);
        _reference = reference;
        _tolerance = tolerance;
    }

    public ErrorBound(double[] reference, Func<int, double> tolerance)
        : this(reference, [.. Enumerable.Range(0, reference.Length).Select(tolerance)])
    {
    }

    /// <summary>
    /// γ_n, the relative error of n roundings in a row. In the worst case n·u; the rounding errors of random data are as good as
    /// independent, and then λ√n·u holds but with probability 2·exp(−λ²/2) (Higham and Mary, 2019): λ = 8 makes that 2·10⁻¹⁴.
    /// </summary>
    public static double Gamma(double roundings)
    {
        double units = Math.Min(roundings, 8 * Math.Sqrt(roundings)) * U;
        return units / (1 - units);
    }

    /// <summary>
    /// Sums in any order of <paramref name="terms"/> terms, each with two roundings of its own, whose absolute values add up to
    /// <paramref name="magnitude"/>.
    /// </summary>
    public static ErrorBound Sum(double[] reference, double[] magnitude, double terms) =>
        new(reference, i => Gamma(terms + 2) * magnitude[i]);

    /// <summary>A relative error of so many roundings.</summary>
    public static ErrorBound Relative(double[] reference, double roundings) => Sum(reference, Magnitude(reference), roundings - 2);

    /// <summary>Exactly the reference, which float32 can hold.</summary>
    public static ErrorBound Exact(double[] reference) => new(reference, new double[reference.Length]);

    /// <summary>Absolute values: a sum of products over them is what bounds its rounding errors.</summary>
    public static double[] Magnitude(double[] values) => Array.ConvertAll(values, Math.Abs);

    /// <summary>Fails where a value is further away than it may be, or is not a number.</summary>
    public void Check(float[] actual, string what)
    {
        Assert.Equal(_reference.Length, actual.Length);
        int worst = -1, wrong = 0;
        double worstRatio = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            double error = Math.Abs(actual[i] - _reference[i]);
            double allowed = _tolerance[i] == 0 ? 0 : _tolerance[i] + Underflow;
            if (error <= allowed || actual[i] == _reference[i]) continue; // the latter for infinities
            wrong++;
            double ratio = double.IsNaN(error) ? double.PositiveInfinity : error / allowed;
            if (worst >= 0 && ratio <= worstRatio) continue;
            worst = i;
            worstRatio = ratio;
        }
        if (wrong > 0)
        {
            Assert.Fail($"{what}: {wrong} of {actual.Length} values are out of bounds, the worst at {worst}: " +
                $"{actual[worst]:R}, expected {_reference[worst]:R} ± {_tolerance[worst]:E2}; {RandomInputs.Note}");
        }
    }
}
