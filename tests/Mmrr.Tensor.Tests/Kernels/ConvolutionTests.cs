using Mmrr.Kernels;

namespace Mmrr.Tests;

[Trait("Category", "Operation")]
public class ConvolutionTests(TestDevices devices)
{
    // Images, height, width, channels, outputs, K, stride. One pixel, odd sides, channels that fill no vector.
    private static readonly int[][] s_small =
    [
        [1, 1, 1, 1, 1, 3, 1], [1, 1, 1, 3, 5, 1, 1], [1, 5, 9, 3, 5, 3, 1], [1, 5, 9, 5, 20, 3, 2], [2, 3, 5, 12, 16, 1, 1], [1, 4, 3, 16, 3, 1, 2],
        [2, 2, 2, 16, 16, 3, 1], [1, 3, 3, 16, 16, 3, 1], [2, 5, 9, 16, 32, 3, 1], [1, 3, 4, 20, 12, 3, 1], [3, 2, 3, 1, 16, 3, 2], [1, 6, 7, 32, 48, 3, 1],
        [3, 5, 4, 16, 1, 3, 1], [2, 4, 7, 2, 48, 3, 1], [2, 9, 5, 16, 20, 3, 2], [1, 9, 8, 64, 33, 1, 1], [1, 12, 11, 3, 16, 3, 1], [2, 12, 3, 5, 4, 3, 1],
    ];

    // Past the blocks that a kernel may cut its work into: pixels, channels, images.
    private static readonly int[][] s_large =
    [
        [1, 64, 64, 16, 16, 3, 1], [2, 17, 13, 48, 32, 3, 2], [1, 16, 16, 128, 128, 3, 1], [3, 9, 7, 128, 64, 1, 1],
        [2, 32, 32, 3, 32, 3, 1], [2, 32, 32, 32, 3, 3, 1], [5, 8, 8, 64, 64, 3, 2], [2, 9, 8, 96, 80, 3, 1],
        [9, 4, 4, 80, 160, 3, 1], [7, 11, 10, 16, 48, 3, 1], [1, 20, 24, 20, 12, 1, 1], [1, 65, 7, 5, 33, 3, 2],
    ];

    // Of these ptx has the same kernels and edges in smaller cases.
    private static readonly int[][] s_heavy =
    [
        [2, 33, 31, 64, 48, 3, 1], [1, 60, 57, 80, 64, 3, 1], [2, 33, 31, 20, 48, 5, 1], [1, 64, 40, 16, 20, 7, 1], [3, 23, 17, 48, 33, 7, 3],
        [1, 40, 41, 16, 16, 11, 1], [9, 33, 20, 5, 20, 11, 4], [2, 41, 29, 64, 32, 3, 3],
    ];

    // The tiled GPU kernels with 64 and 256 threads a group: more than one block of pixels and of channels, edges that are no multiple of it, channels that
    // fill no step of eight, sums in shares, both strides. A barrier of 256 simulated threads takes milliseconds: few steps.
    private static readonly (int Lanes, int[] Sizes)[] s_tiled =
    [
        (64, [1, 1, 1, 4, 4, 3, 1]), (64, [2, 5, 9, 20, 12, 3, 1]), (64, [2, 9, 7, 12, 68, 3, 2]), (64, [1, 9, 8, 68, 72, 1, 1]), (64, [1, 5, 6, 68, 8, 1, 2]),
        (64, [3, 3, 10, 4, 16, 3, 2]), (256, [1, 13, 10, 68, 132, 1, 1]), (256, [1, 4, 3, 4, 68, 3, 1]), (256, [1, 4, 3, 68, 4, 3, 2]),
    ];

    // Other kernels and strides: one pixel, images smaller than the kernel or than the stride, strides above the kernel, sides that the stride does not divide.
    private static readonly int[][] s_other =
    [
        [1, 1, 1, 1, 1, 5, 1], [1, 1, 1, 3, 5, 11, 4], [2, 5, 9, 3, 5, 5, 1], [1, 5, 9, 5, 20, 5, 2], [1, 3, 2, 16, 16, 5, 1], [2, 7, 10, 16, 3, 5, 3],
        [1, 9, 7, 1, 16, 5, 4], [1, 1, 6, 20, 5, 7, 1], [1, 6, 7, 3, 16, 7, 1], [1, 5, 4, 5, 3, 7, 2], [2, 7, 9, 16, 5, 7, 3], [1, 4, 11, 1, 1, 7, 4],
        [1, 4, 3, 3, 5, 11, 1], [1, 13, 5, 1, 3, 11, 2], [1, 6, 13, 5, 1, 11, 3], [1, 2, 3, 16, 20, 3, 3], [2, 9, 7, 3, 5, 3, 3], [1, 9, 10, 5, 16, 3, 4],
        [1, 7, 8, 3, 20, 1, 3], [2, 6, 5, 16, 3, 1, 4], [1, 2, 3, 3, 5, 3, 5], [1, 5, 4, 1, 3, 5, 9], [1, 3, 4, 3, 1, 3, int.MaxValue],
    ];

