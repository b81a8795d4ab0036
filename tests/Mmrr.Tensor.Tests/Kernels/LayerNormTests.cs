using Mmrr.Kernels;

namespace Mmrr.Tests;

/// <summary>Layer normalisation against the reference of group normalisation: each row is an image of one pixel with one group.</summary>
[Trait("Category", "Operation")]
public class LayerNormTests(TestDevices devices)
{
    private const float Epsilon = 1e-5f;

    // Rows, channels, offset of x.
    public static TheoryData<string, int[]> Cases => TestDevices.Rows(
        [[1, 1, 0], [1, 3, 0], [3, 16, 0], [5, 20, 0], [2, 37, 30], [40, 6, 0], [1, 64, 0]],
        [[1, 1000, 0], [300, 129, -30], [4097, 32, 0], [64, 768, 0], [5000, 3, 0]]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_is_within_its_rounding_errors(string device, int[] sizes)
    {
        var inputs = new Inputs(sizes);
        var (r, x, gamma, beta) = (inputs.Reference, inputs.X.Doubles, inputs.Gamma.Doubles, inputs.Beta.Doubles);
        var (output, mean, inverse) = r.Forward(x, gamma, beta);
        var (meanError, inverseError) = GroupNormTests.StatisticsErrors(r, x, mean, inverse);
        var actual = devices.Run(device, [inputs.X, inputs.Gamma, inputs.Beta], [inputs.X.Shape, inputs.Statistics, inputs.Statistics], (given, taken) =>
            LayerNormalization.Forward(given[0], given[1], given[2], Epsilon, taken[0], taken[1], taken[2]));
        new ErrorBound(mean, meanError).Check(actual[1], "mean");
        new ErrorBound(inverse, inverseError).Check(actual[2], "inverse deviation");
        new ErrorBound(output, GroupNormTests.OutputErrors(r, x, gamma, beta, mean, inverse)).Check(actual[0], "output");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Backward_is_within_its_rounding_errors(string device, int[] sizes)
    {
        var inputs = new Inputs(sizes);
        var (r, x, gamma, g) = (inputs.Reference, inputs.X.Doubles, inputs.Gamma.Doubles, inputs.OutputGradient.Doubles);
        var (_, exactMean, exactInverse) = r.Forward(x, gamma, inputs.Beta.Doubles);
        // The statistics that the kernel is given are float32; the reference takes the same.
        var mean = new HostTensor(inputs.Statistics, Array.ConvertAll(exactMean, value => (float)value));
        var inverse = new HostTensor(inputs.Statistics, Array.ConvertAll(exactInverse, value => (float)value));
        var (dx, dGamma, dBeta) = r.Backward(x, gamma, inputs.Beta.Doubles, mean.Doubles, inverse.Doubles, g);

        // Magnitudes as in GroupNormTests: the same sums over absolute values, |x̂| as large as (|x| + |mean|)·r.
        double[] normalized = [.. x.Select((v, i) => (Math.Abs(v) + Math.Abs(mean.Doubles[i / r.C])) * inverse.Doubles[i / r.C])];
        double[] weighted = [.. g.Select((v, i) => Math.Abs(v * gamma[i % r.C]))];
        double[] meanWeighted = r.Means(i => weighted[i]), meanProduct = r.Means(i => weighted[i] * normalized[i]);
        double[] gammaMagnitude = new double[r.C], betaMagnitude = new double[r.C];
        for (int i = 0; i < g.Length; i++)
        {
            gammaMagnitude[i % r.C] += Math.Abs(g[i]) * normalized[i];
            betaMagnitude[i % r.C] += Math.Abs(g[i]);
        }
        double[] xMagnitude =
            [.. x.Select((_, i) => inverse.Doubles[i / r.C] * (weighted[i] + meanWeighted[i / r.C] + (normalized[i] * meanProduct[i / r.C])))];

        var actual = devices.Run(
            device,
            [inputs.X, inputs.Gamma, mean, inverse, inputs.OutputGradient],
            [inputs.X.Shape, inputs.Gamma.Shape, inputs.Beta.Shape],
            (given, taken) => LayerNormalization.Backward(given[0], given[1], given[2], given[3], given[4], taken[0], taken[1], taken[2]));
        ErrorBound.Sum(dx, xMagnitude, r.C + 10).Check(actual[0], "x gradient");
        ErrorBound.Sum(dGamma, gammaMagnitude, r.N + 10).Check(actual[1], "gamma gradient");
        ErrorBound.Sum(dBeta, betaMagnitude, r.N + 10).Check(actual[2], "beta gradient");
    }

    private sealed class Inputs
    {
        public Inputs(int[] sizes)
        {
            var random = new RandomInputs();
            int rows = sizes[0], channels = sizes[1];
            Statistics = new Shape(rows);
            Reference = new GroupNormReference(rows, 1, channels, 1, Epsilon, false);
            var shape = new Shape(1, rows, channels);
            X = random.Uniform(shape, sizes[2] - 1, sizes[2] + 1);
            Gamma = random.Uniform(new Shape(channels), 0.5f, 1.5f);
            Beta = random.Uniform(new Shape(channels));
            OutputGradient = random.Uniform(shape);
        }

        public Shape Statistics { get; }

        public GroupNormReference Reference { get; }

        public HostTensor X { get; }

        public HostTensor Gamma { get; }

        public HostTensor Beta { get; }

        public HostTensor OutputGradient { get; }
    }
}
