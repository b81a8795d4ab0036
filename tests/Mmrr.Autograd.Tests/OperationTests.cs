using Mmrr.Autograd;
using Xunit;

namespace Mmrr.Tests;

/// <summary>Every operation on every device.</summary>
public sealed class OperationTests(OpenDevices devices) : IClassFixture<OpenDevices>
{
    public static TheoryData<string, string> Cases { get; } =
        [.. from device in new[] { "cpu", "simt", "ptx", "cuda" } from operation in OperationCase.All select (operation.Name, device)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void GradientsAreThoseOfTheReference(string name, string deviceName)
    {
        var device = devices.Get(deviceName);
        var operation = Find(name);
        var report = GradientCheck.Run(operation.Function, operation.Values, device, operation.Reference).EnsurePassed();
        Assert.Equal(operation.Inputs.Sum(shape => shape.Count), report.Elements);
        Assert.Equal(0, device.LiveTensors);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void OutputsAreThoseOfTheReference(string name, string deviceName)
    {
        var device = devices.Get(deviceName);
        using var scope = new DisposeScope();
        var operation = Find(name);
        Variable[] inputs = [.. operation.Values.Select(input => Variable.Constant(Tensor.From(device, input.Item1, input.Item2)))];
        float[] output = operation.Function(inputs).Value.ToArray();
        double[] expected = operation.Reference([.. operation.Values.Select(input => input.Item2.Select(value => (double)value).ToArray())]);
        Assert.Equal(expected.Length, output.Length);
        for (int i = 0; i < output.Length; i++) Assert.Equal(expected[i], output[i], 2e-5);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AGradientIsTheSameWhenItAloneIsAskedFor(string name, string deviceName)
    {
        var device = devices.Get(deviceName);
        var operation = Find(name);
        float[]?[] all = Gradients(operation, device, -1);
        for (int i = 0; i < all.Length; i++)
        {
            float[]?[] one = Gradients(operation, device, i);
            for (int k = 0; k < all.Length; k++) Assert.Equal(k == i ? all[k] : null, one[k]);
        }
    }

    private static OperationCase Find(string name) => OperationCase.All.Single(operation => operation.Name == name);

    /// <param name="only">The one input that asks for a gradient; −1 for all.</param>
    private static float[]?[] Gradients(OperationCase operation, Device device, int only)
    {
        using var scope = new DisposeScope();
        Variable[] inputs = [.. operation.Values.Select((input, i) =>
            only < 0 || only == i ? Variable.Parameter(Value(input)) : Variable.Constant(Value(input)))];
        var output = operation.Function(inputs);
        output.Backward(TestDevices.Tensor(device, output.Shape, 5));
        float[]?[] gradients = [.. inputs.Select(input => input.Gradient?.ToArray())];
        foreach (var input in inputs) input.Dispose();
        return gradients;

        Tensor Value((Shape Shape, float[] Values) input) => Tensor.From(device, input.Shape, input.Values);
    }
}
