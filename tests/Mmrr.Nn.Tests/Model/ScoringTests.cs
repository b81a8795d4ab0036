using Mmrr.Autograd;
using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests.Model;

public class ScoringTests
{
    [Fact]
    public void LevelsGoFromZeroToOneInEqualSteps()
    {
        Assert.Equal([0f, 1f], Scoring.Levels(2));
        Assert.Equal([0f, 0.25f, 0.5f, 0.75f, 1f], Scoring.Levels(5));
        Assert.Equal(Enumerable.Range(0, 60).Select(l => (float)(l / 59.0)), Scoring.Levels(60));
        Assert.Throws<ArgumentOutOfRangeException>(() => Scoring.Levels(1));
    }

    [Theory]
    [InlineData(8, 2, 7, 6, "cpu")]
    [InlineData(32, 1, 100, 5, "cpu")] // two images in a batch
    [InlineData(32, 1, 300, 2, "cpu")] // an image's levels in two groups
    [InlineData(8, 1, 3, 3, "simt")]
    public void AScoreDependsOnTheImageAlone(int size, int resolutions, int levels, int count, string name)
    {
        using var device = Small.Open(name);
        var options = new MmrrOptions { Size = size, Width = 16, Resolutions = resolutions };
        using var model = Small.Model(device, options);
        int length = size * size;
        float[] images = Small.Images(options, count);
        long live = device.LiveTensors;
        var together = Scoring.Score(model, images, levels, maps: true);
        int[] order = [.. Enumerable.Range(0, count).Reverse()];
        var reversed = Scoring.Score(model, [.. order.SelectMany(i => images[(i * length)..((i + 1) * length)])], levels, maps: true);
        var alone = Scoring.Score(model, images.AsSpan(images.Length - length), levels, maps: true);
        Assert.Equal(live, device.LiveTensors);
        for (int i = 0; i < count; i++) AssertSame(together, i, reversed, count - 1 - i, length);
        AssertSame(together, count - 1, alone, 0, length);
        var withoutMaps = Scoring.Score(model, images.AsSpan(images.Length - length), levels, maps: false);
        Assert.Equal(alone.Refined, withoutMaps.Refined);
        Assert.Empty(withoutMaps.RefinedMap);
        Assert.Equal(count, together.Refined.Distinct().Count());
    }

    [Fact]
    public void AScoreDoesNotDependOnTheNumberOfWorkers()
    {
        using var one = Small.Open("cpu", 1);
        using var two = Small.Open("cpu", 2);
        float[] images = Small.Images(Small.Options, 3);
        using var first = Small.Model(one, Small.Options);
        using var second = Small.Model(two, Small.Options);
        var expected = Scoring.Score(first, images, 5, maps: true);
        var found = Scoring.Score(second, images, 5, maps: true);
        for (int i = 0; i < 3; i++) AssertSame(expected, i, found, i, 64);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void TheScoreIsTheSumOfTheErrorsAndTheMeanOfTheMap(int channels)
    {
        const int Levels = 6;
        using var device = Small.Open("cpu");
        var options = Small.Options with { Channels = channels };
        using var model = Small.Model(device, options);
        float[] images = Small.Images(options, 1);
        var scores = Scoring.Score(model, images, Levels, maps: true);

        using var guard = new NoGradient();
        using var x = Variable.Constant(Small.ImageTensor(device, options, 1));
        using var e = model.Embed(x);
        using var logits = model.MaskLogits(x);
        using var levels = Small.Levels(device, 1, Scoring.Levels(Levels));
        using var restored = model.Restore(x, e, logits, levels, new NoiseSource(Scoring.NoiseSeed, 0, SameForEveryImage: true));
        using var refined = model.Refine(restored);
        // Sums of positive numbers: a relative rounding for each term of an image, of the levels, of the channels, and for the squares.
        double bound = (images.Length + Levels + channels + 4) * Rounding.U;
        AssertNear(SumOfErrors(refined, images), scores.Refined[0], bound);
        AssertNear(SumOfErrors(restored.Restored, images), scores.Restored[0], bound);
        AssertNear(scores.RefinedMap.Average(v => (double)v), scores.Refined[0], bound);
        AssertNear(scores.RestoredMap.Average(v => (double)v), scores.Restored[0], bound);
        Assert.Equal((64, 64), (scores.RefinedMap.Length, scores.RestoredMap.Length));
    }

    [Fact]
    public void ValuesThatAreNoWholeImagesAreRefused()
    {
        using var device = Small.Open("cpu");
        using var model = Small.Model(device, Small.Options);
        Assert.Throws<ArgumentException>(() => Scoring.Score(model, new float[65], 3, maps: false));
        Assert.Throws<ArgumentOutOfRangeException>(() => Scoring.Score(model, new float[64], 1, maps: false));
        Assert.Empty(Scoring.Score(model, [], 3, maps: true).Refined);
    }

    private static double SumOfErrors(Variable prediction, float[] image) =>
        prediction.Value.ToArray().Select((p, i) => Math.Pow((double)p - image[i % image.Length], 2)).Sum() / image.Length;

    private static void AssertNear(double expected, double found, double relative) => Assert.InRange(Math.Abs(found - expected), 0, relative * expected);

    private static void AssertSame(Scores a, int i, Scores b, int j, int pixels)
    {
        Assert.Equal(BitConverter.DoubleToInt64Bits(a.Refined[i]), BitConverter.DoubleToInt64Bits(b.Refined[j]));
        Assert.Equal(BitConverter.DoubleToInt64Bits(a.Restored[i]), BitConverter.DoubleToInt64Bits(b.Restored[j]));
        Assert.Equal(Small.Bits(a.RefinedMap[(i * pixels)..((i + 1) * pixels)]), Small.Bits(b.RefinedMap[(j * pixels)..((j + 1) * pixels)]));
        Assert.Equal(Small.Bits(a.RestoredMap[(i * pixels)..((i + 1) * pixels)]), Small.Bits(b.RestoredMap[(j * pixels)..((j + 1) * pixels)]));
    }
}
