using Mmrr.Autograd;
using Xunit;

namespace Mmrr.Tests;

/// <summary>The check itself: it passes what is right, and fails what is wrong.</summary>
public sealed class GradientCheckTests
{
    private static readonly IReadOnlyList<(Shape, float[])> s_input = [(new Shape(3, 5), TestDevices.Values(15, 3))];

    [Theory]
    [InlineData("cpu")]
    [InlineData("simt")]
    public void AnOwnOperationPasses(string deviceName)
    {
        using var device = TestDevices.Open(deviceName);
        GradientCheck.Run(v => new Square(v[0]).Run(), s_input, device).EnsurePassed();
        var report = GradientCheck.Run(v => new Square(v[0]).Run(), s_input, device, Squares).EnsurePassed();
        Assert.Equal((15, deviceName, true), (report.Elements, report.Device, report.Exact));
        Assert.Equal(0, device.LiveTensors);
    }

    [Fact]
    public void WithoutAReferenceEveryOperationPassesToo()
    {
        using var device = TestDevices.Open("cpu");
        // ReLU on normalised values may have its kink within the step of float32.
        foreach (var operation in OperationCase.All.Where(operation => !operation.Name.StartsWith("group norm, relu", StringComparison.Ordinal)))
        {
            var report = GradientCheck.Run(operation.Function, operation.Values, device);
            Assert.True(report.Passed, $"{operation.Name}: {report}");
        }
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1.9f)]
    [InlineData(2.1f)]
    [InlineData(-2f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void AWrongBackwardFails(float slope)
    {
        using var device = TestDevices.Open("cpu");
        foreach (var reference in new Func<double[][], double[]>?[] { null, Squares })
        {
            var report = GradientCheck.Run(v => new Square(v[0], slope).Run(), s_input, device, reference, seed: 77);
            Assert.False(report.Passed);
            Assert.Contains("seed 77", Assert.Throws<InvalidOperationException>(report.EnsurePassed).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void WithAReferenceOneInFiveHundredIsFound()
    {
        using var device = TestDevices.Open("cpu");
        Assert.False(GradientCheck.Run(v => new Square(v[0], 2.004f).Run(), s_input, device, Squares).Passed);
    }

    [Fact]
    public void OneWrongElementIsFoundAndNamed()
    {
        using var device = TestDevices.Open("cpu");
        static Tensor Spoil(Tensor gradient)
        {
            float[] values = gradient.ToArray();
            values[7] += 0.1f;
            return Tensor.From(gradient.Device, gradient.Shape, values);
        }
        IReadOnlyList<(Shape, float[])> two = [.. s_input, .. s_input];
        var report = GradientCheck.Run(v => v[0].Add(new Broken(v[1], Spoil).Run()), two, device, v => [.. v[0].Zip(v[1], (a, b) => a + b)]);
        Assert.False(report.Passed);
        Assert.Equal((1, 7), (report.Input, report.Element));
        Assert.Equal(0.1, report.Error, 1e-5);
    }

    [Fact]
    public void AnInputWithoutAGradientMustHaveNoEffect()
    {
        using var device = TestDevices.Open("cpu");
        GradientCheck.Run(v => v[0].Tanh(), [.. s_input, .. s_input], device).EnsurePassed();
        Assert.False(GradientCheck.Run(v => v[0].NoiseBlend(v[0], v[1].Value), [.. s_input, .. s_input], device).Passed);
    }

    [Fact]
    public void AReferenceOfAnotherSizeIsRefused()
    {
        using var device = TestDevices.Open("cpu");
        Assert.Throws<ArgumentException>(() => GradientCheck.Run(v => v[0].Tanh(), s_input, device, _ => [1.0]));
    }

    [Fact]
    public void SeveralOutputsAreCheckedTogether()
    {
        using var device = TestDevices.Open("cpu");
        static IReadOnlyList<Variable> Both(Variable x, float slope) => [x.Tanh(), new Square(x, slope).Run()];
        static double[][] Reference(double[][] v) => [[.. v[0].Select(Math.Tanh)], Squares(v)];
        GradientCheck.RunAll(v => Both(v[0], 2f), s_input, device, Reference).EnsurePassed();
        GradientCheck.RunAll(v => Both(v[0], 2f), s_input, device).EnsurePassed();
        Assert.False(GradientCheck.RunAll(v => Both(v[0], 2.1f), s_input, device, Reference).Passed);
        Assert.Equal(0, device.LiveTensors);
    }

    [Fact]
    public void StepAndTolerancesAreTheCallers()
    {
        using var device = TestDevices.Open("cpu");
        // Off by a tenth of x, and |x| is at most 1.
        GradientCheckReport Check(double? atol, double? rtol) =>
            GradientCheck.Run(v => new Square(v[0], 2.1f).Run(), s_input, device, Squares, eps: 1e-4, atol: atol, rtol: rtol);
        Assert.False(Check(null, null).Passed);
        Assert.True(Check(0.11, null).Passed);
        Assert.True(Check(1e-6, 0.06).Passed);
        Assert.False(Check(1e-6, 0.04).Passed);
        Assert.Equal(1e-6 + (0.04 * Math.Abs(Check(1e-6, 0.04).Numeric)), Check(1e-6, 0.04).Tolerance, 1e-9);
        Assert.Throws<ArgumentOutOfRangeException>(() => GradientCheck.Run(v => v[0].Tanh(), s_input, device, eps: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Check(-1, null));
    }

    [Fact]
    public void ABackwardThatIsNotDeterministicFails()
    {
        using var device = TestDevices.Open("cpu");
        int runs = 0;
        Tensor Vary(Tensor gradient)
        {
            float[] values = gradient.ToArray();
            values[0] += 1e-6f * runs++; // far below the tolerance
            return Tensor.From(gradient.Device, gradient.Shape, values);
        }
        var report = GradientCheck.Run(v => new Broken(v[0], Vary).Run(), s_input, device, v => v[0]);
        Assert.False(report.Passed);
        Assert.True(report.Error <= report.Tolerance);
        Assert.Contains("a second backward gave other bits", report.ToString(), StringComparison.Ordinal);
    }

    private static double[] Squares(double[][] inputs) => [.. inputs[0].Select(x => x * x)];
}
