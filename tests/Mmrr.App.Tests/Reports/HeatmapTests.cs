using Mmrr.Training.Pictures;
using Xunit;

namespace Mmrr.App.Tests.Reports;

public sealed class HeatmapTests
{
    [Theory]
    [InlineData(0.0f, 0, 0, 4)]
    [InlineData(0.25f, 87, 16, 110)]
    [InlineData(0.5f, 188, 55, 84)]
    [InlineData(0.75f, 249, 142, 9)]
    [InlineData(1.0f, 252, 255, 164)]
    public void FollowsMatplotlibsInferno(float value, int red, int green, int blue)
    {
        Rgb colour = Heatmap.Render([value], 1, 1, 0, 1)[0, 0];
        Assert.InRange(colour.R, red - 8, red + 8);
        Assert.InRange(colour.G, green - 8, green + 8);
        Assert.InRange(colour.B, blue - 8, blue + 8);
    }

    [Fact]
    public void TheRangeIsScaledAndClamped()
    {
        Tile map = Heatmap.Render([-5, 2, 3, 4, 9, 3], 2, 3, 2, 4);
        Tile levels = Heatmap.Render([0, 0.5f, 1], 1, 3, 0, 1);
        Assert.Equal((2, 3, 3), (map.Height, map.Width, map.Channels));
        Assert.Equal(levels[0, 0], map[0, 0]);
        Assert.Equal(levels[0, 0], map[0, 1]);
        Assert.Equal(levels[0, 1], map[0, 2]);
        Assert.Equal(levels[0, 2], map[1, 0]);
        Assert.Equal(levels[0, 2], map[1, 1]);
        Assert.Equal(levels[0, 1], map[1, 2]);
    }

    [Fact]
    public void BrightnessRisesWithTheValue()
    {
        Tile ramp = Heatmap.Render([.. Enumerable.Range(0, 101).Select(i => i / 100f)], 1, 101, 0, 1);
        double[] luma = [.. Enumerable.Range(0, 101).Select(i => 0.2126 * ramp[0, i].R + 0.7152 * ramp[0, i].G + 0.0722 * ramp[0, i].B)];
        for (int i = 2; i < luma.Length; i += 2)
            Assert.True(luma[i] > luma[i - 2], $"level {i}%");
    }

    [Fact]
    public void AConstantMapHasOneColourEvenInAnEmptyRange()
    {
        Tile map = Heatmap.Render([3, 3, 3, 3], 2, 2, 3, 3);
        Rgb darkest = Heatmap.Render([0], 1, 1, 0, 1)[0, 0];
        Assert.All([map[0, 0], map[0, 1], map[1, 0], map[1, 1]], colour => Assert.Equal(darkest, colour));
    }

    [Fact]
    public void AnOverlayShowsTheImageWhereTheMapIsLow()
    {
        Tile image = new(1, 3, 1, [200, 200, 200]);
        Tile overlay = Heatmap.Overlay(image, [0, 1, 1], 0, 1, opacity: 1);
        Assert.Equal(new Rgb(200, 200, 200), overlay[0, 0]);
        Assert.Equal(Heatmap.Render([1], 1, 1, 0, 1)[0, 0], overlay[0, 1]);

        Rgb half = Heatmap.Overlay(new Tile(1, 1, 3, [10, 20, 30]), [1], 0, 1, opacity: 0.5)[0, 0];
        Rgb full = overlay[0, 2];
        Assert.Equal((10 + full.R) / 2.0, half.R, 0.5);
        Assert.Equal((20 + full.G) / 2.0, half.G, 0.5);
        Assert.Equal((30 + full.B) / 2.0, half.B, 0.5);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void NonFiniteValuesAreRefused(float bad)
    {
        Assert.Throws<ArgumentException>(() => Heatmap.Render([0, bad], 1, 2, 0, 1));
        Assert.Throws<ArgumentException>(() => Heatmap.Overlay(new Tile(1, 2, 1, [0, 0]), [0, bad], 0, 1));
        Assert.Throws<ArgumentException>(() => Heatmap.Render([0, 0], 1, 2, bad, 1));
        Assert.Throws<ArgumentException>(() => Heatmap.Render([0, 0], 1, 2, 0, bad));
    }

    [Fact]
    public void SizesAndRangesThatDoNotFitAreRefused()
    {
        Assert.Throws<ArgumentException>(() => Heatmap.Render([0, 0, 0], 2, 2, 0, 1));
        Assert.Throws<ArgumentException>(() => Heatmap.Render([0], 1, 1, 1, 0));
        Assert.ThrowsAny<ArgumentException>(() => Heatmap.Render([], 0, 0, 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Heatmap.Overlay(new Tile(1, 1, 1, [0]), [0], 0, 1, opacity: 1.1));
    }

    [Fact]
    public void AnOutlineRunsInsideOfWhatIsAbove()
    {
        Tile image = new(5, 6, 1, new byte[30]);
        float[] values =
        [
            0, 0, 0, 0, 0, 0,
            0, 2, 2, 2, 0, 0,
            0, 2, 2, 2, 0, 0,
            0, 2, 2, 2, 0, 2,
            0, 1, 1, 0, 0, 0,
        ];
        Tile outlined = Heatmap.Outline(image, values, 1);
        string[] drawn =
            [.. Enumerable.Range(0, 5).Select(y =>
                string.Concat(Enumerable.Range(0, 6).Select(x => outlined[y, x] == new Rgb(0, 0, 0) ? '.' : '#')))];
        Assert.Equal(["......", ".###..", ".#.#..", ".###.#", "......"], drawn);
        Assert.Equal(image.Pixels.ToArray().Length * 3, outlined.Pixels.Length);

        // What reaches the border is closed there; a larger image has a wider line.
        float[] all = [.. Enumerable.Repeat(1f, 512 * 512)];
        Tile large = Heatmap.Outline(new Tile(512, 512, 1, new byte[512 * 512]), all, 0);
        int Drawn(int row) => Enumerable.Range(0, 512).Count(x => large[row, x] != new Rgb(0, 0, 0));
        Assert.Equal([512, 512, 4, 4], (int[])[Drawn(0), Drawn(1), Drawn(2), Drawn(255)]);
        Assert.Throws<ArgumentException>(() => Heatmap.Outline(image, [0], 1));
    }
}
