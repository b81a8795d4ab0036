using Mmrr.Kernels;

namespace Mmrr.Tests;

[Trait("Category", "Operation")]
public class NoiseBlendTests(TestDevices devices)
{
    public static TheoryData<string, int[]> Images =>
        TestDevices.Rows([[1, 1, 1, 1], [1, 5, 9, 3], [2, 2, 3, 16]], [[2, 33, 31, 3], [7, 32, 32, 3], [1, 64, 64, 16]]);

    [Theory]
    [MemberData(nameof(Images))]
    public void Forward_is_within_its_rounding_errors(string device, int[] sizes)
    {
        var (e, m, noise, _) = Inputs(sizes);
        double[] Blend(double[] x, double[] y) => [.. x.Select((value, i) => (value * m.Doubles[i]) + (y[i] * (1 - m.Doubles[i])))];
        // m and 1 − m are not negative, so the blend of the absolute values is the magnitude. Two terms, and the rounding of 1 − m.
        var expected = ErrorBound.Sum(Blend(e.Doubles, noise.Doubles), Blend(ErrorBound.Magnitude(e.Doubles), ErrorBound.Magnitude(noise.Doubles)), 3);
        var actual = devices.Run(device, [e, m, noise], [e.Shape], (given, taken) => NoiseBlend.Forward(given[0], given[1], given[2], taken[0]));
        expected.Check(actual[0], "output");
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void Backward_gives_the_gradients_that_are_asked_for(string device, int[] sizes)
    {
        var (e, m, noise, g) = Inputs(sizes);
        // g·m is rounded once; g·(e − ε) may also be g·e − g·ε.
        var expectedE = ErrorBound.Relative([.. g.Doubles.Zip(m.Doubles, (x, y) => x * y)], 1);
        var expectedM = ErrorBound.Sum(
            [.. g.Doubles.Select((value, i) => value * (e.Doubles[i] - noise.Doubles[i]))],
            [.. g.Doubles.Select((value, i) => Math.Abs(value) * (Math.Abs(e.Doubles[i]) + Math.Abs(noise.Doubles[i])))],
            2);
        HostTensor[] inputs = [e, m, noise, g];
        var both = devices.Run(device, inputs, [e.Shape, e.Shape], (given, taken) =>
            NoiseBlend.Backward(given[0], given[1], given[2], given[3], taken[0], taken[1]));
        expectedE.Check(both[0], "e gradient");
        expectedM.Check(both[1], "m gradient");
        var onlyE = devices.Run(device, inputs, [e.Shape], (given, taken) => NoiseBlend.Backward(given[0], given[1], given[2], given[3], taken[0], null));
        expectedE.Check(onlyE[0], "e gradient alone");
        var onlyM = devices.Run(device, inputs, [e.Shape], (given, taken) => NoiseBlend.Backward(given[0], given[1], given[2], given[3], null, taken[0]));
        expectedM.Check(onlyM[0], "m gradient alone");
    }

    private static (HostTensor E, HostTensor M, HostTensor Noise, HostTensor Gradient) Inputs(int[] sizes)
    {
        var random = new RandomInputs();
        var shape = new Shape(sizes);
        return (random.Uniform(shape), random.Uniform(shape, 0, 1), random.Uniform(shape), random.Uniform(shape));
    }
}
