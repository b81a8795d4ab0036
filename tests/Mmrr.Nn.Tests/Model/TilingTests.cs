using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests.Model;

public class TilingTests
{
    // A share is rounded to float32, the product of two and the value are rounded, and so is each of at most nine sums (three tiles overlap along a side at
    // most).
    private const double Bound = 14 * Rounding.U;

    public static TheoryData<int, int> Sides => new()
    {
        { 1, 1 }, { 1, 8 }, { 7, 8 }, { 8, 8 }, { 9, 8 }, { 12, 8 }, { 13, 8 }, { 100, 8 }, { 101, 9 }, { 257, 64 },
        { 5, 1 }, { 10, 3 }, { 11, 2 }, { 4096, 256 }
    };

    [Theory]
    [MemberData(nameof(Sides))]
    public void TilesCoverASideWithOverlapAndTheirSharesAddUpToOne(int length, int tile)
    {
        var axis = new TileAxis(length, tile);
        var sums = new double[length];
        for (int i = 0; i < axis.Count; i++)
        {
            var shares = axis.Shares(i);
            Assert.Equal(tile, shares.Length);
            for (int j = 0; j < tile; j++)
            {
                int place = axis.Start(i) + j;
                if (place >= 0 && place < length)
                {
                    Assert.True(shares[j] > 0);
                    sums[place] += shares[j];
                }
                else
                {
                    Assert.Equal(0, shares[j]);
                }
            }
            if (i > 0) Assert.InRange(axis.Start(i) - axis.Start(i - 1), 1, tile - (tile / 2));
        }
        Assert.All(sums, s => Assert.InRange(s, 1 - (3 * Rounding.U), 1 + (3 * Rounding.U)));
        if (length >= tile)
        {
            Assert.Equal(0, axis.Start(0));
            Assert.Equal(length - tile, axis.Start(axis.Count - 1));
        }
        else
        {
            Assert.Equal((1, (length - tile) / 2), (axis.Count, axis.Start(0)));
        }
        if (length == tile) Assert.All(axis.Shares(0).ToArray(), s => Assert.Equal(1f, s));
    }

    [Theory]
    [InlineData(8, 8, 8)]
    [InlineData(5, 21, 8)]
    [InlineData(37, 20, 8)]
    [InlineData(29, 31, 7)]
    [InlineData(3, 2, 8)]
    public void WhatAllTilesAgreeOnIsReproduced(int height, int width, int side)
    {
        var tiling = new Tiling(height, width, side);
        // A constant, and a function with as many values as places.
        foreach (float slope in new[] { 0f, 1f })
        {
            float[] image = [.. Enumerable.Range(0, height * width).Select(p => 2 + (slope * MathF.Sin(p * p)))];
            var map = new float[image.Length];
            var cut = new float[side * side];
            for (int k = 0; k < tiling.Count; k++)
            {
                Tiling.Cut(image, height, width, 1, tiling.Place(k), side, cut.AsSpan());
                tiling.Add(k, cut, map);
            }
            for (int p = 0; p < map.Length; p++) Assert.InRange(Math.Abs(map[p] - image[p]), 0, Bound * image[p]);
            if (tiling.Count == 1) Assert.Equal(Small.Bits(image), Small.Bits(map));
        }
    }

    [Fact]
    public void ATileThatDisagreesFadesOutTowardsItsBorder()
    {
        // Seven tiles in a row, the middle one says 1, the others 0: the map is Hann's window, without a step.
        const int Side = 32;
        var tiling = new Tiling(Side, 4 * Side, Side);
        Assert.Equal(7, tiling.Count);
        var map = new float[4 * Side * Side];
        tiling.Add(3, Enumerable.Repeat(1f, Side * Side).ToArray(), map);
        for (int x = 0; x < 4 * Side; x++)
        {
            int inTile = x - tiling.Place(3).Left;
            double expected = inTile is >= 0 and < Side ? Math.Pow(Math.Sin(Math.PI * (inTile + 0.5) / Side), 2) : 0;
            Assert.InRange(Math.Abs(map[x] - expected), 0, 1e-6);
            // The steepest slope of the window is π/t.
            if (x > 0) Assert.InRange(Math.Abs(map[x] - map[x - 1]), 0, (Math.PI / Side) + 1e-6);
        }
    }

    [Fact]
    public void ACutBeyondTheBorderIsReflected()
    {
        byte[] image = [1, 2, 3, 4, 5, 6];
        var cut = new byte[16];
        Tiling.Cut(image, 2, 3, 1, new Tiling(2, 3, 4).Place(0), 4, cut.AsSpan());
        Assert.Equal([1, 2, 3, 3, 1, 2, 3, 3, 4, 5, 6, 6, 4, 5, 6, 6], cut);
        Assert.Equal([1, 0, 0, 1, 2, 2, 1, 0, 0], Enumerable.Range(-2, 9).Select(i => TileAxis.Reflect(i, 3)));
    }

    [Fact]
    public void ColoursStayTogether()
    {
        byte[] image = [.. Enumerable.Range(0, 4 * 5 * 3).Select(i => (byte)i)];
        var cut = new byte[2 * 2 * 3];
        Tiling.Cut(image, 4, 5, 3, (1, 2), 2, cut.AsSpan());
        Assert.Equal([21, 22, 23, 24, 25, 26, 36, 37, 38, 39, 40, 41], cut);
    }
}
