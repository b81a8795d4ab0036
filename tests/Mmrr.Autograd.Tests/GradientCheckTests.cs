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
        foreach (var operation in OperationCase.All.Where(operation => operation.Name != "group norm, relu"))
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

    private static double[] Squares(double[][] inputs) => [.. inputs[0].Select(x => x * x)];
}
