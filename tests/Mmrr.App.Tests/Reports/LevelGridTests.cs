using Mmrr.Nn;
using Mmrr.Training.Pictures;
using Xunit;

namespace Mmrr.App.Tests.Reports;

public sealed class LevelGridTests
{
    [Theory]
    [InlineData(1, 16, 5, MaskKind.Learned, true)]
    [InlineData(3, 16, 4, MaskKind.Learned, true)]
    [InlineData(3, 16, 4, MaskKind.Learned, true, true)]
    [InlineData(3, 16, 4, MaskKind.Bernoulli, true)]
    [InlineData(1, 16, 4, MaskKind.Constant, false)]
    [InlineData(1, 64, 70, MaskKind.Learned, true)] // two groups of levels, each with its own noise
    public void ItIsWhatTheScoreSaw(int channels, int size, int levels, MaskKind mask, bool embedding, bool normalize = false)
    {
        using var device = Device.Open("cpu");
        using var model = new MmrrModel(device, new MmrrOptions
        {
            Channels = channels,
            Size = size,
            Width = 16,
            Resolutions = 1,
            Mask = mask,
            Embedding = embedding,
            Normalize = normalize
        });
        model.Initialize(3);
        var pixels = new byte[size * size * channels];
        new Random(size + levels).NextBytes(pixels);
        var light = ImageLight.Of(model.Options, new PreparedImage(pixels, size, size));
        var grid = LevelGrid.Compute(model, pixels, light, LevelSchedule.Uniform(levels));
        var image = new float[pixels.Length];
        ImagePixels.ToFloats(pixels, PixelRange.Bytes, light, image);
        var scores = Scoring.Score(model, image, LevelSchedule.Uniform(levels), maps: false);

        // A restored pixel is off by at most half a step of a byte, and so is the root of their mean squared error.
        for (int l = 0; l < levels; l++)
        {
            double squares = grid.Tiles("restored")[l].Pixels.ToArray().Select((b, i) => Math.Pow((b / 127.5) - 1 - image[i], 2)).Average();
            Assert.InRange(Math.Sqrt(squares) - Math.Sqrt(scores.RestoredErrors[l]), -0.5 / 127.5 - 1e-4, (0.5 / 127.5) + 1e-4);
        }
        foreach (var tiles in new[] { grid.Tiles("mask"), grid.Tiles("restored"), grid.Tiles("refined") }) Assert.Equal(levels, tiles.Count);
        Assert.Equal(normalize ? [.. image.Select(v => (byte)(((v + 1) * 127.5f) + 0.5f))] : pixels, grid.Image.Pixels.ToArray());
        Assert.All(grid.Tiles("mask"), m => Assert.Equal((size, size, 1), (m.Height, m.Width, m.Channels)));

        // Black at level 0, white at 1, between them as bright as the level says: a byte is off by at most half a step, the mean of a mask by 1e-6.
        Assert.Equal([0, 255], new[] { grid.Tiles("mask")[0], grid.Tiles("mask")[^1] }.Select(m => (int)Assert.Single(m.Pixels.ToArray().Distinct())));
        if (mask == MaskKind.Bernoulli) return;
        Assert.All(
            Enumerable.Range(0, levels), l => Assert.InRange(grid.Tiles("mask")[l].Pixels.ToArray().Average(b => b / 255.0) - grid.Levels[l], -0.0021, 0.0021));
        byte[] embedded = grid.Tiles("embedding")[0].Pixels.ToArray();
        Assert.Equal([0, 255], new[] { embedded.Min(), embedded.Max() }.Select(b => (int)b));
    }

    [Fact]
    public void PixelsOfAnotherSizeAreRefused()
    {
        using var device = Device.Open("cpu");
        using var model = new MmrrModel(device, new MmrrOptions { Channels = 1, Size = 8, Width = 16, Resolutions = 1 });
        Assert.Contains(
            "[8, 8, 1]",
            Assert.Throws<ArgumentException>(
                () => LevelGrid.Compute(model, new byte[63], ImageLight.Unchanged, LevelSchedule.Uniform(3))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void ASheetHasABandForEveryFifteenLevels()
    {
        using var device = Device.Open("cpu");
        using var model = new MmrrModel(device, new MmrrOptions { Channels = 1, Size = 8, Width = 16, Resolutions = 1 });
        model.Initialize(1);
        int[] heights =
            [.. new[] { 15, 16, 30, 31 }.Select(levels =>
                LevelSheet.Render(LevelGrid.Compute(model, new byte[64], ImageLight.Unchanged, LevelSchedule.Uniform(levels))).Height)];
        Assert.Equal((heights[1], heights[1] - heights[0]), (heights[2], heights[3] - heights[2]));
        Assert.True(heights[0] < heights[1]);
    }
}
