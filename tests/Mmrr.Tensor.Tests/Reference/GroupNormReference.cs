namespace Mmrr.Tests;

/// <summary>Group normalisation (Wu and He, 2018) of x [N, P pixels, C] with G groups of adjacent channels, and a ReLU after it when asked for.</summary>
internal sealed record GroupNormReference(int N, int P, int C, int G, double Epsilon, bool Relu)
{
    public int ChannelsPerGroup => C / G;

    public int Size => P * ChannelsPerGroup;

    /// <summary>The index of the statistics that element <paramref name="i"/> of x belongs to.</summary>
    public int GroupOf(int i) => (i / (P * C) * G) + (i % C / ChannelsPerGroup);

    public (double[] Output, double[] Mean, double[] InverseDeviation) Forward(double[] x, double[] gamma, double[] beta)
    {
        double[] mean = Means(i => x[i]);
        double[] variance = Means(i => (x[i] - mean[GroupOf(i)]) * (x[i] - mean[GroupOf(i)]));
        double[] inverse = Array.ConvertAll(variance, v => 1 / Math.Sqrt(v + Epsilon));
        double[] output = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
        {
            double y = (gamma[i % C] * (x[i] - mean[GroupOf(i)]) * inverse[GroupOf(i)]) + beta[i % C];
            output[i] = Relu ? Math.Max(y, 0) : y;
        }
        return (output, mean, inverse);
    }

    /// <summary>
    /// With x̂ = (x − mean)·r, h = g where the output passed the ReLU (else 0), and means over the group:
    /// dx = r·(γh − mean(γh) − x̂·mean(γh·x̂)), dγ = Σ h·x̂, dβ = Σ h.
    /// </summary>
    public (double[] X, double[] Gamma, double[] Beta) Backward(
        double[] x, double[] gamma, double[] beta, double[] mean, double[] inverse, double[] outputGradient)
    {
        double[] normalized = [.. x.Select((value, i) => (value - mean[GroupOf(i)]) * inverse[GroupOf(i)])];
        double[] passed = [.. outputGradient.Select((g, i) => Relu && (gamma[i % C] * normalized[i]) + beta[i % C] <= 0 ? 0 : g)];
        double[] meanGradient = Means(i => gamma[i % C] * passed[i]);
        double[] meanProduct = Means(i => gamma[i % C] * passed[i] * normalized[i]);
        double[] dx = new double[x.Length], dGamma = new double[C], dBeta = new double[C];
        for (int i = 0; i < x.Length; i++)
        {
            int g = GroupOf(i);
            dx[i] = inverse[g] * ((gamma[i % C] * passed[i]) - meanGradient[g] - (normalized[i] * meanProduct[g]));
            dGamma[i % C] += passed[i] * normalized[i];
            dBeta[i % C] += passed[i];
        }
        return (dx, dGamma, dBeta);
    }

    /// <summary>The mean of a function of the element over each group.</summary>
    public double[] Means(Func<int, double> value)
    {
        double[] sums = new double[N * G];
        for (int i = 0; i < N * P * C; i++) sums[GroupOf(i)] += value(i);
        return Array.ConvertAll(sums, sum => sum / Size);
    }
}
