using Mmrr.Autograd;
using Mmrr.Kernels;
using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests;

public class ScoringTests
{
    [Theory]
    [InlineData(8, 2, "uniform:7", 6, "cpu")]
    [InlineData(32, 1, "uniform:100", 5, "cpu")] // two images in a batch
    [InlineData(32, 1, "log:300", 2, "cpu")] // an image's levels in two groups
    [InlineData(8, 1, "log:3:0.2:0.9", 3, "simt")]
    [InlineData(8, 1, "log:3:0.2:0.9", 3, "ptx")]
    public void AScoreDependsOnTheImageAlone(int size, int resolutions, string schedule, int count, string name)
    {
        var levels = LevelSchedule.Parse(schedule);
        using var device = Small.Open(name);
        var options = new MmrrOptions { Size = size, Width = 16, Resolutions = resolutions };
        using var model = Small.Model(device, options);
        int length = size * size;
        float[] images = Small.Images(options, count);
        var normal = NormalStatistics.Of(model, Small.Whole(options, Small.Prepared(options, 3)), levels, ScoreRule.Deviation);
        long live = device.LiveTensors;
        var together = Scoring.Score(model, images, levels, maps: true, normal);
        int[] order = [.. Enumerable.Range(0, count).Reverse()];
        var reversed = Scoring.Score(model, [.. order.SelectMany(i => images[(i * length)..((i + 1) * length)])], levels, maps: true, normal);
        var alone = Scoring.Score(model, images.AsSpan(images.Length - length), levels, maps: true, normal);
        Assert.Equal(live, device.LiveTensors);
        for (int i = 0; i < count; i++) AssertSame(together, i, reversed, count - 1 - i, length);
        AssertSame(together, count - 1, alone, 0, length);
        var withoutMaps = Scoring.Score(model, images, levels, maps: false, normal);
        Assert.Equal(together.Paper.Refined, withoutMaps.Paper.Refined);
        Assert.Equal(together.Deviation!.Refined, withoutMaps.Deviation!.Refined);
        Assert.Empty(withoutMaps.Paper.RefinedMap.Concat(withoutMaps.Deviation.RefinedMap));
        // With statistics or without, the paper's scores are the same.
        AssertSame(together.Paper, count - 1, Scoring.Score(model, images, levels, maps: true).Paper, count - 1, length);
        Assert.Equal(count, together.Paper.Refined.Distinct().Count());
        Assert.Equal(count, together.Deviation.Refined.Distinct().Count());
    }

    /// <summary>Scores as they were computed before there were schedules, written out.</summary>
    [Theory]
    [InlineData(32, 60, 6)] // four images in a batch
    [InlineData(32, 300, 2)] // an image's levels in two groups, each with its own noise
    [InlineData(8, 15, 3)]
    public void UniformLevelsGiveTheScoresOfEarlierVersionsToTheBit(int size, int count, int images)
    {
        using var device = Small.Open("cpu");
        var options = Small.Options with { Size = size };
        using var model = Small.Model(device, options);
        float[] values = Small.Images(options, images);
        var found = Scoring.Score(model, values, LevelSchedule.Uniform(count), maps: true);
        using var scope = new DisposeScope();
        using var guard = new NoGradient();
        int pixels = size * size, group = Math.Min(count, 4 * 1024 * 1024 / (pixels * 16));
        float[] all = [.. Enumerable.Range(0, count).Select(l => (float)((double)l / (count - 1)))];
        for (int i = 0; i < images; i++)
        {
            using var x = Variable.Constant(Tensor.From(device, new Shape(1, size, size, 1), values.AsSpan(i * pixels, pixels)));
            using var e = model.Embed(x);
            using var logits = model.MaskLogits(x);
            double refined = 0, restored = 0;
            Tensor? map = null;
            for (int begin = 0; begin < count; begin += group)
            {
                float[] some = all[begin..Math.Min(count, begin + group)];
                using var levels = Small.Levels(device, 1, some);
                using var restoration = model.Restore(x, e, logits, levels, new NoiseSource(0x4D4D_5252, (ulong)begin, SameForEveryImage: true));
                using var result = model.Refine(restoration);
                Tensor mended = Tensor.Empty(device, new Shape(some.Length)), plain = Tensor.Empty(device, new Shape(some.Length));
                Tensor each = Tensor.Empty(device, new Shape(some.Length, size, size)), sum = Tensor.Empty(device, new Shape(1, size, size));
                SquaredError.PerImage(result.Value, restoration.Image.Value, mended);
                SquaredError.PerImage(restoration.Restored.Value, restoration.Image.Value, plain);
                SquaredError.PerPixel(result.Value, restoration.Image.Value, each);
                RepeatImages.Backward(each, some.Length, sum);
                if (map is null) map = sum;
                else Elementwise.Add(map, sum, map);
                foreach (float error in mended.ToArray()) refined += error;
                foreach (float error in plain.ToArray()) restored += error;
            }
            Assert.Equal(BitConverter.DoubleToInt64Bits(refined), BitConverter.DoubleToInt64Bits(found.Paper.Refined[i]));
            Assert.Equal(BitConverter.DoubleToInt64Bits(restored), BitConverter.DoubleToInt64Bits(found.Paper.Restored[i]));
            Assert.Equal(Small.Bits(map!.ToArray()), Small.Bits(found.Paper.RefinedMap[(i * pixels)..((i + 1) * pixels)]));
        }
    }

