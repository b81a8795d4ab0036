using Xunit;

namespace Mmrr.Nn.Tests;

/// <summary>Images on a grid, and how far they are from normal ones, against the definitions in float64.</summary>
public sealed class NearestRowsTests(ITestOutputHelper output)
{
    private const double U = 1.0 / (1 << 24);

    [Theory]
    [InlineData(32, 16, 1)]
    [InlineData(32, 8, 3)]
    [InlineData(10, 8, 1)]
    [InlineData(5, 5, 2)]
    [InlineData(1, 1, 1)]
    public void AGridHoldsTheMeansOfItsCells(int size, int side, int channels)
    {
        var random = Seeded();
        float[] image = Values(random, size * size * channels), cells = new float[side * side * channels];
        Array.Fill(cells, float.NaN);
        CoarseGrid.Average(image, size, side, cells);
        for (int i = 0; i < cells.Length; i++)
        {
            int c = i % channels, column = i / channels % side, row = i / channels / side, count = 0;
            double sum = 0, magnitude = 0;
            for (int y = 0; y < size; y++)
            {
                for (int x = 0; x < size; x++)
                {
                    // A pixel belongs to the last cell that begins at it or before.
                    if (Cell(y) != row || Cell(x) != column) continue;
                    double value = image[(((y * size) + x) * channels) + c];
                    sum += value;
                    magnitude += Math.Abs(value);
                    count++;
                }
            }
            Assert.InRange(cells[i] - (sum / count), -(count + 1) * U * magnitude / count, (count + 1) * U * magnitude / count);
        }

        int Cell(int pixel) => Enumerable.Range(0, side).Last(cell => cell * size / side <= pixel);
    }

    [Fact]
    public void GridsHaveNoMoreCellsThanTheImagePixels()
    {
        MmrrOptions Model(int size, int channels) => new() { Size = size, Channels = channels };
        Assert.Equal([16, 8, 12, 8, 4], new[] { Model(32, 1), Model(32, 3), Model(12, 1), Model(12, 3), Model(4, 3) }.Select(CoarseGrid.Side));
    }

    /// <summary>
    /// Gain and offset leave no trace but rounding: of a mean of up to 1 and a division by up to 1/0.05, of values that are themselves rounded.
    /// </summary>
    [Fact]
    public void LightIsTakenAway()
    {
        var random = Seeded();
        float[] cells = Values(random, 75), brighter = Array.ConvertAll(cells, c => (0.5f * c) + 0.25f), flat = new float[4];
        Array.Fill(flat, 0.75f);
        CoarseGrid.TakeLight(cells);
        CoarseGrid.TakeLight(brighter);
        CoarseGrid.TakeLight(flat);
        double mean = cells.Average(c => (double)c), deviation = Math.Sqrt(cells.Average(c => (double)c * c));
        Assert.InRange(mean, -8 * U / 0.05, 8 * U / 0.05);
        Assert.InRange(deviation, 1 - (8 * U / 0.05), 1 + (8 * U / 0.05));
        for (int i = 0; i < cells.Length; i++) Assert.InRange(brighter[i] - cells[i], -16 * U / 0.05, 16 * U / 0.05);
        Assert.Equal([0, 0, 0, 0], flat);
    }

    [Theory]
    [InlineData(2, 1, 1)]
    [InlineData(3, 5, 4)] // fewer than five others
    [InlineData(5, 7, 3)]
    [InlineData(6, 8, 9)]
    [InlineData(70, 192, 5)]
    [InlineData(33, 100, 13)]
    public void DistancesAreThoseOfTheDefinition(int normal, int length, int queries)
    {
        var random = Seeded();
        float[] rows = Values(random, normal * length), asked = Values(random, queries * length);
        var nearest = new NearestRows(rows, length);
        double usual = Enumerable.Range(0, normal).Average(i => Nearest(rows, i, itself: i));
        // Three sums of D products of values up to 1, and three more roundings.
        double bound = 4 * (length + 3) * U * length;
        Assert.InRange(nearest.Usual - usual, -bound, bound);
        double[] found = nearest.Measure(asked);
        for (int i = 0; i < queries; i++)
        {
            double expected = Nearest(asked, i, itself: -1);
            Assert.InRange((found[i] * nearest.Usual) - expected, -bound, bound);
            // Alone, to the bit.
            Assert.Equal(found[i], Assert.Single(nearest.Measure(asked[(i * length)..((i + 1) * length)])));
        }

        double Nearest(float[] of, int row, int itself)
        {
            double[] all =
                [.. Enumerable.Range(0, normal).Where(n => n != itself)
                    .Select(n => Enumerable.Range(0, length).Sum(k => Square((double)of[(row * length) + k] - rows[(n * length) + k]))).Order()];
            return all[Math.Min(NearestRows.Neighbour, all.Length) - 1];
        }

        static double Square(double x) => x * x;
    }

    [Fact]
    public void WhatIsNoNumberStaysSo()
    {
        var nearest = new NearestRows([1, 2, 3, 4], 2);
        double[] found = nearest.Measure([float.NaN, 0, 1, 2, float.PositiveInfinity, 1]);
        Assert.True(double.IsNaN(found[0]) && double.IsFinite(found[1]) && double.IsNaN(found[2]));
    }

    [Fact]
    public void EqualRowsAreNoDivisionByNothing() => Assert.True(double.IsFinite(new NearestRows(new float[12], 3).Measure([1, 1, 1])[0]));

    [Fact]
    public void ValuesMustBeWholeRows()
    {
        Assert.Throws<ArgumentException>(() => new NearestRows([1, 2, 3], 2));
        Assert.Throws<ArgumentException>(() => new NearestRows([1, 2], 2));
        Assert.Throws<ArgumentException>(() => new NearestRows([1, 2, 3, 4], 2).Measure([1]));
        Assert.Throws<ArgumentException>(() => CoarseGrid.Average([1, 2], 1, 1, new float[1]));
    }

    private static float[] Values(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((2 * random.NextDouble()) - 1))];

    private Random Seeded()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        return new Random(seed);
    }
}
