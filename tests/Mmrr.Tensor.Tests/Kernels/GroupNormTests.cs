using Mmrr.Kernels;

namespace Mmrr.Tests;

[Trait("Category", "Operation")]
public class GroupNormTests(TestDevices devices)
{
    private const float Epsilon = 1e-5f;

    // Images, height, width, channels, groups, with ReLU, offset of x.
    private static readonly int[][] s_small =
    [
        [1, 1, 1, 1, 1, 0, 0], [1, 1, 1, 16, 4, 1, 0], [2, 5, 9, 3, 1, 0, 0], [1, 5, 9, 5, 5, 1, 0], [2, 2, 3, 12, 3, 1, 0], [1, 3, 3, 20, 5, 1, 0],
        [3, 2, 2, 16, 4, 0, 0], [1, 4, 4, 16, 4, 1, 30], [2, 7, 9, 64, 16, 1, 0], [1, 17, 17, 16, 4, 1, 0],
        // The GPU's slabs: too large to be kept, a last one with fewer groups, three quads a group.
        [1, 47, 45, 4, 1, 1, 0], [2, 3, 3, 40, 5, 1, 0], [2, 5, 3, 24, 2, 1, 0],
    ];

    private static readonly int[][] s_large =
    [
        [2, 33, 31, 64, 16, 1, 0], [1, 64, 64, 16, 4, 1, 0], [3, 8, 8, 128, 32, 1, 0], [2, 13, 7, 48, 12, 0, 0], [1, 32, 32, 32, 8, 1, 30],
        [4, 9, 11, 20, 5, 1, 0], [2, 16, 16, 96, 24, 0, -30], [1, 40, 40, 12, 1, 1, 0], [2, 8, 8, 64, 32, 1, 0], [1, 256, 256, 3, 1, 1, 0],
    ];

    // Numbers of threads that share no factor with the slab's quads.
    private static readonly (int Lanes, int[] Sizes)[] s_wide = [(64, [2, 7, 5, 24, 2, 1, 0]), (64, [1, 9, 5, 60, 5, 1, 0])];

