using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests;

/// <summary>Each function of the rule against float64 loops on random inputs.</summary>
public class DeviationRuleTests
{
    [Theory]
    [InlineData(32, 1)]
    [InlineData(33, 2.3)]
    [InlineData(8, 1)]
    [InlineData(5, 4)] // reflected more than once
    [InlineData(1, 1)]
    public void RoughnessIsTheRootOfTheSmoothedErrors(int size, double sigma)
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        float[] errors = [.. Enumerable.Range(0, size * size).Select(_ => (float)Math.Pow(random.NextDouble(), 4))];
        var found = new float[size * size];
        new DeviationRule(size, sigma).Roughness(errors, found);
        double[] expected = DeviationReference.Roughness([.. errors.Select(e => (double)e)], size, sigma);
        // Sums of positive products: in each of two passes a rounding of the weight, of the product, and of each sum; a root halves them, and rounds once.
        double bound = ((2 * (int)Math.Ceiling(3 * sigma)) + 1 + 2 + 1) * Rounding.U;
        for (int p = 0; p < found.Length; p++)
            Assert.True(
                Math.Abs(found[p] - expected[p]) <= bound * expected[p], $"seed {seed}, place {p}: {found[p]:R}, expected {expected[p]:R}");
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(40, true)]
    [InlineData(7, false)]
    public void MomentsAreThoseOfTwoPasses(int images, bool perPlace)
    {
        const int Pixels = 49;
        int seed = Environment.TickCount;
        var random = new Random(seed);
        // A small spread on a large mean, and places that are not alike.
        float[][] values =
            [.. Enumerable.Range(0, images).Select(_ =>
                Enumerable.Range(0, Pixels).Select(p => (float)(3 + (p * 0.01 * random.NextDouble()))).ToArray())];
        int places = perPlace ? Pixels : 1;
        double[] mean = new double[places], squares = new double[places];
        long count = 0;
        foreach (float[] image in values) count = DeviationRule.Accumulate(image, count, mean, squares);
        var spread = new float[places];
        DeviationRule.Spread(count, mean, squares, spread);
        var expected = DeviationReference.Moments([.. values.Select(v => v.Select(x => (double)x).ToArray())], perPlace);
        Assert.Equal(perPlace ? images : images * Pixels, count);
        for (int p = 0; p < places; p++)
        {
            Assert.True(Math.Abs(mean[p] - expected.Mean[p]) <= 1e-13 * expected.Mean[p], $"seed {seed}");
            // One rounding to float32; the sums of squares are good to 1e-10 of themselves.
            Assert.True(
                Math.Abs(spread[p] - expected.Spread[p]) <= (Rounding.U + 1e-9) * expected.Spread[p],
                $"seed {seed}, place {p}: {spread[p]:R}, expected {expected.Spread[p]:R}");
        }
    }

    [Fact]
    public void ASpreadIsNeverNothing()
    {
        var spread = new float[3];
        DeviationRule.Spread(5, [2, 2, 2], [0, 0, 0], spread);
        Assert.All(spread, s => Assert.Equal(0.002f, s));
        DeviationRule.Spread(1, [0, 0, 0], [0, 0, 0], spread);
        Assert.All(spread, s => Assert.Equal(1e-6f, s));
        // Of few images a place without any deviation is taken for nearly as uncertain as the others: k/(n − 1 + k) of their variance.
        DeviationRule.Spread(5, [1, 1], [8, 0], spread.AsSpan(0, 2));
        Assert.Equal(Math.Sqrt((8 + (16 * 1)) / 20.0), spread[0], 1e-6);
        Assert.Equal(Math.Sqrt(16 * 1 / 20.0), spread[1], 1e-6);
    }

    [Theory]
    [InlineData(49, true)]
    [InlineData(49, false)]
    [InlineData(3, true)]
    public void DeviationsAreAddedInUnitsOfTheSpread(int pixels, bool perPlace)
    {
        int seed = Environment.TickCount, places = perPlace ? pixels : 1;
        var random = new Random(seed);
        float[] Values(int count, double low, double high) => [.. Enumerable.Range(0, count).Select(_ => (float)(low + ((high - low) * random.NextDouble())))];
        float[] map = Values(pixels, -3, 3), r = Values(pixels, 0, 1), mean = Values(places, 0, 1), spread = Values(places, 0.01, 0.2);
        double weight = 1.0 / 12;
        double[] expected =
            [.. Enumerable.Range(0, pixels).Select(p =>
                map[p] + (weight * ((double)r[p] - mean[perPlace ? p : 0]) / spread[perPlace ? p : 0]))];
        var found = (float[])map.Clone();
        DeviationRule.AddDeviations(r, mean, spread, weight, found);
        for (int p = 0; p < pixels; p++)
        {
            // Four roundings of the term (difference, quotient, weight, product), one of the sum.
            double bound = Rounding.U * ((4.1 * Math.Abs(expected[p] - map[p])) + Math.Abs(expected[p]));
            Assert.True(Math.Abs(found[p] - expected[p]) <= bound, $"seed {seed}, place {p}: {found[p]:R}, expected {expected[p]:R}");
        }
    }

    [Theory]
    [InlineData(32, 0.01, 10)]
    [InlineData(8, 0.01, 1)] // 0.64 pixels
    [InlineData(1, 0.01, 1)]
    [InlineData(8, 1, 64)]
    public void TheScoreIsTheMeanOfTheLargest(int size, double share, int count)
    {
        var rule = new DeviationRule(size, 1, share);
        float[] map = [.. Enumerable.Range(0, size * size).Select(p => (float)(p - 20))];
        new Random(size).Shuffle(map);
        float[] before = [.. map];
        Assert.Equal((size * size) - 21 - ((count - 1) / 2.0), rule.Score(map), 1e-9);
        Assert.Equal(DeviationReference.Score(map.Select(v => (double)v), share), rule.Score(map), 1e-9);
        Assert.Equal(before, map);
        map[0] = float.NaN;
        Assert.True(double.IsNaN(rule.Score(map)));
    }

    [Fact]
    public void WhatCannotBeIsRefused()
    {
        Assert.Equal((1, 1, 2, 8), (DeviationRule.SigmaFor(8), DeviationRule.SigmaFor(32), DeviationRule.SigmaFor(64), DeviationRule.SigmaFor(256)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DeviationRule(0, 1));
        foreach (double sigma in new[] { 0, -1, double.NaN, 1e9 }) Assert.Throws<ArgumentOutOfRangeException>(() => new DeviationRule(8, sigma));
        foreach (double share in new[] { 0, 1.1, double.NaN }) Assert.Throws<ArgumentOutOfRangeException>(() => new DeviationRule(8, 1, share));
    }
}
