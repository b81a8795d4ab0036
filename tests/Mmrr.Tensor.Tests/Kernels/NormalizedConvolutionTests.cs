using Mmrr.Kernels;

namespace Mmrr.Tests;

/// <summary>
/// The fused operation has the bits of group normalisation and convolution one after the other, each of which is compared with its float64 reference: it
/// moves the same operations to other places and drops none.
/// </summary>
[Trait("Category", "Operation")]
public class NormalizedConvolutionTests(TestDevices devices)
{
    private const float Epsilon = 1e-5f;

    // Images, height, width, channels, groups, outputs, K. Whole vectors of channels and others, images smaller than a tile, edges that cut tiles.
    private static readonly int[][] s_small =
    [
        [1, 1, 1, 4, 2, 4, 3], [2, 3, 5, 6, 3, 5, 3], [2, 5, 9, 16, 4, 32, 3], [1, 4, 4, 32, 8, 16, 3], [3, 3, 3, 16, 1, 16, 3], [2, 2, 7, 16, 4, 16, 3],
        [1, 6, 7, 48, 12, 16, 3], [2, 4, 3, 16, 4, 3, 1],
    ];

    // Past the blocks of tiles; a weight gradient in shares, and one point by point.
    private static readonly int[][] s_large = [[5, 17, 19, 32, 8, 32, 3], [3, 16, 16, 80, 20, 64, 3], [1, 33, 30, 16, 4, 128, 3], [9, 4, 4, 128, 32, 128, 3]];