    public static TheoryData<string, int[]> Cases => TestDevices.Rows(s_small, s_large, s_wide);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_is_within_its_rounding_errors(string device, int[] sizes)
    {
        var inputs = new Inputs(sizes);
        var (r, x, gamma, beta) = (inputs.Reference, inputs.X.Doubles, inputs.Gamma.Doubles, inputs.Beta.Doubles);
        var (output, mean, inverse) = r.Forward(x, gamma, beta);
        var (meanError, inverseError) = StatisticsErrors(r, x, mean, inverse);
        var actual = devices.Run(device, [inputs.X, inputs.Gamma, inputs.Beta], [inputs.Shape, inputs.Statistics, inputs.Statistics], (given, taken) =>
            GroupNormalization.Forward(given[0], given[1], given[2], r.G, Epsilon, r.Relu, taken[0], taken[1], taken[2]));
        new ErrorBound(mean, meanError).Check(actual[1], "mean");
        new ErrorBound(inverse, inverseError).Check(actual[2], "inverse deviation");
        new ErrorBound(output, OutputErrors(r, x, gamma, beta, mean, inverse)).Check(actual[0], "output");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Backward_is_within_its_rounding_errors(string device, int[] sizes)
    {
        var inputs = new Inputs(sizes);
        var (r, x, gamma, beta) = (inputs.Reference, inputs.X.Doubles, inputs.Gamma.Doubles, inputs.Beta.Doubles);
        var (output, exactMean, exactInverse) = (r with { Relu = false }).Forward(x, gamma, beta);
        double[] outputError = OutputErrors(r, x, gamma, beta, exactMean, exactInverse);
        // Where the output's sign is a matter of rounding, no gradient comes in: then it does not matter what the ReLU does there.
        var outputGradient = inputs.OutputGradient.ZeroWhere(i => Math.Abs(output[i]) <= 2 * outputError[i]);
        double[] g = outputGradient.Doubles;
        // The statistics that the kernel is given are float32; the reference takes the same.
        var mean = new HostTensor(inputs.Statistics, Array.ConvertAll(exactMean, value => (float)value));
        var inverse = new HostTensor(inputs.Statistics, Array.ConvertAll(exactInverse, value => (float)value));
        var (dx, dGamma, dBeta) = r.Backward(x, gamma, beta, mean.Doubles, inverse.Doubles, g);

        // Magnitudes: the same sums over absolute values, with |x̂| as large as (|x| + |mean|)·r because the subtraction may be folded into
        // a product and a sum. The sums have r.Size or N·P terms; ten roundings cover what is done to each term and afterwards.
        double[] normalized = [.. x.Select((v, i) => (Math.Abs(v) + Math.Abs(mean.Doubles[r.GroupOf(i)])) * inverse.Doubles[r.GroupOf(i)])];
        double[] weighted = [.. g.Select((v, i) => Math.Abs(v * gamma[i % r.C]))];
        double[] meanWeighted = r.Means(i => weighted[i]), meanProduct = r.Means(i => weighted[i] * normalized[i]);
        double[] gammaMagnitude = new double[r.C], betaMagnitude = new double[r.C];
        for (int i = 0; i < g.Length; i++)
        {
            gammaMagnitude[i % r.C] += Math.Abs(g[i]) * normalized[i];
            betaMagnitude[i % r.C] += Math.Abs(g[i]);
        }
        double[] xMagnitude =
            [.. x.Select((_, i) => inverse.Doubles[r.GroupOf(i)] * (weighted[i] + meanWeighted[r.GroupOf(i)] + (normalized[i] * meanProduct[r.GroupOf(i)])))];

        var actual = devices.Run(
            device,
            [inputs.X, inputs.Gamma, inputs.Beta, mean, inverse, outputGradient],
            [inputs.Shape, inputs.Gamma.Shape, inputs.Beta.Shape],
            (given, taken) => GroupNormalization.Backward(given[0], given[1], given[2], given[3], given[4], given[5], r.Relu, taken[0], taken[1], taken[2]));
        ErrorBound.Sum(dx, xMagnitude, r.Size + 10).Check(actual[0], "x gradient");
        ErrorBound.Sum(dGamma, gammaMagnitude, (r.N * r.P) + 10).Check(actual[1], "gamma gradient");
        ErrorBound.Sum(dBeta, betaMagnitude, (r.N * r.P) + 10).Check(actual[2], "beta gradient");
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void NaN_passes_the_ReLU(string device)
    {
        var x = HostTensor.Constant(new Shape(1, 3, 3, 20), float.NaN);
        var one = HostTensor.Constant(new Shape(20), 1);
        var statistics = new Shape(1, 5);
        var results = devices.Run(device, [x, one, one], [x.Shape, statistics, statistics], (given, taken) =>
        {
            Elementwise.Fill(0, taken[0]); // outputs begin as NaN
            GroupNormalization.Forward(given[0], given[1], given[2], 5, Epsilon, true, taken[0], taken[1], taken[2]);
        });
        Assert.All(results[0], value => Assert.True(float.IsNaN(value)));
    }

    [Theory]
    [InlineData(2, 6, 4, 2, false)]
    [InlineData(1, 10, 6, 3, true)]
    [InlineData(2, 5, 3, 1, true)]
    public void The_reference_gradients_are_those_of_the_reference(int n, int p, int c, int g, bool relu)
    {
        var r = new GroupNormReference(n, p, c, g, Epsilon, relu);
        var random = new RandomInputs();
        double[] x = random.Doubles(n * p * c), gamma = random.Doubles(c, 0.5, 1.5), beta = random.Doubles(c);
        var (output, mean, inverse) = (r with { Relu = false }).Forward(x, gamma, beta);
        // A difference must not step over the ReLU's corner.
        double[] weights = [.. random.Doubles(x.Length).Select((value, i) => Math.Abs(output[i]) < 1e-3 ? 0 : value)];
        var (dx, dGamma, dBeta) = r.Backward(x, gamma, beta, mean, inverse, weights);
        GradientCheck.Check(x, weights, v => r.Forward(v, gamma, beta).Output, dx, "x");
        GradientCheck.Check(gamma, weights, v => r.Forward(x, v, beta).Output, dGamma, "gamma");
        GradientCheck.Check(beta, weights, v => r.Forward(x, gamma, v).Output, dBeta, "beta");
    }

    /// <summary>
    /// The mean is a sum of n terms: δmean = γ(n + 1)·mean|x|. The variance is a sum of n squares about the computed mean: γ(n + 4)·variance
    /// + δmean². The inverse deviation r = (variance + ε)^-½ passes on half the relative error, and rounds by itself (an approximate
    /// rsqrt on a GPU has 2 ulp, the sum with ε one rounding: six in all).
    /// </summary>
    internal static (double[] Mean, double[] Inverse) StatisticsErrors(GroupNormReference r, double[] x, double[] mean, double[] inverse)
    {
        double[] meanMagnitude = r.Means(i => Math.Abs(x[i]));
        double[] variance = r.Means(i => (x[i] - mean[r.GroupOf(i)]) * (x[i] - mean[r.GroupOf(i)]));
        double[] meanError = Array.ConvertAll(meanMagnitude, magnitude => ErrorBound.Gamma(r.Size + 1) * magnitude);
        double[] inverseError = new double[inverse.Length];
        for (int g = 0; g < inverse.Length; g++)
        {
            double varianceError = (ErrorBound.Gamma(r.Size + 4) * variance[g]) + (meanError[g] * meanError[g]);
            inverseError[g] = inverse[g] * ((varianceError / 2 * inverse[g] * inverse[g]) + (6 * ErrorBound.U));
        }
        return (meanError, inverseError);
    }

    /// <summary>
    /// y = γ·(x − mean)·r + β: the errors of the mean and of r, first order, and the roundings of the formula itself, which may be folded
    /// into x·(γr) + (β − mean·γr).
    /// </summary>
    internal static double[] OutputErrors(GroupNormReference r, double[] x, double[] gamma, double[] beta, double[] mean, double[] inverse)
    {
        var (meanError, inverseError) = StatisticsErrors(r, x, mean, inverse);
        return
        [
            .. x.Select((value, i) =>
            {
                int g = r.GroupOf(i), c = i % r.C;
                double statistics = (inverse[g] * meanError[g]) + (Math.Abs(value - mean[g]) * inverseError[g]);
                double formula = ErrorBound.Gamma(5) * (((Math.Abs(value) + Math.Abs(mean[g])) * inverse[g] * Math.Abs(gamma[c])) + Math.Abs(beta[c]));
                return (Math.Abs(gamma[c]) * statistics) + formula;
            }),
        ];
    }

    private sealed class Inputs
    {
        public Inputs(int[] sizes)
        {
            var random = new RandomInputs();
            Shape = new Shape(sizes[..4]);
            Statistics = new Shape(sizes[0], sizes[4]);
            Reference = new GroupNormReference(sizes[0], sizes[1] * sizes[2], sizes[3], sizes[4], Epsilon, sizes[5] == 1);
            X = random.Uniform(Shape, sizes[6] - 1, sizes[6] + 1);
            Gamma = random.Uniform(new Shape(sizes[3]), 0.5f, 1.5f);
            Beta = random.Uniform(new Shape(sizes[3]));
            OutputGradient = random.Uniform(Shape);
        }

        public Shape Shape { get; }

        public Shape Statistics { get; }

        public GroupNormReference Reference { get; }

        public HostTensor X { get; }

        public HostTensor Gamma { get; }

        public HostTensor Beta { get; }

        public HostTensor OutputGradient { get; }
    }
}
