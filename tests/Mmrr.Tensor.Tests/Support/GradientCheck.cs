namespace Mmrr.Tests;

/// <summary>Central differences in float64, against which the analytic gradients of the references are checked.</summary>
internal static class GradientCheck
{
    private const double Step = 1e-6, Absolute = 1e-5, Relative = 1e-3;

    /// <summary>
    /// Checks the gradient of the sum over <paramref name="function"/>'s outputs, weighted by <paramref name="outputGradient"/>, with
    /// respect to <paramref name="input"/>.
    /// </summary>
    public static void Check(double[] input, double[] outputGradient, Func<double[], double[]> function, double[] gradient, string what)
    {
        Assert.Equal(input.Length, gradient.Length);
        for (int i = 0; i < input.Length; i++)
        {
            double expected = (Weighted(i, Step) - Weighted(i, -Step)) / (2 * Step);
            if (!(Math.Abs(gradient[i] - expected) <= Absolute + (Relative * Math.Abs(expected))))
            {
                Assert.Fail($"{what}: the gradient at {i} is {gradient[i]:R}, central differences give {expected:R}; {RandomInputs.Note}");
            }
        }

        double Weighted(int moved, double step)
        {
            double[] shifted = [.. input];
            shifted[moved] += step;
            return function(shifted).Zip(outputGradient, (value, weight) => value * weight).Sum();
        }
    }
}
