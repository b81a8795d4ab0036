using Xunit;

namespace Mmrr.Nn.Tests;

public sealed class EdgeHistogramTests(ITestOutputHelper output)
{
    /// <summary>From the definition, in float64: each pixel's magnitude goes to two directions, and each cell is a mean.</summary>
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(8, 8, 1)]
    [InlineData(32, 8, 3)]
    [InlineData(21, 5, 2)]
    public void ItIsTheDefinition(int size, int side, int channels)
    {
        var random = Seeded();
        float[] image = [.. Enumerable.Range(0, size * size * channels).Select(_ => (random.NextSingle() * 2) - 1)];
        double Grey(int y, int x) => Enumerable.Range(0, channels).Average(c => (double)image[(((y * size) + x) * channels) + c]);
        double[] expected = new double[side * side * 8];
        int[] pixels = new int[side * side];
        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++)
            {
                int cell = (Cell(y) * side) + Cell(x);
                pixels[cell]++;
                double dx = x is 0 || x == size - 1 ? 0 : Grey(y, x + 1) - Grey(y, x - 1), dy = y is 0 || y == size - 1 ? 0 : Grey(y + 1, x) - Grey(y - 1, x);
                double place = (Math.Atan2(dy, dx) / (2 * Math.PI) * 8) + 8, magnitude = Math.Sqrt((dx * dx) + (dy * dy));
                int below = (int)Math.Floor(place);
                expected[(cell * 8) + (below % 8)] += magnitude * (1 - (place - below));
                expected[(cell * 8) + ((below + 1) % 8)] += magnitude * (place - below);
            }
        }
        for (int i = 0; i < expected.Length; i++) expected[i] /= pixels[i / 8];
        double norm = Math.Max(Math.Sqrt(expected.Sum(v => v * v)), 0.01);
        float[] cells = new float[expected.Length];
        Array.Fill(cells, float.NaN);
        EdgeHistogram.Of(image, size, side, cells);
        // A pixel's difference, root, angle and parts, its cell's sum and the norm: fewer than 20 + (S/side + 1)² roundings, none of which is made larger by
        // what follows but the angle's, by 8/(2π) and a part.
        double bound = (20 + Math.Pow((size / side) + 1, 2)) * 4 * Math.Pow(2, -24);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i] / norm, cells[i], bound);

        int Cell(int pixel) => Enumerable.Range(0, side).Last(c => c * size / side <= pixel);
    }

    [Fact]
    public void LightChangesNothingAndFlatImagesHaveNoEdges()
    {
        var random = Seeded();
        float[] image = [.. Enumerable.Range(0, 256).Select(_ => random.NextSingle() - 0.5f)], brighter = Array.ConvertAll(image, v => (0.5f * v) + 0.3f);
        float[] cells = new float[8 * 8 * 8], others = new float[cells.Length];
        EdgeHistogram.Of(image, 16, 8, cells);
        EdgeHistogram.Of(brighter, 16, 8, others);
        for (int i = 0; i < cells.Length; i++) Assert.Equal(cells[i], others[i], 1e-5);
        EdgeHistogram.Of(new float[256], 16, 8, cells);
        Assert.All(cells, v => Assert.Equal(0, v));
    }

    [Fact]
    public void WhatIsNoNumberIsNotHidden()
    {
        float[] image = new float[64], cells = new float[8 * 4 * 4];
        image[27] = float.NaN;
        EdgeHistogram.Of(image, 8, 4, cells);
        Assert.Contains(float.NaN, cells);
        Assert.Throws<ArgumentException>(() => EdgeHistogram.Of(image, 8, 4, new float[5]));
    }

    private Random Seeded()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        return new Random(seed);
    }
}
