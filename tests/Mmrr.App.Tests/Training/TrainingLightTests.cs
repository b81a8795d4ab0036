using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;
using Xunit;

namespace Mmrr.App.Tests.Training;

/// <summary>The light of images in training's batches, whole and in tiles.</summary>
public class TrainingLightTests
{
    private const int Size = 8;

    [Theory]
    [InlineData(Size, Size)]
    [InlineData(20, 13)]
    public void WithoutAugmentationTheyAreWhatScoringSees(int height, int width)
    {
        var sample = Image(height, width, 1);
        var set = new ImageSet(Size, Size, 1, [sample]);
        var light = ImageLight.Normalizing(sample.Pixels, PixelRange.Bytes);
        foreach (float[] seen in Batch(set, Augmentation.None, true, 1))
        {
            // Wherever the tile lies, its values are values of the whole image under one map.
            float[] mapped = new float[sample.Pixels.Length];
            ImagePixels.ToFloats(sample.Pixels, PixelRange.Bytes, light, mapped);
            Assert.Subset(mapped.ToHashSet(), seen.ToHashSet());
            if ((height, width) == (Size, Size)) Assert.Equal(mapped, seen);
        }
    }

    [Theory]
    [InlineData("gamma,gradient")]
    [InlineData("flip,rotate,gamma,gradient")]
    public void AugmentedImagesAreNormalisedAfterwards(string words)
    {
        var set = new ImageSet(Size, Size, 1, [Image(Size, Size, 1), Image(Size, Size, 2)]);
        float[][] first = Batch(set, Augmentation.Parse(words), true, 1), second = Batch(set, Augmentation.Parse(words), true, 2);
        foreach (float[] values in first.Concat(second))
        {
            Assert.InRange(values.Average(), -1e-5, 1e-5);
            Assert.InRange(Math.Sqrt(values.Average(v => (double)v * v)), ImageLight.Deviation - 1e-5, ImageLight.Deviation + 1e-5);
        }
        Assert.NotEqual(first[0], second[0]);
        Assert.Equal(first[0], Batch(set, Augmentation.Parse(words), true, 1)[0]);
    }

    [Fact]
    public void TheTilesOfAnImageHaveOneLightInAnEpochAndOtherImagesAnother()
    {
        // Of one value each: what a tile shows is the change of the light.
        var set = new ImageSet(Size, Size, 1, [Flat(20, 30, 100), Flat(30, 20, 100)]);
        foreach (string words in new[] { "offset", "gamma" })
        {
            var seen = new HashSet<float>();
            for (int epoch = 1; epoch <= 3; epoch++)
            {
                float[][] tiles = Batch(set, Augmentation.Parse(words), false, epoch);
                Assert.Equal(24, tiles.Length);
                float[] ofImages = [.. tiles.Chunk(12).Select(some => Assert.Single(some.SelectMany(t => t).Distinct()))];
                Assert.Equal(2, ofImages.Distinct().Count());
                seen.UnionWith(ofImages);
            }
            Assert.Equal(6, seen.Count);
        }
    }

    [Fact]
    public void ARampRunsThroughTheTilesAndTheChangedImageIsNormalisedAsAWhole()
    {
        // A flat image with a ramp: its tiles are parts of that ramp, normalised by the whole ramp's mean and deviation.
        var set = new ImageSet(Size, Size, 1, [Flat(32, 32, 150)]);
        float[][] plain = Batch(set, Augmentation.Parse("gradient"), false, 1), normalized = Batch(set, Augmentation.Parse("gradient"), true, 1);
        var random = new SplitMix64(5, 1, 0, -1);
        var change = LightChange.Draw(Augmentation.Parse("gradient"), ref random);
        float[] whole = new float[32 * 32];
        Array.Fill(whole, (150 / 127.5f) - 1);
        change.Apply(whole, 32, 1, (0, 0), (32, 32), 0);
        var light = ImageLight.Normalizing(whole);
        for (int k = 0; k < plain.Length; k++)
        {
            Assert.Subset(whole.ToHashSet(), plain[k].ToHashSet());
            float[] expected = (float[])plain[k].Clone();
            light.Apply(expected);
            Assert.Equal(expected, normalized[k]);
        }
    }

    private static float[][] Batch(ImageSet set, Augmentation augmentation, bool normalize, int epoch)
    {
        var batches = new ImageBatches(set, [.. Enumerable.Range(0, set.Samples.Count)], augmentation, normalize, PixelRange.Bytes, 5);
        var values = new float[batches.Count * batches.ImageLength];
        batches.Fill([.. Enumerable.Range(0, batches.Count)], epoch, values);
        return [.. values.Chunk(batches.ImageLength)];
    }

    private static Sample Flat(int height, int width, byte value) => new("", height, width, Enumerable.Repeat(value, height * width).ToArray(), false, "good");

    /// <summary>Random, without extremes.</summary>
    private static Sample Image(int height, int width, int seed)
    {
        var pixels = new byte[height * width];
        new Random(seed).NextBytes(pixels);
        return new("", height, width, Array.ConvertAll(pixels, v => (byte)(60 + (v / 2))), false, "good");
    }
}
