using Mmrr.Training.Data;
using Mmrr.Training.Metrics;
using Xunit;

namespace Mmrr.App.Tests.Evaluation;

public sealed class PixelTallyTests
{
    [Fact]
    public void ByHand()
    {
        // One row: two regions, of one and of two pixels, and ten good pixels, an eleventh to part the regions.
        byte[] mask = [1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        float[] scores = [9, 8, 7, 3, 6, 5, 4, 2, 2, 2, 2, 2, 2, 2];
        var (all, _) = Tally([DefectRegions.Find(mask, 1, 14)], [0], _ => scores);
        // Overlap after the scores 9 8 7 6 5 4 3: ½ ½ ¾ ¾ ¾ ¾ 1; false positives 0 1 1 2 3 4 4 of 11. The curve goes flat from (1/11, ¾) to (4/11, ¾).
        Assert.Equal(((0.5 / 11) + (0.75 * (0.3 - (1.0 / 11)))) / 0.3, all!.Aupro, 1e-12);
        // Pairs in order: all 11 below 9, 10 below 7, 7 below 3.
        Assert.Equal(28.0 / 33, all.Auroc, 1e-12);
    }

    [Fact]
    public void ATieAcrossTheLimitIsCutInProportion()
    {
        // Everything has one score: the curve is the diagonal.
        var (all, _) = Tally([DefectRegions.Find([1, 0, 0, 0], 2, 2)], [0], _ => new float[4]);
        Assert.Equal(0.15, all!.Aupro, 1e-12);
        Assert.Equal(0.5, all.Auroc);
    }

    [Fact]
    public void AgreesWithMvtecsOwnStepsAndWithEveryPair()
    {
        var random = new Random(8);
        for (int round = 0; round < 150; round++)
        {
            int images = random.Next(2, 5), distinct = random.Next(1, 15);
            var masks = new List<(byte[] Mask, DefectRegions Regions)>();
            var maps = new List<float[]>();
            var kinds = new List<int>();
            for (int i = 0; i < images; i++)
            {
                int height = random.Next(1, 8), width = random.Next(2, 8), rate = random.Next(2, 5);
                kinds.Add(i == 0 ? -1 : random.Next(2));
                var mask = new byte[height * width];
                for (int p = 0; kinds[i] >= 0 && p < mask.Length; p++) mask[p] = (byte)(random.Next(rate) == 0 ? 1 : 0);
                masks.Add((mask, DefectRegions.Find(mask, height, width)));
                maps.Add([.. mask.Select(_ => random.Next(distinct) * 0.1f)]);
            }

            var (all, ofKinds) = Tally([.. masks.Select(m => m.Regions)], kinds, i => maps[i]);
            Check(all, _ => true);
            for (int k = 0; k < ofKinds.Length; k++) Check(ofKinds[k], i => kinds[i] == k || kinds[i] < 0);

            void Check(PixelFigures? found, Func<int, bool> chosen)
            {
                int[] some = [.. Enumerable.Range(0, images).Where(chosen)];
                var expected = Reference([.. some.Select(i => (masks[i].Mask, masks[i].Regions.Height, masks[i].Regions.Width, maps[i]))]);
                Assert.Equal(expected is null, found is null);
                if (expected is null) return;
                Assert.Equal(expected.Auroc, found!.Auroc, 1e-12);
                Assert.Equal(expected.Aupro, found.Aupro, 1e-9);
            }
        }
    }

    [Fact]
    public void WhatWasNotLookedAtIsFoundLast()
    {
        var (all, _) = Tally([DefectRegions.Find([1, 0, 0], 1, 3)], [0], _ => [float.NaN, 0, 1]);
        Assert.Equal(0, all!.Auroc);
        Assert.Equal(0, all.Aupro);
    }

    [Fact]
    public void ScoresThatAreNearlyEqualAreTies()
    {
        // The bins of 1 and of its neighbours, half a thousandth wide; the sign, the largest and the smallest numbers have bins of their own.
        var mask = DefectRegions.Find([1, 0], 1, 2);
        double Auroc(float defective, float good) => Tally([mask], [0], _ => [defective, good]).All!.Auroc;
        Assert.Equal(0.5, Auroc(1, 1.0004f));
        Assert.Equal(0.5, Auroc(1.0004f, 1));
        Assert.Equal(0, Auroc(1, 1.0006f));
        Assert.Equal(1, Auroc(1, 0.9999f));
        Assert.Equal(0, Auroc(-1e-30f, 1e-30f));
        Assert.Equal(1, Auroc(float.PositiveInfinity, float.MaxValue));
        Assert.Equal(0, Auroc(float.NegativeInfinity, float.MinValue));
        Assert.Throws<ArgumentException>(() => new PixelTally(0).Add(mask, -1, [1]));
    }

    [Fact]
    public void RegionsTouchAtCorners()
    {
        byte[] mask =
        [
            1, 0, 0, 1, 0, 1,
            0, 1, 0, 1, 0, 1,
            0, 0, 0, 1, 1, 1,
            1, 1, 0, 0, 0, 0,
            0, 0, 1, 0, 0, 1,
        ];
        var regions = DefectRegions.Find(mask, 5, 6);
        Assert.Equal([2, 7, 3, 1], regions.Areas);
        Assert.Equal(13, regions.Runs.Sum(r => r.End - r.Start));
        Assert.Empty(DefectRegions.None(5, 6).Runs);
    }

    [Fact]
    public void RegionsAgreeWithFloodFill()
    {
        var random = new Random(9);
        for (int round = 0; round < 300; round++)
        {
            int height = random.Next(1, 12), width = random.Next(1, 12), rate = random.Next(2, 5);
            byte[] mask = [.. Enumerable.Range(0, height * width).Select(_ => (byte)(random.Next(rate) == 0 ? 1 : 0))];
            var regions = DefectRegions.Find(mask, height, width);
            int[] expected = Flood(mask, height, width), found = [.. mask.Select(_ => -1)];
            foreach (var run in regions.Runs) found.AsSpan((run.Row * width) + run.Start, run.End - run.Start).Fill(run.Region);
            Assert.Equal(expected, found); // both number them in the order of their first pixels
            Assert.Equal(regions.Areas, Enumerable.Range(0, regions.Areas.Count).Select(r => expected.Count(e => e == r)));
        }
    }

    private static (PixelFigures? All, PixelFigures?[] OfKinds) Tally(DefectRegions[] masks, List<int> kinds, Func<int, float[]> map)
    {
        var tally = new PixelTally(kinds.Max() + 1);
        for (int i = 0; i < masks.Length; i++) tally.Add(masks[i], kinds[i], map(i));
        return tally.Figures();
    }

    /// <summary>MVTec's compute_pro and trapezoid, step by step, and the pairs of pixels one by one.</summary>
    private static PixelFigures? Reference((byte[] Mask, int Height, int Width, float[] Map)[] images)
    {
        var pixels = new List<(float Score, bool Good, double Weight)>();
        int regionsInAll = 0;
        foreach (var (mask, height, width, map) in images)
        {
            int[] regions = Flood(mask, height, width);
            regionsInAll += regions.Max() + 1;
            pixels.AddRange(map.Select((score, p) => (score, regions[p] < 0, regions[p] < 0 ? 0 : 1.0 / regions.Count(r => r == regions[p]))));
        }
        double good = pixels.Count(p => p.Good);
        if (regionsInAll == 0 || good == 0) return null;
        List<double> rates = [0], overlaps = [0];
        foreach (float score in pixels.Select(p => p.Score).Distinct().OrderDescending())
        {
            rates.Add(pixels.Count(p => p.Good && p.Score >= score) / good);
            overlaps.Add(pixels.Where(p => p.Score >= score).Sum(p => p.Weight) / regionsInAll);
        }
        double area = 0;
        for (int i = 1; i < rates.Count; i++)
        {
            if (rates[i - 1] >= 0.3) break;
            double end = Math.Min(rates[i], 0.3);
            double overlap = rates[i] <= 0.3
                ? overlaps[i]
                : overlaps[i - 1] + ((overlaps[i] - overlaps[i - 1]) * (0.3 - rates[i - 1]) / (rates[i] - rates[i - 1]));
            area += 0.5 * (overlap + overlaps[i - 1]) * (end - rates[i - 1]);
        }
        var pairs = pixels.Where(p => !p.Good).SelectMany(d => pixels.Where(p => p.Good).Select(g => d.Score > g.Score ? 1 : d.Score == g.Score ? 0.5 : 0));
        return new PixelFigures(pairs.Average(), area / 0.3);
    }

    /// <summary>The region of each pixel, −1 for good ones.</summary>
    private static int[] Flood(byte[] mask, int height, int width)
    {
        int[] regions = [.. mask.Select(_ => -1)];
        int count = 0;
        for (int first = 0; first < mask.Length; first++)
        {
            if (mask[first] == 0 || regions[first] >= 0) continue;
            var open = new Stack<int>([first]);
            regions[first] = count;
            while (open.TryPop(out int p))
            {
                foreach (int dy in (int[])[-1, 0, 1])
                {
                    foreach (int dx in (int[])[-1, 0, 1])
                    {
                        int y = (p / width) + dy, x = (p % width) + dx;
                        if (y < 0 || x < 0 || y >= height || x >= width || mask[(y * width) + x] == 0 || regions[(y * width) + x] >= 0) continue;
                        regions[(y * width) + x] = count;
                        open.Push((y * width) + x);
                    }
                }
            }
            count++;
        }
        return regions;
    }
}
