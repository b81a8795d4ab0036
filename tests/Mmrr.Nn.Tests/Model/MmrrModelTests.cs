using Mmrr.Autograd;
using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests.Model;

public sealed class MmrrModelTests : IDisposable
{
    private static readonly NoiseSource s_noise = new(Seed: 11, Stream: 5, SameForEveryImage: false);
    private readonly Device _device = Small.Open("cpu");

    // Nothing here goes backward.
    private readonly NoGradient _guard = new();

    public void Dispose()
    {
        _guard.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void MasksAreExactAtTheEndsAndOfTheirMeanBetween()
    {
        var options = Small.Options with { Channels = 3 };
        float[] levels = [0, 0.001f, 0.3f, 0.5f, 0.999f, 1];
        using var restored = Run(options, 2, s_noise, levels, out _);
        int length = restored.Mask.Shape.Count / (2 * levels.Length);
        for (int row = 0; row < 2 * levels.Length; row++)
        {
            float level = levels[row % levels.Length];
            float[] m = Row(restored.Mask.Value, row, length), e = Row(restored.Embedding.Value, row, length);
            float[] noise = Row(restored.Noise, row, length), restricted = Row(restored.Restricted.Value, row, length);
            if (level is 0 or 1)
            {
                Assert.All(m, v => Assert.Equal(level, v));
                Assert.Equal(level == 0 ? noise : e, restricted);
                continue;
            }
            Assert.All(m, v => Assert.InRange(v, 0, 1));
            // The solver's tolerance, and the rounding of the sigmoids themselves.
            Assert.InRange(Math.Abs(m.Average(v => (double)v) - level), 0, 1e-6 + (4 * Rounding.U));
            Assert.True(m.Max() - m.Min() > 1e-4 * level);
        }
    }

    [Fact]
    public void TheRestrictedEmbeddingIsTheBlendOfEmbeddingAndNoise()
    {
        using var restored = Run(Small.Options, 3, s_noise, [0.2f, 0.7f], out float[] images);
        float[] e = restored.Embedding.Value.ToArray(), m = restored.Mask.Value.ToArray(), noise = restored.Noise.ToArray();
        float[] found = restored.Restricted.Value.ToArray();
        for (int i = 0; i < found.Length; i++)
        {
            Assert.Equal(Philox.Uniform(s_noise.Seed, s_noise.Stream, (ulong)i, -1, 1), noise[i]);
            double expected = ((double)e[i] * m[i]) + ((double)noise[i] * (1.0 - m[i]));
            // Four roundings, each of a number below 2.
            Assert.InRange(Math.Abs(found[i] - expected), 0, 4 * 2 * Rounding.U);
        }
        Assert.All(e, v => Assert.InRange(v, -1, 1));
        Assert.All(restored.Restored.Value.ToArray(), v => Assert.InRange(v, -1, 1));
        int length = images.Length / 3;
        for (int row = 0; row < 6; row++) Assert.Equal(images[(row / 2 * length)..((row / 2 * length) + length)], Row(restored.Image.Value, row, length));
    }

    [Fact]
    public void SeveralLevelsTogetherAreThoseOfEachAlone()
    {
        var same = s_noise with { SameForEveryImage = true };
        using var both = Run(Small.Options, 2, same, [0.25f, 0.25f], out float[] images);
        using var model = Small.Model(_device, Small.Options);
        int length = images.Length / 2;
        for (int n = 0; n < 2; n++)
        {
            using var x = Variable.Constant(Tensor.From(_device, new Shape(1, 8, 8, 1), images.AsSpan(n * length, length)));
            using var e = model.Embed(x);
            using var logits = model.MaskLogits(x);
            using var levels = Small.Levels(_device, 1, 0.25f);
            using var one = model.Restore(x, e, logits, levels, same);
            Assert.Equal(one.Mask.Value.ToArray(), Row(both.Mask.Value, 2 * n, length));
            Assert.Equal(one.Noise.ToArray(), Row(both.Noise, 2 * n, length));
            Assert.Equal(one.Restored.Value.ToArray(), Row(both.Restored.Value, 2 * n, length));
        }
    }

    [Fact]
    public void WithoutEmbeddingTheImageItselfIsMasked()
    {
        using var restored = Run(Small.Options with { Embedding = false }, 2, s_noise, [0.5f], out float[] images);
        Assert.Equal(images, restored.Embedding.Value.ToArray());
    }

    [Fact]
    public void AConstantMaskIsTheLevelEverywhere()
    {
        using var restored = Run(Small.Options with { Mask = MaskKind.Constant }, 2, s_noise, [0, 0.3f, 1], out _);
        Assert.Equal(Enumerable.Range(0, 6 * 64).Select(i => new[] { 0, 0.3f, 1 }[i / 64 % 3]), restored.Mask.Value.ToArray());
    }

    [Fact]
    public void ABernoulliMaskIsZeroOrOneWithTheLevelsFrequency()
    {
        var options = new MmrrOptions { Channels = 3, Size = 64, Width = 16, Resolutions = 1, Mask = MaskKind.Bernoulli };
        float[] levels = [0, 0.1f, 0.5f, 0.9f, 1];
        using var restored = Run(options, 1, s_noise, levels, out float[] images);
        int n = images.Length;
        for (int l = 0; l < levels.Length; l++)
        {
            float[] m = Row(restored.Mask.Value, l, n), noise = Row(restored.Noise, l, n);
            Assert.All(m, v => Assert.True(v is 0 or 1));
            // Five standard deviations of a binomial count; exact at 0 and 1.
            double mu = levels[l], bound = 5 * Math.Sqrt(mu * (1 - mu) / n);
            Assert.InRange(Math.Abs(m.Average(v => (double)v) - mu), 0, bound);
            // Mask and noise are drawn from different streams: the noise under the mask has the mean 0 and variance 1/3 of all noise.
            double kept = m.Sum();
            if (kept > 0) Assert.InRange(Math.Abs(m.Zip(noise, (a, b) => (double)a * b).Sum() / kept), 0, 5 / Math.Sqrt(3 * kept));
        }
    }

    [Fact]
    public void TheRefinementReadsItsInputsInTheOrderOfTheOptions()
    {
        RefinementInput[][] lists =
        [
            [.. Small.Options.RefinementInputs],
            [RefinementInput.Restored, RefinementInput.Restricted, RefinementInput.Mask],
            [RefinementInput.Mask],
        ];
        Assert.Equal([RefinementInput.Image, RefinementInput.Embedding, RefinementInput.Mask, RefinementInput.Noise], lists[0]);
        foreach (var list in lists)
        {
            var options = Small.Options with { Channels = 3, RefinementInputs = list };
            using var model = Small.Model(_device, options);
            using var restored = Run(model, 2, s_noise, [0.4f], out _);
            using var refined = model.Refine(restored);
            float[] expected = Manual(model, restored, list);
            Assert.Equal(Small.Bits(expected), Small.Bits(refined.Value.ToArray()));
            if (list.Length > 1) Assert.NotEqual(expected, Manual(model, restored, [.. list.Reverse()]));
        }
    }

    [Theory]
    [InlineData(2, 16, 8, 2, "channels")]
    [InlineData(1, 24, 8, 2, "width")]
    [InlineData(1, 16, 9, 2, "size")]
    [InlineData(1, 16, 8, 9, "resolutions")]
    public void OptionsOutOfTheirRangeAreNamed(int channels, int width, int size, int resolutions, string word)
    {
        var options = new MmrrOptions { Channels = channels, Width = width, Size = size, Resolutions = resolutions };
        Assert.Contains(word, Assert.Throws<ArgumentException>(() => new MmrrModel(_device, options)).Message, StringComparison.Ordinal);
        Assert.Equal(0, _device.LiveTensors);
    }

    /// <summary>x̂ + f_ref of the inputs put one behind the other by the test.</summary>
    private float[] Manual(MmrrModel model, MmrrRestoration restored, RefinementInput[] list)
    {
        float[][] parts = [.. list.Select(input => input switch
        {
            RefinementInput.Image => restored.Image.Value.ToArray(),
            RefinementInput.Restored => restored.Restored.Value.ToArray(),
            RefinementInput.Embedding => restored.Embedding.Value.ToArray(),
            RefinementInput.Restricted => restored.Restricted.Value.ToArray(),
            RefinementInput.Mask => restored.Mask.Value.ToArray(),
            _ => restored.Noise.ToArray(),
        })];
        int channels = model.Options.Channels, total = channels * list.Length;
        var joined = new float[parts[0].Length * list.Length];
        for (int i = 0; i < joined.Length; i++) joined[i] = parts[i % total / channels][(i / total * channels) + (i % channels)];
        using var x = Variable.Constant(Tensor.From(_device, new Shape(2, 8, 8, total), joined));
        using var r = model.RefinementNetwork.Forward(x);
        return [.. restored.Restored.Value.ToArray().Zip(r.Value.ToArray(), (a, b) => a + b)];
    }

    private MmrrRestoration Run(MmrrOptions options, int count, NoiseSource noise, float[] levels, out float[] images)
    {
        using var model = Small.Model(_device, options);
        return Run(model, count, noise, levels, out images);
    }

    private MmrrRestoration Run(MmrrModel model, int count, NoiseSource noise, float[] levels, out float[] images)
    {
        images = Small.Images(model.Options, count);
        using var x = Variable.Constant(Small.ImageTensor(_device, model.Options, count));
        using var e = model.Embed(x);
        using var logits = model.MaskLogits(x);
        using var mu = Small.Levels(_device, count, levels);
        return model.Restore(x, e, logits, mu, noise);
    }

    private static float[] Row(Tensor tensor, int row, int length) => tensor.ToArray()[(row * length)..((row + 1) * length)];
}
