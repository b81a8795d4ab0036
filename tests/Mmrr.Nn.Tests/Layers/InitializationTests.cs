using Mmrr.Autograd;
using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests.Layers;

public class InitializationTests
{
    [Fact]
    public void ValuesArePyTorchsDefaults()
    {
        using var device = Small.Open("cpu");
        using var model = Small.Model(device, Small.Options);
        foreach (var (prefix, network) in model.Networks())
        {
            float bound = 0;
            foreach (var (name, variable) in network.Parameters())
            {
                float[] values = variable.Value.ToArray();
                if (name.Contains("norm", StringComparison.Ordinal))
                {
                    float expected = name.EndsWith(".weight", StringComparison.Ordinal) ? 1 : 0;
                    Assert.All(values, v => Assert.Equal(expected, v));
                    continue;
                }
                // Kaiming-uniform with a = √5: 1/√fan, and a convolution's bias has its weight's fan.
                if (variable.Shape.Rank == 4) bound = 1 / MathF.Sqrt(values.Length / variable.Shape[3]);
                Assert.All(values, v => Assert.InRange(v, -bound, bound));
                if (values.Length < 1000) continue;
                // A uniform number on ±b has variance b²/3; five standard errors of a mean, and of a mean square (variance 4b⁴/45).
                double n = values.Length;
                Assert.InRange(Math.Abs(values.Average(v => (double)v)), 0, 5 * bound / Math.Sqrt(3 * n));
                Assert.InRange(Math.Abs(values.Average(v => (double)v * v) - (bound * bound / 3.0)), 0, 5 * bound * bound * Math.Sqrt(4 / (45 * n)));
            }
        }
    }

    // 5·5·6 products make a result of a transposed convolution at most; its weight is [5, 5, 40, 6].
    [Fact]
    public void ATransposedConvolutionsFanCountsItsInputs()
    {
        using var device = Small.Open("cpu");
        using var layer = new ConvTranspose2d(device, 6, 40, 5, stride: 2, outputPadding: 1);
        Initialization.Initialize(layer, "f", 3);
        float bound = 1 / MathF.Sqrt(5 * 5 * 6);
        foreach (var (name, variable) in layer.Parameters())
        {
            float[] values = variable.Value.ToArray();
            Assert.All(values, v => Assert.InRange(v, -bound, bound));
            Assert.True(values.Max() > 0.8f * bound, name);
        }
        using var x = Variable.Constant(Tensor.From(device, new Shape(2, 3, 4, 6), new float[144]));
        using var y = layer.Forward(x);
        Assert.Equal(new Shape(2, 6, 8, 40), y.Shape);
        // On zeros, what is left is the bias.
        float[] bias = layer.Parameters().Single(p => p.Name == "bias").Variable.Value.ToArray();
        Assert.Equal(Enumerable.Repeat(bias, 2 * 6 * 8).SelectMany(values => values), y.Value.ToArray());
        var plan = new ConvTranspose2d(null, 6, 40, 5);
        Assert.Equal([("weight", new Shape(5, 5, 40, 6)), ("bias", new Shape(40))], plan.ParameterShapes());
    }

    [Fact]
    public void ANetworksValuesDoNotDependOnWhatElseIsMade()
    {
        using var device = Small.Open("cpu");
        using var whole = Small.Model(device, Small.Options, seed: 7);
        using var part = Small.Model(device, Small.Options with { Embedding = false, Mask = MaskKind.Constant }, seed: 7);
        using var alone = new UNet(device, 1, 1, 16, 2);
        Initialization.Initialize(alone, "f_res", 7);
        Assert.Equal(Values(whole.RestorationNetwork), Values(part.RestorationNetwork));
        Assert.Equal(Values(whole.RestorationNetwork), Values(alone));
        Assert.Equal(Values(whole.RefinementNetwork), Values(part.RefinementNetwork));
    }

    [Fact]
    public void NamesAndSeedsDrawValuesOfTheirOwn()
    {
        using var device = Small.Open("cpu");
        using var one = Small.Model(device, Small.Options, seed: 1);
        using var two = Small.Model(device, Small.Options, seed: 2);
        float[] First(UNet network, string name) => network.Parameters().First(p => p.Name == name).Variable.Value.ToArray();
        float[][] drawn =
        [
            First(one.RestorationNetwork, "down.0.0.conv1.weight"), First(one.RestorationNetwork, "down.0.0.conv2.weight"),
            First(one.RestorationNetwork, "down.1.0.conv1.weight"), First(one.EmbeddingNetwork!, "down.0.0.conv1.weight"),
            First(two.RestorationNetwork, "down.0.0.conv1.weight"),
        ];
        for (int i = 0; i < drawn.Length; i++)
        {
            // Of 2,304 numbers with 24 random bits, hardly one agrees by chance.
            for (int j = 0; j < i; j++) Assert.InRange(drawn[i].Zip(drawn[j]).Count(p => p.First == p.Second), 0, 2);
        }
    }

    [Theory]
    [InlineData("simt")]
    [InlineData("ptx")]
    [InlineData("cuda")]
    public void EveryDeviceDrawsTheSameBits(string name)
    {
        using var cpu = Small.Open("cpu");
        using var device = Small.Open(name);
        using var expected = Small.Model(cpu, Small.Options with { Channels = 3 }, seed: 5);
        using var found = Small.Model(device, Small.Options with { Channels = 3 }, seed: 5);
        foreach (var (a, b) in expected.Networks().Zip(found.Networks())) Assert.Equal(Values(a.Network), Values(b.Network));
    }

    private static int[] Values(Module network) => Small.Bits(network.Parameters().SelectMany(p => p.Variable.Value.ToArray()));
}
