using Mmrr.Autograd;
using Mmrr.Nn.Checkpoints;
using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests.Layers;

public sealed class UNetTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("unet").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1, 16, 2)]
    [InlineData(3, 32, 4)]
    [InlineData(1, 16, 1)]
    public void NamesOrderAndShapesInAFileAreThoseOfTheFormat(int channels, int width, int resolutions)
    {
        using var device = Small.Open("cpu", 1);
        using var model = new MmrrModel(device, new MmrrOptions { Channels = channels, Size = 32, Width = width, Resolutions = resolutions });
        List<(string Name, int[] Shape)> expected =
        [
            .. ParameterList.Of("f_e", channels, channels, width, resolutions), .. ParameterList.Of("f_m", channels, channels, width, resolutions),
            .. ParameterList.Of("f_res", channels, channels, width, resolutions), .. ParameterList.Of("f_ref", 4 * channels, channels, width, resolutions),
        ];
        var found = Checkpoint.Snapshot(model.Networks());
        Assert.Equal(expected.Select(p => p.Name), found.Select(p => p.Name));
        Assert.Equal(expected.Select(p => string.Join('x', p.Shape)), found.Select(p => string.Join('x', p.Shape)));
        Assert.All(found, p => Assert.Equal(p.Shape.Aggregate(1, (a, b) => a * b), p.Values.Length));
    }

    [Fact]
    public void NetworksThatTheOptionsLeaveOutHaveNoNames()
    {
        using var device = Small.Open("cpu", 1);
        using var model = new MmrrModel(device, Small.Options with
        {
            Embedding = false,
            Mask = MaskKind.Constant,
            RefinementInputs = [RefinementInput.Restored, RefinementInput.Restricted, RefinementInput.Mask],
        });
        Assert.Equal(["f_res", "f_ref"], model.Networks().Select(n => n.Name));
        Assert.Equal(["f_res"], model.RestorationNetworks().Select(n => n.Name));
        Assert.Equal(
            ParameterList.Of("f_ref", 3, 1, 16, 2).Select(p => string.Join('x', p.Shape)),
            Checkpoint.Snapshot([("f_ref", model.RefinementNetwork)]).Select(p => string.Join('x', p.Shape)));
    }

    [Theory]
    [InlineData(1, 1, 16, 2)]
    [InlineData(12, 3, 32, 4)]
    [InlineData(4, 1, 16, 1)]
    public void TheNumberOfParametersIsThatOfTheFormula(int inputs, int outputs, int width, int resolutions)
    {
        // A block from w to w: two norms of 2w, two convolutions of 9w² + w. One from 2w to w: norms of 4w and 2w, convolutions of 18w² + w
        // and 9w² + w, a shortcut of 2w² + w.
        long w = width, block = (18 * w * w) + (6 * w), wide = (29 * w * w) + (9 * w);
        long expected = (9 * inputs * w) + w + (2 * resolutions * block) + ((resolutions - 1) * ((2 * ((9 * w * w) + w)) + wide + block))
            + (2 * w) + (9 * w * outputs) + outputs;
        using var device = Small.Open("cpu", 1);
        using var network = new UNet(device, inputs, outputs, width, resolutions);
        Assert.Equal(expected, network.ParameterCount);
    }

    [Theory]
    [InlineData("cpu", 1)]
    [InlineData("cpu", 3)]
    [InlineData("simt", 1)]
    [InlineData("ptx", 1)]
    public void ACheckpointOfPyTorchsLayoutGivesTheReferencesResult(string name, int channels)
    {
        var options = Small.Options with { Channels = channels };
        int size = options.Size, inputs = 4 * channels;
        var restoration = ParameterList.Random(
            new[] { "f_e", "f_m", "f_res" }.SelectMany(n => ParameterList.Of(n, channels, channels, options.Width, options.Resolutions)), 1);
        var refinement = ParameterList.Random(ParameterList.Of("f_ref", inputs, channels, options.Width, options.Resolutions), 2);
        Checkpoint.Save(Path.Combine(_folder, Checkpoint.RestorationFile), options, restoration);
        Checkpoint.Save(Path.Combine(_folder, Checkpoint.RefinementFile), options, refinement);

        using var device = Small.Open(name);
        using var model = (MmrrModel)Checkpoint.Load(_folder, device);
        var random = new Random(3);
        float[] values = [.. Enumerable.Range(0, size * size * inputs).Select(_ => (float)((2 * random.NextDouble()) - 1))];
        using var guard = new NoGradient();
        using var x = Variable.Constant(Tensor.From(device, new Shape(1, size, size, inputs), values));
        using var y = model.RefinementNetwork.Forward(x);

        double[][] planes =
            [.. Enumerable.Range(0, inputs).Select(c => Enumerable.Range(0, size * size).Select(i => (double)values[(i * inputs) + c]).ToArray())];
        var expected = new UNetReference(refinement, "f_ref", options.Resolutions).Forward(planes, size);
        double scale = expected.SelectMany(p => p).Max(Math.Abs);
        double bound = Rounding.Gamma(Rounding.Depth(options.Resolutions), Rounding.LongestSum(options, 1)) * scale;
        double error = Distance(expected, y.Value.ToArray());
        Assert.InRange(error, 0, bound);
        // The bound would notice the two halves of up.0's input in the other order.
        var swapped = new UNetReference(refinement, "f_ref", options.Resolutions) { SkipFirst = true }.Forward(planes, size);
        Assert.True(Distance(swapped, y.Value.ToArray()) > 100 * bound);
    }

    /// <summary>The largest difference between planes [C][H·W] and pixels [H·W·C].</summary>
    private static double Distance(double[][] planes, float[] pixels) =>
        Enumerable.Range(0, pixels.Length).Max(i => Math.Abs(planes[i % planes.Length][i / planes.Length] - pixels[i]));
}
