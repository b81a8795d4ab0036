using Mmrr.Autograd;
using Mmrr.Kernels;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;
using Mmrr.Training.Runs;
using Xunit;

namespace Mmrr.App.Tests.Training;

/// <summary>What chooses the epoch.</summary>
public sealed class ValidationLossTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(16)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(300)]
    public void EveryImageHasLevelsFromAllOfTheRangeAndTogetherTheyFillItEvenly(int images)
    {
        int levels = ValidationLoss.LevelsOf(images), pairs = images * levels;
        Assert.InRange(pairs, 256, Math.Max(256 + images - 1, images));
        float[] found = ValidationLoss.Levels(images, levels, 7);
        Assert.Equal(Enumerable.Range(0, pairs).Select(i => (float)((i + 0.5) / pairs)), found.Order());
        for (int i = 0; i < images; i++)
        {
            for (int k = 0; k < levels; k++) Assert.InRange(found[(i * levels) + k], (float)k / levels, (float)(k + 1) / levels);
        }
        Assert.Equal(found, ValidationLoss.Levels(images, levels, 7));
        if (images > 1) Assert.NotEqual(found, ValidationLoss.Levels(images, levels, 8));
        // Not in the images' order: with one permutation for all parts an image would be low, or high, in each.
        if (images is > 1 and < 256) Assert.True(Enumerable.Range(0, levels).Select(k => Array.IndexOf(Ranks(k), 0)).Distinct().Count() > 1);

        int[] Ranks(int k) =>
            [.. Enumerable.Range(0, images).Select(i => Enumerable.Range(0, images).Count(j => found[(j * levels) + k] < found[(i * levels) + k]))];
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void ItIsTheMeanOverAllPairs(int number)
    {
        using var device = Device.Open("cpu", 2);
        using var model = new MmrrModel(device, new MmrrOptions { Size = 8, Width = 16, Resolutions = 1 });
        model.Initialize(5);
        var images = Images(3, 8);
        var phase = model.Phases[number - 1];
        long live = device.LiveTensors;
        var validation = new ValidationLoss(phase, images, 4, 9);
        double found = validation.Measure(CancellationToken.None)!.Value;
        Assert.Equal(live, device.LiveTensors);
        Assert.Equal(found, validation.Measure(CancellationToken.None));
        Assert.Null(validation.Measure(new CancellationToken(canceled: true)));

        // All 3·86 pairs fit into one restoration here; the mean of its squares in float64.
        int levels = ValidationLoss.LevelsOf(3);
        var values = new float[3 * 64];
        images.Fill([0, 1, 2], 0, values);
        using var scope = new DisposeScope();
        using var guard = new NoGradient();
        using var x = Variable.Constant(Tensor.From(device, new Shape(3, 8, 8, 1), values));
        using var e = model.Embed(x);
        using var logits = model.MaskLogits(x);
        using var restoration = model.Restore(
            x, e, logits, Tensor.From(device, new Shape(3, levels), ValidationLoss.Levels(3, levels, 9)), new NoiseSource(9, 1ul << 62, false));
        using var refined = model.Refine(restoration);
        float[] predicted = (number == 1 ? restoration.Restored : refined).Value.ToArray();
        double expected = predicted.Select((p, i) => Math.Pow(p - values[(i / (64 * levels) * 64) + (i % 64)], 2)).Average();
        // A float32 sum of n squares, in any order, is off by at most n·2^-24 of itself; three roundings go before it.
        double bound = (predicted.Length + 3) * Math.Pow(2, -24);
        Assert.InRange(found / expected, 1 - bound, 1 + bound);
    }

    [Theory]
    [InlineData(8, 16)] // all at once
    [InlineData(128, 1)] // sixteen rows: the levels of an image in several parts
    [InlineData(128, 40)] // and sixteen images with one level each would be more than that
    public void EveryImageAndLevelCountsOnceHoweverTheyAreComputedTogether(int size, int count)
    {
        using var device = Device.Open("cpu", 2);
        using var model = new MmrrModel(device, new MmrrOptions { Size = size, Width = 16, Resolutions = 1, Mask = MaskKind.Constant, Embedding = false });
        // Networks of zeros restore zeros: the loss of an image is its mean square at every level and noise.
        foreach (var (_, network) in model.Networks())
        {
            foreach (var (_, variable) in network.Parameters()) Elementwise.Fill(0, variable.Value);
        }
        var images = Images(count, size);
        var values = new float[count * size * size];
        images.Fill([.. Enumerable.Range(0, count)], 0, values);
        double expected = values.Average(v => (double)v * v),
            found = new ValidationLoss(model.Phases[0], images, 4, 2).Measure(CancellationToken.None)!.Value;
        double bound = ((values.Length * ValidationLoss.LevelsOf(count)) + 3) * Math.Pow(2, -24);
        Assert.InRange(found / expected, 1 - Math.Min(bound, 1e-3), 1 + Math.Min(bound, 1e-3));
    }

    [Theory]
    [InlineData(270, 5400, 1, 1)] // 810 passes to 48,600
    [InlineData(16, 288, 2, 4)] // 288 to 2,592, and 544 to 1,728
    [InlineData(3, 24, 13, 37)] // 264 to 216, and 522 to 144
    public void WhereEpochsAreShortItIsMeasuredLessOften(int images, int trained, int first, int second)
    {
        using var device = Device.Open("cpu", 1);
        using var model = new MmrrModel(device, new MmrrOptions { Size = 8, Width = 16, Resolutions = 1 });
        Assert.Equal(first, new ValidationLoss(model.Phases[0], Images(images, 8), 4, 2).Every(trained));
        Assert.Equal(second, new ValidationLoss(model.Phases[1], Images(images, 8), 4, 2).Every(trained));
    }

    private static ImageBatches Images(int count, int size)
    {
        var random = new Random(count);
        Sample Next(int i)
        {
            var pixels = new byte[size * size];
            random.NextBytes(pixels);
            return new Sample($"{i}", size, size, pixels, false, "good");
        }
        return new ImageBatches(
            new ImageSet(size, size, 1, [.. Enumerable.Range(0, count).Select(Next)]),
            [.. Enumerable.Range(0, count)],
            Augmentation.None,
            false,
            PixelRange.Bytes,
            2);
    }
}
