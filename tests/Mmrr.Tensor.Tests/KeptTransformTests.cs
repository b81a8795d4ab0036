using Mmrr.Kernels;

namespace Mmrr.Tests;

/// <summary>Weights that are not trained are transformed once; whatever writes them, or drops an operation, makes them be transformed again.</summary>
public class KeptTransformTests
{
    private static readonly Shape s_image = new(1, 6, 5, 16);
    private static readonly Shape s_weight = new(3, 3, 16, 32);
    private static readonly Shape s_output = new(1, 6, 5, 32);

    [Theory]
    [InlineData("nothing")]
    [InlineData("a copy")]
    [InlineData("a host buffer")]
    [InlineData("an operation in place")]
    [InlineData("a failure")]
    public void The_results_are_those_of_new_weights(string between)
    {
        var random = new RandomInputs();
        float[] images = random.Uniform(s_image).Values, first = random.Uniform(s_weight).Values, second = random.Uniform(s_weight).Values;
        using var device = Device.Open("cpu", 2);
        using var scope = new DisposeScope();
        Tensor x = Tensor.From(device, s_image, images), weight = Tensor.From(device, s_weight, first);
        weight.KeepsTransformed = true;
        float[] before = Forward(x, weight);
        Assert.Equal(Fresh(device, images, first), before);
        Assert.NotNull(weight.Transformed);
        float[] expected = first;
        switch (between)
        {
            case "a copy":
                weight.CopyFrom(second);
                expected = second;
                break;
            case "a host buffer":
                using (var buffer = new HostBuffer(device, second.Length))
                {
                    second.CopyTo(buffer.Values);
                    buffer.CopyTo(weight);
                    buffer.Wait();
                }
                expected = second;
                break;
            case "an operation in place":
                Elementwise.Scale(weight, 2, weight);
                expected = [.. first.Select(value => 2 * value)];
                break;
            case "a failure":
                weight.CopyFrom(first); // the transform that follows is enqueued after an operation that fails
                device.Enqueue("broken", _ => throw new InvalidOperationException("on purpose"));
                Assert.Throws<InvalidOperationException>(() => Forward(x, weight));
                break;
        }
        Assert.Equal(between == "nothing", weight.Transformed is not null);
        Assert.Equal(Fresh(device, images, expected), Forward(x, weight));
        Assert.NotNull(weight.Transformed);
    }

    [Fact]
    public void Disposed_weights_leave_nothing()
    {
        using var device = Device.Open("cpu", 1);
        using (var scope = new DisposeScope())
        {
            var random = new RandomInputs();
            Tensor x = Tensor.From(device, s_image, random.Uniform(s_image).Values), weight = Tensor.From(device, s_weight, random.Uniform(s_weight).Values);
            weight.KeepsTransformed = true;
            Forward(x, weight);
            Assert.Equal(3, device.LiveTensors);
        }
        Assert.Equal(0, device.LiveTensors);
    }

    private static float[] Fresh(Device device, float[] images, float[] values)
    {
        using Tensor x = Tensor.From(device, s_image, images), weight = Tensor.From(device, s_weight, values);
        return Forward(x, weight);
    }

    private static float[] Forward(Tensor x, Tensor weight)
    {
        using var y = Tensor.Empty(x.Device, s_output);
        Convolution.Forward(x, weight, null, null, 1, y);
        return y.ToArray();
    }
}