    // Several bands, past the blocks of channels.
    private static readonly int[][] s_otherLarge =
    [
        [2, 17, 25, 32, 16, 5, 2], [4, 30, 31, 33, 48, 1, 3], [1, 20, 13, 16, 20, 7, 1], [2, 11, 9, 48, 33, 7, 3], [1, 13, 17, 16, 16, 11, 1],
        [9, 13, 8, 5, 20, 11, 4],
    ];

    // Both sides of the limit of the tiled GPU kernels: K = 5, strides 1 and 2.
    private static readonly (int Lanes, int[] Sizes)[] s_otherTiled =
    [
        (64, [1, 1, 1, 4, 4, 5, 1]), (64, [1, 3, 5, 12, 20, 5, 1]), (64, [2, 7, 6, 20, 8, 5, 2]), (64, [1, 3, 4, 4, 8, 7, 1]), (64, [1, 7, 4, 4, 8, 5, 3]),
    ];

    public static TheoryData<string, int[]> Cases =>
        TestDevices.Rows([.. s_small, .. s_other], [.. s_large, .. s_otherLarge], s_heavy, [.. s_tiled, .. s_otherTiled]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_is_within_its_rounding_errors(string device, int[] sizes)
    {
        var s = new ConvolutionSizes(sizes);
        var random = new RandomInputs();
        HostTensor x = random.Uniform(s.X), weight = random.Uniform(s.Weight), bias = random.Uniform(s.Bias), residual = random.Uniform(s.Output);
        double[] product = ConvolutionReference.Forward(s, x.Doubles, weight.Doubles, null, null);
        bool winograd = UsesWinograd(device, s);
        double[] magnitude = winograd
            ? WinogradReference.Magnitude(s.N, s.H, s.W, s.C, s.O, x.Doubles, weight.Doubles)
            : ConvolutionReference.Forward(s, ErrorBound.Magnitude(x.Doubles), ErrorBound.Magnitude(weight.Doubles), null, null);
        foreach (var (withBias, withResidual) in new[] { (false, false), (true, false), (false, true), (true, true) })
        {
            double Added(int i) => (withBias ? bias.Doubles[i % s.O] : 0) + (withResidual ? residual.Doubles[i] : 0);
            double AddedMagnitude(int i) => (withBias ? Math.Abs(bias.Doubles[i % s.O]) : 0) + (withResidual ? Math.Abs(residual.Doubles[i]) : 0);
            // A sum of K²·C products, a bias and a residual.
            var expected = ErrorBound.Sum(
                [.. product.Select((y, i) => y + Added(i))], [.. magnitude.Select((y, i) => y + AddedMagnitude(i))],
                (winograd ? WinogradReference.Roundings(s.C) : s.K * s.K * s.C) + 2);
            var actual = devices.Run(device, [x, weight, bias, residual], [s.Output], (given, taken) =>
                Convolution.Forward(given[0], given[1], withBias ? given[2] : null, withResidual ? given[3] : null, s.Stride, taken[0]));
            expected.Check(actual[0], $"output (bias {withBias}, residual {withResidual})");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void BackwardData_is_within_its_rounding_errors(string device, int[] sizes)
    {
        var s = new ConvolutionSizes(sizes);
        var random = new RandomInputs();
        HostTensor outputGradient = random.Uniform(s.Output), weight = random.Uniform(s.Weight);
        // Each element is a sum of at most K²·O products; where the stride skips a pixel, of none.
        double[] gradient = ConvolutionReference.BackwardData(s, outputGradient.Doubles, weight.Doubles);
        var expected = UsesWinograd(device, s)
            ? ErrorBound.Sum(
                gradient, WinogradReference.Magnitude(s.N, s.H, s.W, s.O, s.C, outputGradient.Doubles, Turned(s, weight.Doubles)),
                WinogradReference.Roundings(s.O))
            : ErrorBound.Sum(
                gradient, ConvolutionReference.BackwardData(s, ErrorBound.Magnitude(outputGradient.Doubles), ErrorBound.Magnitude(weight.Doubles)),
                s.K * s.K * s.O);
        var actual = devices.Run(device, [outputGradient, weight], [s.X], (given, taken) =>
            Convolution.BackwardData(given[0], given[1], s.Stride, taken[0]));
        expected.Check(actual[0], "x gradient");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void BackwardWeight_is_within_its_rounding_errors(string device, int[] sizes)
    {
        var s = new ConvolutionSizes(sizes);
        var random = new RandomInputs();
        HostTensor x = random.Uniform(s.X), outputGradient = random.Uniform(s.Output);
        // Each element is a sum over the N·OH·OW output pixels.
        int terms = s.N * s.OH * s.OW;
        double[] gradient = ConvolutionReference.BackwardWeight(s, x.Doubles, outputGradient.Doubles);
        var expectedWeight = UsesWinograd(device, s)
            ? ErrorBound.Sum(
                gradient, WinogradReference.WeightMagnitude(s.N, s.H, s.W, s.C, s.O, x.Doubles, outputGradient.Doubles),
                WinogradReference.WeightRoundings(s.N * ((s.H + 3) / 4) * ((s.W + 3) / 4)))
            : ErrorBound.Sum(
                gradient, ConvolutionReference.BackwardWeight(s, ErrorBound.Magnitude(x.Doubles), ErrorBound.Magnitude(outputGradient.Doubles)), terms);
        var expectedBias = ErrorBound.Sum(
            ConvolutionReference.BackwardBias(s, outputGradient.Doubles),
            ConvolutionReference.BackwardBias(s, ErrorBound.Magnitude(outputGradient.Doubles)),
            terms);
        var both = devices.Run(device, [x, outputGradient], [s.Weight, s.Bias], (given, taken) =>
            Convolution.BackwardWeight(given[0], given[1], s.Stride, taken[0], taken[1]));
        expectedWeight.Check(both[0], "weight gradient");
        expectedBias.Check(both[1], "bias gradient");
        var alone = devices.Run(device, [x, outputGradient], [s.Weight], (given, taken) =>
            Convolution.BackwardWeight(given[0], given[1], s.Stride, taken[0], null));
        expectedWeight.Check(alone[0], "weight gradient without the bias's");
    }

    [Theory]
    [MemberData(nameof(Biases))]
    public void A_bias_is_added_and_its_gradient_summed(string device, int[] sizes)
    {
        var shape = new Shape(sizes);
        int channels = sizes[3];
        var random = new RandomInputs();
        HostTensor x = random.Uniform(shape), bias = random.Uniform(new Shape(channels));
        var both = devices.Run(device, [x, bias], [shape, shape], (given, taken) =>
        {
            Convolution.AddBias(given[0], given[1], taken[0]);
            Elementwise.Scale(given[0], 1, taken[1]);
            Convolution.AddBias(taken[1], given[1], taken[1]);
        });
        var expected = ErrorBound.Relative([.. x.Doubles.Select((value, i) => value + bias.Doubles[i % channels])], 1);
        expected.Check(both[0], "output");
        expected.Check(both[1], "in place");
        var sums = new ConvolutionSizes(sizes[0], sizes[1], sizes[2], 1, channels, 1, 1);
        var gradient = devices.Run(device, [x], [bias.Shape], (given, taken) => Convolution.BiasGradient(given[0], taken[0]));
        ErrorBound.Sum(
            ConvolutionReference.BackwardBias(sums, x.Doubles), ConvolutionReference.BackwardBias(sums, ErrorBound.Magnitude(x.Doubles)),
            sizes[0] * sizes[1] * sizes[2]).Check(gradient[0], "bias gradient");
    }

    // Images, height, width, channels.
    public static TheoryData<string, int[]> Biases => TestDevices.Rows(
        [[1, 1, 1, 1], [1, 5, 9, 3], [2, 3, 4, 16], [3, 2, 5, 20]], [[5, 33, 31, 40], [2, 64, 65, 3]], (64, [2, 7, 11, 12]));

    private static bool UsesWinograd(string device, ConvolutionSizes s) =>
        device == "cpu"
        && WinogradProduct.Suits(Convolution.Geometry.Of("test", new Shape(s.N, s.H, s.W, s.C), new Shape(s.K, s.K, s.C, s.O), s.Stride));

    /// <summary>The data gradient's weights [3, 3, O, C]: turned by 180°, inputs and outputs exchanged.</summary>
    private static double[] Turned(ConvolutionSizes s, double[] weight)
    {
        var turned = new double[weight.Length];
        for (int tap = 0; tap < 9; tap++)
        {
            for (int c = 0; c < s.C; c++)
            {
                for (int o = 0; o < s.O; o++) turned[((((8 - tap) * s.O) + o) * s.C) + c] = weight[(((tap * s.C) + c) * s.O) + o];
            }
        }
        return turned;
    }

    [Theory]
    [InlineData(2, 5, 4, 3, 2, 3, 1)]
    [InlineData(1, 5, 4, 2, 3, 3, 2)]
    [InlineData(2, 3, 4, 3, 2, 1, 1)]
    [InlineData(1, 4, 5, 2, 2, 1, 2)]
    [InlineData(1, 4, 6, 2, 3, 5, 1)]
    [InlineData(1, 8, 5, 2, 2, 7, 3)]
    public void The_reference_gradients_are_those_of_the_reference(int n, int h, int w, int c, int o, int k, int stride)
    {
        var s = new ConvolutionSizes(n, h, w, c, o, k, stride);
        var random = new RandomInputs();
        double[] x = random.Doubles(s.X.Count), weight = random.Doubles(s.Weight.Count), bias = random.Doubles(s.O), g = random.Doubles(s.Output.Count);
        GradientCheck.Check(x, g, v => ConvolutionReference.Forward(s, v, weight, bias, null), ConvolutionReference.BackwardData(s, g, weight), "x");
        GradientCheck.Check(weight, g, v => ConvolutionReference.Forward(s, x, v, bias, null), ConvolutionReference.BackwardWeight(s, x, g), "weight");
        GradientCheck.Check(bias, g, v => ConvolutionReference.Forward(s, x, weight, v, null), ConvolutionReference.BackwardBias(s, g), "bias");
    }
}