    public static TheoryData<string, int[]> Cases => TestDevices.Rows(s_small, s_large, (64, [2, 5, 9, 16, 4, 32, 3]));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_has_the_bits_of_its_parts(string device, int[] sizes)
    {
        var c = new Case(sizes);
        foreach (bool adds in new[] { false, true })
        {
            Shape[] outputs = [c.Output.Shape, c.Statistics, c.Statistics];
            var fused = devices.Run(device, c.Inputs, outputs, (given, taken) =>
                NormalizedConvolution.Forward(
                    given[0], c.Normalization(given), given[3], adds ? given[4] : null, adds ? given[5] : null, taken[0], taken[1], taken[2]));
            var parts = devices.Run(device, c.Inputs, [.. outputs, c.X.Shape], (given, taken) =>
            {
                GroupNormalization.Forward(given[0], given[1], given[2], c.Groups, Epsilon, true, taken[3], taken[1], taken[2]);
                Convolution.Forward(taken[3], given[3], adds ? given[4] : null, adds ? given[5] : null, 1, taken[0]);
            });
            for (int i = 0; i < outputs.Length; i++) Assert.Equal(parts[i], fused[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Weight_gradients_have_the_bits_of_their_parts(string device, int[] sizes)
    {
        var c = new Case(sizes);
        foreach (bool bias in new[] { false, true })
        {
            Shape[] outputs = bias ? [c.Weight.Shape, c.Bias.Shape] : [c.Weight.Shape];
            var fused = devices.Run(device, c.Inputs, [.. outputs, c.Output.Shape, c.Statistics, c.Statistics], (given, taken) =>
            {
                NormalizedConvolution.Forward(given[0], c.Normalization(given), given[3], null, null, taken[^3], taken[^2], taken[^1]);
                NormalizedConvolution.BackwardWeight(
                    given[0], c.Normalization(given), taken[^2], taken[^1], given[5], taken[0], bias ? taken[1] : null);
            });
            var parts = devices.Run(device, c.Inputs, [.. outputs, c.X.Shape, c.Statistics, c.Statistics], (given, taken) =>
            {
                GroupNormalization.Forward(given[0], given[1], given[2], c.Groups, Epsilon, true, taken[^3], taken[^2], taken[^1]);
                Convolution.BackwardWeight(taken[^3], given[5], 1, taken[0], bias ? taken[1] : null);
            });
            for (int i = 0; i < outputs.Length; i++) Assert.Equal(parts[i], fused[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Input_gradients_have_the_bits_of_their_parts(string device, int[] sizes)
    {
        var c = new Case(sizes);
        foreach (bool adds in new[] { false, true })
        {
            Shape[] outputs = [c.X.Shape, c.Gamma.Shape, c.Gamma.Shape];
            var fused = devices.Run(device, c.Inputs, [.. outputs, c.Output.Shape, c.Statistics, c.Statistics], (given, taken) =>
            {
                NormalizedConvolution.Forward(given[0], c.Normalization(given), given[3], null, null, taken[3], taken[4], taken[5]);
                NormalizedConvolution.BackwardInput(
                    given[0], c.Normalization(given), taken[4], taken[5], given[5], given[3], adds ? given[6] : null, taken[0], taken[1], taken[2]);
            });
            var parts = devices.Run(device, c.Inputs, [.. outputs, c.X.Shape, c.Statistics, c.Statistics], (given, taken) =>
            {
                GroupNormalization.Forward(given[0], given[1], given[2], c.Groups, Epsilon, true, taken[3], taken[4], taken[5]);
                Convolution.BackwardData(given[5], given[3], 1, taken[3]);
                GroupNormalization.Backward(given[0], given[1], given[2], taken[4], taken[5], taken[3], true, taken[0], taken[1], taken[2]);
                if (adds) Elementwise.Add(taken[0], given[6], taken[0]);
            });
            for (int i = 0; i < outputs.Length; i++) Assert.Equal(parts[i], fused[i]);
        }
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        using var scope = new DisposeScope();
        var device = devices.Get("cpu");
        Tensor Make(params int[] shape) => Tensor.Empty(device, new Shape(shape));
        Tensor x = Make(1, 4, 4, 16), channels = Make(16), weight = Make(3, 3, 16, 16), output = Make(1, 4, 4, 16), mean = Make(1, 4), deviation = Make(1, 4);
        void Refused(string expected, int groups, float epsilon, Tensor gamma, Tensor to) => Assert.Contains(
            expected, Assert.Throws<ArgumentException>(() => NormalizedConvolution.Forward(
                x, new Normalization(gamma, channels, groups, epsilon), weight, null, null, to, mean, deviation)).Message, StringComparison.Ordinal);

        Refused("NormalizedConvolution.Forward: 5 groups of 16 channels", 5, Epsilon, channels, output);
        Refused("NormalizedConvolution.Forward: epsilon is 0", 4, 0, channels, output);
        Refused("gamma", 4, Epsilon, Make(8), output);
        Refused("output", 4, Epsilon, channels, Make(1, 4, 4, 8));
        Refused("shares", 4, Epsilon, channels, x);
    }

    private sealed class Case
    {
        public Case(int[] sizes)
        {
            var random = new RandomInputs();
            int n = sizes[0], h = sizes[1], w = sizes[2], channels = sizes[3], outputs = sizes[5], kernel = sizes[6];
            Groups = sizes[4];
            Statistics = new Shape(n, Groups);
            X = random.Uniform(new Shape(n, h, w, channels));
            Gamma = random.Uniform(new Shape(channels));
            Weight = random.Uniform(new Shape(kernel, kernel, channels, outputs));
            Bias = random.Uniform(new Shape(outputs));
            Output = random.Uniform(new Shape(n, h, w, outputs));
            Inputs = [X, Gamma, random.Uniform(new Shape(channels)), Weight, Bias, Output, random.Uniform(X.Shape)];
        }

        public int Groups { get; }

        public Shape Statistics { get; }

        public HostTensor X { get; }

        public HostTensor Gamma { get; }

        public HostTensor Weight { get; }

        public HostTensor Bias { get; }

        /// <summary>A residual, and the gradient of the output.</summary>
        public HostTensor Output { get; }

        /// <summary>x, γ, β, weight, bias, residual or output gradient, addend.</summary>
        public HostTensor[] Inputs { get; }

        public Normalization Normalization(Tensor[] given) => new(given[1], given[2], Groups, Epsilon);
    }
}
