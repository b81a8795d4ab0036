using Xunit;

namespace Mmrr.Nn.Tests;

/// <summary>Errors on a grid, and their size in units of normal images' errors, against the definitions in float64.</summary>
public sealed class ErrorWhiteningTests(ITestOutputHelper output)
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
        float[] image = Values(random, size * size * channels), prediction = Values(random, size * size * channels), errors = new float[side * side * channels];
        Array.Fill(errors, float.NaN);
        ErrorGrid.Average(image, prediction, size, side, errors);
        for (int i = 0; i < errors.Length; i++)
        {
            int c = i % channels, column = i / channels % side, row = i / channels / side, count = 0;
            double sum = 0, magnitude = 0;
            for (int y = 0; y < size; y++)
            {
                for (int x = 0; x < size; x++)
                {
                    // A pixel belongs to the last cell that begins at it or before.
                    if (Cell(y) != row || Cell(x) != column) continue;
                    double difference = (double)image[(((y * size) + x) * channels) + c] - prediction[(((y * size) + x) * channels) + c];
                    sum += difference;
                    magnitude += Math.Abs(difference);
                    count++;
                }
            }
            Assert.InRange(errors[i] - (sum / count), -(count + 2) * U * magnitude / count, (count + 2) * U * magnitude / count);
        }

        int Cell(int pixel) => Enumerable.Range(0, side).Last(cell => cell * size / side <= pixel);
    }

    [Fact]
    public void GridsHaveNoMoreCellsThanTheImagePixels()
    {
        Assert.Equal([16, 8], ErrorGrid.Sides(32));
        Assert.Equal([12, 8], ErrorGrid.Sides(12));
        Assert.Equal([8], ErrorGrid.Sides(8));
        Assert.Equal([4], ErrorGrid.Sides(4));
    }

    /// <summary>ρ·(r − r̄)ᵀ(C + ρI)⁻¹(r − r̄) by elimination: where there are no more than K directions, the components are all of C.</summary>
    [Theory]
    [InlineData(40, 12)] // more errors than values
    [InlineData(15, 30)] // fewer
    [InlineData(5, 1)]
    [InlineData(2, 3)] // one to fit, one for what is usual
    public void TheMeasureIsThatOfTheDefinition(int count, int length)
    {
        var random = Seeded();
        // Unequal spreads, correlated.
        float[] mixing = Values(random, length * length), errors = new float[count * length];
        for (int i = 0; i < count; i++)
        {
            float[] draw = Values(random, length);
            for (int d = 0; d < length; d++)
            {
                for (int k = 0; k < length; k++) errors[(i * length) + d] += mixing[(d * length) + k] * draw[k] / (1 + k);
                errors[(i * length) + d] += 0.1f * d;
            }
        }
        var whitening = ErrorWhitening.Fit(errors, length);
        int fitted = count * 4 / 5;
        var mean = new double[length];
        for (int i = 0; i < fitted * length; i++) mean[i % length] += (double)errors[i] / fitted;
        var covariance = new double[length, length];
        double total = 0;
        for (int i = 0; i < fitted; i++)
        {
            for (int a = 0; a < length; a++)
            {
                for (int b = 0; b < length; b++) covariance[a, b] += (errors[(i * length) + a] - mean[a]) * (errors[(i * length) + b] - mean[b]) / fitted;
            }
        }
        for (int d = 0; d < length; d++) total += covariance[d, d];
        double ridge = total > 0 ? ErrorWhitening.Ridge * total / length : 1;
        double usual = 0;
        for (int i = fitted; i < count; i++) usual += Measure(errors.AsSpan(i * length, length)).Value / (count - fitted);
        for (int trial = 0; trial < 5; trial++)
        {
            float[] error = Values(random, length);
            var (expected, squared) = Measure(error);
            // Each product with a component is off by (D + 2)·U·‖c‖ and enters squared, K times with shares below 1 whose squares sum to ‖c‖² at most; what is usual likewise.
            double bound = 4 * (length + 4) * U * Math.Sqrt(length) * squared / usual * (1 + (1 / Math.Min(1, expected / squared)));
            Assert.InRange(whitening.Measure(error) - (expected / usual), -bound, bound);
        }

        (double Value, double Squared) Measure(ReadOnlySpan<float> error)
        {
            var c = new double[length];
            for (int d = 0; d < length; d++) c[d] = error[d] - mean[d];
            var matrix = new double[length, length + 1];
            for (int a = 0; a < length; a++)
            {
                for (int b = 0; b < length; b++) matrix[a, b] = covariance[a, b] + (a == b ? ridge : 0);
                matrix[a, length] = c[a];
            }
            // Positive definite: no pivoting is needed.
            for (int p = 0; p < length; p++)
            {
                for (int row = 0; row < length; row++)
                {
                    if (row == p) continue;
                    double factor = matrix[row, p] / matrix[p, p];
                    for (int column = p; column <= length; column++) matrix[row, column] -= factor * matrix[p, column];
                }
            }
            double value = 0, squared = 0;
            for (int d = 0; d < length; d++)
            {
                value += ridge * c[d] * matrix[d, length] / matrix[d, d];
                squared += c[d] * c[d];
            }
            return (value, squared);
        }
    }

    /// <summary>In the direction in which normal images vary an error counts less than in one in which they do not.</summary>
    [Fact]
    public void WhatNormalImagesShowTooCountsLess()
    {
        var random = Seeded();
        var errors = new float[50 * 4];
        for (int i = 0; i < 50; i++) (errors[i * 4], errors[(i * 4) + 1]) = ((float)(random.NextDouble() - 0.5), 0.01f * (float)(random.NextDouble() - 0.5));
        var whitening = ErrorWhitening.Fit(errors, 4);
        Assert.True(whitening.Measure([1, 0, 0, 0]) < 0.5 * whitening.Measure([0, 1, 0, 0]));
    }

    [Fact]
    public void WhatIsNoNumberStaysSo() => Assert.True(double.IsNaN(ErrorWhitening.Fit([1, 2, 3, 4], 2).Measure([float.NaN, 0])));

    [Fact]
    public void ErrorsThatNeverVaryAreFitted() => Assert.True(double.IsFinite(ErrorWhitening.Fit(new float[12], 3).Measure([1, 1, 1])));

    [Fact]
    public void WrongLengthsAreRefused()
    {
        Assert.Throws<ArgumentException>(() => ErrorWhitening.Fit([1, 2, 3], 2));
        Assert.Throws<ArgumentException>(() => ErrorWhitening.Fit([1, 2], 2));
        Assert.Throws<ArgumentException>(() => ErrorWhitening.Fit([1, 2, 3, 4], 2).Measure([1]));
        Assert.Throws<ArgumentException>(() => ErrorGrid.Average([1, 2], [1, 2], 1, 1, new float[1]));
    }

    private static float[] Values(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];

    private Random Seeded()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        return new Random(seed);
    }
}
