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
        [2, 33, 31, 64, 48, 3, 1], [1, 64, 64, 16, 16, 3, 1], [2, 17, 13, 48, 32, 3, 2], [1, 16, 16, 128, 128, 3, 1], [3, 9, 7, 128, 64, 1, 1],
        [2, 32, 32, 3, 32, 3, 1], [2, 32, 32, 32, 3, 3, 1], [5, 8, 8, 64, 64, 3, 2], [2, 9, 8, 96, 80, 3, 1],
        [9, 4, 4, 80, 160, 3, 1], [7, 11, 10, 16, 48, 3, 1], [1, 20, 24, 20, 12, 1, 1], [1, 65, 7, 5, 33, 3, 2],
    ];

    // The tiled GPU kernels with 64 and 256 threads a group: more than one block of pixels and of channels, edges that are no multiple of it, channels that
    // fill no step of eight, sums in shares, both strides. A barrier of 256 simulated threads takes milliseconds: few steps.
    private static readonly (int Lanes, int[] Sizes)[] s_tiled =
    [
        (64, [1, 1, 1, 4, 4, 3, 1]), (64, [2, 5, 9, 20, 12, 3, 1]), (64, [2, 9, 7, 12, 68, 3, 2]), (64, [1, 9, 8, 68, 72, 1, 1]), (64, [1, 5, 6, 68, 8, 1, 2]),
        (64, [3, 3, 10, 4, 16, 3, 2]), (256, [1, 13, 10, 68, 132, 1, 1]), (256, [1, 4, 3, 4, 68, 3, 1]), (256, [1, 4, 3, 68, 4, 3, 2]),
    ];

    public static TheoryData<string, int[]> Cases => TestDevices.Rows(s_small, s_large, s_tiled);

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

    private static bool UsesWinograd(string device, ConvolutionSizes s) =>
        device == "cpu" && s.K == 3 && s.Stride == 1 && WinogradProduct.Suits(s.H, s.W, s.C, s.O);

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