    [Fact]
    public void AScoreDoesNotDependOnTheNumberOfWorkers()
    {
        using var one = Small.Open("cpu", 1);
        using var two = Small.Open("cpu", 2);
        float[] images = Small.Images(Small.Options, 3);
        using var first = Small.Model(one, Small.Options);
        using var second = Small.Model(two, Small.Options);
        Scores Score(MmrrModel model)
        {
            var normal = NormalStatistics.Of(model, Small.Whole(Small.Options, Small.Prepared(Small.Options, 3)), LevelSchedule.Uniform(5), ScoreRule.Paper);
            return Scoring.Score(model, images, LevelSchedule.Uniform(5), maps: true, normal);
        }
        var (expected, found) = (Score(first), Score(second));
        for (int i = 0; i < 3; i++) AssertSame(expected, i, found, i, 64);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void TheScoreIsTheSumOfTheErrorsAndTheMeanOfTheMap(int channels)
    {
        var schedule = LevelSchedule.Logarithmic(6);
        using var device = Small.Open("cpu");
        var options = Small.Options with { Channels = channels };
        using var model = Small.Model(device, options);
        float[] images = Small.Images(options, 1);
        var scores = Scoring.Score(model, images, schedule, maps: true);

        using var guard = new NoGradient();
        using var x = Variable.Constant(Small.ImageTensor(device, options, 1));
        using var e = model.Embed(x);
        using var logits = model.MaskLogits(x);
        using var levels = Small.Levels(device, 1, schedule.Levels.ToArray());
        using var restored = model.Restore(x, e, logits, levels, new NoiseSource(LevelWalk.NoiseSeed, 0, SameForEveryImage: true));
        using var refined = model.Refine(restored);
        // Sums of positive numbers: a relative rounding for each term of an image, of the levels, of the channels, and for the squares.
        double bound = (images.Length + schedule.Count + channels + 4) * Rounding.U;
        AssertNear(SumOfErrors(refined, images), scores.Paper.Refined[0], bound);
        AssertNear(SumOfErrors(restored.Restored, images), scores.Paper.Restored[0], bound);
        for (int l = 0; l < schedule.Count; l++)
        {
            AssertNear(SumOfErrors(refined, images, l), scores.RefinedErrors[l], bound);
            AssertNear(SumOfErrors(restored.Restored, images, l), scores.RestoredErrors[l], bound);
        }
        AssertNear(scores.Paper.RefinedMap.Average(v => (double)v), scores.Paper.Refined[0], bound);
        AssertNear(scores.Paper.RestoredMap.Average(v => (double)v), scores.Paper.Restored[0], bound);
        Assert.Equal((64, 64), (scores.Paper.RefinedMap.Length, scores.Paper.RestoredMap.Length));
    }

    [Fact]
    public void ValuesThatAreNoWholeImagesAreRefused()
    {
        using var device = Small.Open("cpu");
        using var model = Small.Model(device, Small.Options);
        Assert.Throws<ArgumentException>(() => Scoring.Score(model, new float[65], LevelSchedule.Uniform(3), maps: false));
        Assert.Empty(Scoring.Score(model, [], LevelSchedule.Uniform(3), maps: true).Paper.Refined);
    }

    /// <summary>At one level, or at all.</summary>
    private static double SumOfErrors(Variable prediction, float[] image, int? level = null) =>
        prediction.Value.ToArray()
            .Select((p, i) => level is { } l && i / image.Length != l ? 0 : Math.Pow((double)p - image[i % image.Length], 2)).Sum() / image.Length;

    private static void AssertNear(double expected, double found, double relative) => Assert.InRange(Math.Abs(found - expected), 0, relative * expected);

    private static void AssertSame(Scores a, int i, Scores b, int j, int pixels)
    {
        int levels = a.RefinedErrors.Length / a.Paper.Refined.Length;
        Assert.Equal(Small.Bits(a.RefinedErrors[(i * levels)..((i + 1) * levels)]), Small.Bits(b.RefinedErrors[(j * levels)..((j + 1) * levels)]));
        Assert.Equal(Small.Bits(a.RestoredErrors[(i * levels)..((i + 1) * levels)]), Small.Bits(b.RestoredErrors[(j * levels)..((j + 1) * levels)]));
        AssertSame(a.Paper, i, b.Paper, j, pixels);
        Assert.Equal(a.Deviation is null, b.Deviation is null);
        if (a.Deviation is not null) AssertSame(a.Deviation, i, b.Deviation!, j, pixels);
    }

    private static void AssertSame(RuleScores a, int i, RuleScores b, int j, int pixels)
    {
        Assert.Equal(BitConverter.DoubleToInt64Bits(a.Refined[i]), BitConverter.DoubleToInt64Bits(b.Refined[j]));
        Assert.Equal(BitConverter.DoubleToInt64Bits(a.Restored[i]), BitConverter.DoubleToInt64Bits(b.Restored[j]));
        Assert.Equal(Small.Bits(a.RefinedMap[(i * pixels)..((i + 1) * pixels)]), Small.Bits(b.RefinedMap[(j * pixels)..((j + 1) * pixels)]));
        Assert.Equal(Small.Bits(a.RestoredMap[(i * pixels)..((i + 1) * pixels)]), Small.Bits(b.RestoredMap[(j * pixels)..((j + 1) * pixels)]));
    }
}
