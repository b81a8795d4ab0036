using Mmrr.Autograd;
using Mmrr.Nn.Optimizers;
using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests.Optimizers;

public sealed class WeightAverageTests
{
    [Theory]
    [InlineData("cpu", 0.9)]
    [InlineData("cpu", 0.999)]
    [InlineData("cpu", 0)]
    [InlineData("simt", 0.9)]
    [InlineData("ptx", 0.9)]
    public void FollowsADoublePrecisionReference(string name, double decay)
    {
        using var device = Small.Open(name);
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        var shape = new Shape(3, 7);
        using var parameter = Variable.Parameter(Tensor.From(device, shape, Values()));
        using var average = new WeightAverage([parameter], decay);
        double[] expected = [.. parameter.Value.ToArray().Select(v => (double)v)];
        long live = device.LiveTensors;
        const int Steps = 30;
        for (int t = 0; t < Steps; t++)
        {
            parameter.Value.CopyFrom(Values());
            average.Update();
            double d = Math.Min(decay, (1.0 + t) / (10 + t));
            float[] value = parameter.Value.ToArray();
            for (int i = 0; i < expected.Length; i++) expected[i] += (1 - d) * (value[i] - expected[i]);
        }
        Assert.Equal(live, device.LiveTensors);
        Assert.Equal(Steps, average.Updates);
        float[] found = Assert.Single(average.Values());
        // Of values below 1 a step rounds a difference below 2 (u·2), a product with the rounded weight (u·2 + u·2) and a sum (u): 7u, and earlier
        // errors do not grow.
        for (int i = 0; i < found.Length; i++)
            Assert.True(Math.Abs(found[i] - expected[i]) <= 7 * Steps * Rounding.U, $"seed {seed}: {found[i]}, expected {expected[i]}");

        float[] Values() => [.. Enumerable.Range(0, 21).Select(_ => (float)((2 * random.NextDouble()) - 1))];
    }

    [Fact]
    public void ExchangedTwiceAllIsAsBeforeAndAnotherGoesOnAlike()
    {
        using var device = Small.Open("cpu");
        using var parameter = Variable.Parameter(Tensor.From(device, new Shape(4), [1f, -2f, 1e-30f, -0f]));
        using var average = new WeightAverage([parameter], 0.9);
        parameter.Value.CopyFrom([3f, 5f, 7f, 1e-38f]);
        average.Update();
        float[] values = parameter.Value.ToArray(), averages = average.Values()[0];
        average.Exchange();
        Assert.Equal(Small.Bits(averages), Small.Bits(parameter.Value.ToArray()));
        average.Exchange();
        Assert.Equal(Small.Bits(values), Small.Bits(parameter.Value.ToArray()));
        Assert.Equal(Small.Bits(averages), Small.Bits(average.Values()[0]));

        using var other = new WeightAverage([parameter], 0.9);
        other.Restore(average.Updates, average.Values());
        parameter.Value.CopyFrom([0f, 1f, 2f, 3f]);
        average.Update();
        other.Update();
        Assert.Equal(Small.Bits(average.Values()[0]), Small.Bits(other.Values()[0]));
        Assert.Throws<ArgumentException>(() => other.Restore(1, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WeightAverage([parameter], 1));
    }
}
