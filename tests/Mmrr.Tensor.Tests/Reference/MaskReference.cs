namespace Mmrr.Tests;

/// <summary>The mask m = σ(v + b) whose mean is μ (the paper's Algorithm 1), for one image and one level.</summary>
internal static class MaskReference
{
    public static double Sigmoid(double x) => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    /// <summary>
    /// The bias b, by 200 bisections of a bracket that holds it: σ is monotone, so that the mean is μ between the b of the largest v and
    /// that of the smallest.
    /// </summary>
    public static double Bias(double[] v, double mu)
    {
        double logit = Math.Log(mu / (1 - mu));
        double low = logit - v.Max() - 1, high = logit - v.Min() + 1;
        for (int i = 0; i < 200; i++)
        {
            double middle = (low + high) / 2;
            if (Mean(v, middle) < mu) low = middle;
            else high = middle;
        }
        return (low + high) / 2;
    }

    public static double Mean(double[] v, double bias) => v.Average(value => Sigmoid(value + bias));

    public static double[] Mask(double[] v, double mu)
    {
        if (mu is 0 or 1) return [.. v.Select(_ => mu)];
        double bias = Bias(v, mu);
        return Array.ConvertAll(v, value => Sigmoid(value + bias));
    }

    /// <summary>∂L/∂v_i = s_i·(g_i − Σ g_j s_j / S) with s = m(1 − m) and S = Σ s; zero where the mask is saturated.</summary>
    public static double[] Backward(double[] mask, double slope, double[] gradient)
    {
        if (slope == 0) return new double[mask.Length];
        double weighted = mask.Zip(gradient, (m, g) => g * m * (1 - m)).Sum() / slope;
        return [.. mask.Zip(gradient, (m, g) => m * (1 - m) * (g - weighted))];
    }
}
