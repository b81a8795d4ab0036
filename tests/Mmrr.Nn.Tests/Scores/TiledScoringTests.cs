using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests;

/// <summary>Scores of images that are tiled or cropped, and their maps on the image.</summary>
public class TiledScoringTests
{
    private static readonly MmrrOptions s_tiled = Small.Options with { Fit = ImageFit.Tile };

    [Theory]
    [InlineData(21, 13, 1)]
    [InlineData(8, 30, 3)]
    [InlineData(5, 11, 1)]
    public void TheScoreIsThatOfTheWorstTileAndTheMapTheirBlend(int height, int width, int channels)
    {
        var options = s_tiled with { Channels = channels };
        using var device = Small.Open("cpu");
        using var model = Small.Model(device, options);
        byte[] pixels = Pixels(height, width, channels);
        long live = device.LiveTensors;
        var found = TiledScoring.Score(model, [new(pixels, height, width)], Paper(5), maps: true)[0];
        Assert.Equal(live, device.LiveTensors);

        var tiling = new Tiling(height, width, 8);
        var scores = new double[tiling.Count];
        var worst = (Refined: Array.Empty<float>(), Restored: Array.Empty<float>());
        var map = new double[height * width];
        double restored = 0;
        for (int k = 0; k < tiling.Count; k++)
        {
            var cut = new byte[64 * channels];
            var values = new float[64 * channels];
            Tiling.Cut(pixels, height, width, channels, tiling.Place(k), 8, cut.AsSpan());
            ImagePixels.ToFloats(cut, values);
            var one = Scoring.Score(model, values, LevelSchedule.Uniform(5), maps: true);
            scores[k] = one.Paper.Refined[0];
            if (scores[k] == scores.Max()) worst.Refined = one.RefinedErrors;
            if (one.Paper.Restored[0] > restored) (restored, worst.Restored) = (one.Paper.Restored[0], one.RestoredErrors);
            // Shares from their definition.
            for (int p = 0; p < 64; p++)
            {
                var (y, x) = (tiling.Place(k).Top + (p / 8), tiling.Place(k).Left + (p % 8));
                if (y >= 0 && y < height && x >= 0 && x < width)
                    map[(y * width) + x] += Share(y, height, p / 8) * Share(x, width, p % 8) * one.Paper.RefinedMap[p];
            }
        }
        Assert.Equal(scores.Max(), found.Paper.Refined);
        Assert.Equal(restored, found.Paper.Restored);
        Assert.Equal(Array.IndexOf(scores, scores.Max()), found.Paper.WorstTile);
        Assert.Equal(worst.Refined, found.RefinedErrors);
        Assert.Equal(worst.Restored, found.RestoredErrors);
        for (int p = 0; p < map.Length; p++) Assert.InRange(Math.Abs(found.Paper.RefinedMap[p] - map[p]), 0, 14 * Rounding.U * map[p]);

        double Share(int place, int length, int inTile)
        {
            var axis = new TileAxis(length, 8);
            double Window(int j) => Math.Pow(Math.Sin(Math.PI * (j + 0.5) / 8), 2);
            return Window(inTile) / Enumerable.Range(0, axis.Count).Select(i => place - axis.Start(i)).Where(j => j is >= 0 and < 8).Sum(Window);
        }
    }

    [Fact]
    public void ByTheRuleOfDeviationAsWell()
    {
        const int Height = 21, Width = 13;
        using var device = Small.Open("cpu");
        using var model = Small.Model(device, s_tiled);
        var normal = NormalStatistics.Of(model, Small.Whole(s_tiled, Small.Prepared(s_tiled, 4)), LevelSchedule.Uniform(5), ScoreRule.Deviation);
        byte[] pixels = Pixels(Height, Width, 1);
        var found = TiledScoring.Score(
            model, [new(pixels, Height, Width)], new ScoreMethod(normal.Levels, ScoreRule.Deviation, normal), maps: true)[0].Deviation!;
        var tiling = new Tiling(Height, Width, 8);
        var map = new float[Height * Width];
        var scores = new List<(double Refined, double Restored)>();
        for (int k = 0; k < tiling.Count; k++)
        {
            var cut = new byte[64];
            var values = new float[64];
            Tiling.Cut(pixels, Height, Width, 1, tiling.Place(k), 8, cut.AsSpan());
            ImagePixels.ToFloats(cut, values);
            var one = Scoring.Score(model, values, normal.Levels, maps: true, normal).Deviation!;
            scores.Add((one.Refined[0], one.Restored[0]));
            tiling.Add(k, one.RefinedMap, map);
        }
        Assert.Equal((scores.Max(s => s.Refined), scores.Max(s => s.Restored)), (found.Refined, found.Restored));
        Assert.Equal(scores.FindIndex(s => s.Refined == found.Refined), found.WorstTile);
        Assert.Equal(Small.Bits(map), Small.Bits(found.RefinedMap));
    }

    [Fact]
    public void WhereOneTileCoversTheImageTheScoreIsThePlainOne()
    {
        using var plain = new RunOnDisk(Small.Options);
        using var tiled = new RunOnDisk(s_tiled);
        using var first = Scorer.Load(plain.Path, "cpu");
        using var second = Scorer.Load(tiled.Path, "cpu");
        byte[] pixels = Pixels(8, 8, 1);
        var (expected, found) = (first.Score(pixels, 8, 8, 1, LevelSchedule.Uniform(6)), second.Score(pixels, 8, 8, 1, LevelSchedule.Uniform(6)));
        Assert.Equal((expected.Score, expected.ScoreWithoutRefinement), (found.Score, found.ScoreWithoutRefinement));
        Assert.Equal(Small.Bits(expected.Map!), Small.Bits(found.Map!));
        Assert.Equal(Small.Bits(expected.Map!), Small.Bits(first.MapOnImage(expected, 8, 8)));
    }

    [Fact]
    public void ImagesOfSeveralSizesTogetherScoreAsEachAlone()
    {
        using var device = Small.Open("cpu");
        using var model = Small.Model(device, s_tiled);
        PreparedImage[] images = [new(Pixels(9, 30, 1), 9, 30), new(Pixels(8, 8, 1), 8, 8), new(Pixels(40, 3, 1), 40, 3)];
        var method = Paper(4) with
        {
            Statistics = NormalStatistics.Of(
                model, Small.Whole(s_tiled, Small.Prepared(s_tiled, 3)), LevelSchedule.Uniform(4), ScoreRule.Deviation)
        };
        var together = TiledScoring.Score(model, images, method, maps: true);
        for (int i = 0; i < images.Length; i++)
        {
            var alone = TiledScoring.Score(model, [images[i]], method, maps: true)[0];
            Assert.Null(alone.Neighbours);
            foreach (var rule in method.Rules)
            {
                var (one, some) = (alone.Of(rule), together[i].Of(rule));
                Assert.Equal((one.Refined, one.Restored, one.WorstTile), (some.Refined, some.Restored, some.WorstTile));
                Assert.Equal(Small.Bits(one.RefinedMap), Small.Bits(some.RefinedMap));
                Assert.Equal(Small.Bits(one.RestoredMap), Small.Bits(some.RestoredMap));
            }
        }
        var withoutMaps = TiledScoring.Score(model, images, method, maps: false);
        Assert.Equal(together.Select(s => (s.Paper.Refined, s.Deviation!.Refined)), withoutMaps.Select(s => (s.Paper.Refined, s.Deviation!.Refined)));
        Assert.All(withoutMaps, s => Assert.Empty(s.Paper.RefinedMap.Concat(s.Deviation!.RefinedMap)));
        Assert.Throws<InvalidOperationException>(() => TiledScoring.Score(model, images, Paper(4), maps: false)[0].Of(ScoreRule.Deviation));
    }

    [Theory]
    [InlineData(10, 17)]
    [InlineData(17, 10)]
    [InlineData(12, 12)]
    [InlineData(3, 4)]
    public void ACropIsTheCentreSquareAndItsMapGoesBackThere(int height, int width)
    {
        using var run = new RunOnDisk(Small.Options with { Fit = ImageFit.Crop });
        using var scorer = Scorer.Load(run.Path, "cpu");
        byte[] pixels = Pixels(height, width, 1);
        int side = Math.Min(height, width), top = (height - side) / 2, left = (width - side) / 2;
        byte[] centre = [.. Enumerable.Range(0, side * side).Select(p => pixels[((top + (p / side)) * width) + left + (p % side)])];
        var found = scorer.Score(pixels, height, width, 1, LevelSchedule.Uniform(4));
        var expected = scorer.Score(centre, side, side, 1, LevelSchedule.Uniform(4));
        Assert.Equal(expected.Score, found.Score);
        float[] map = scorer.MapOnImage(found, height, width), inside = scorer.MapOnImage(expected, side, side);
        for (int p = 0; p < map.Length; p++)
        {
            int y = (p / width) - top, x = (p % width) - left;
            Assert.Equal(y >= 0 && y < side && x >= 0 && x < side ? inside[(y * side) + x] : float.NaN, map[p]);
        }
    }

    [Fact]
    public void AStretchedMapIsStretchedBack()
    {
        using var run = new RunOnDisk(Small.Options);
        using var scorer = Scorer.Load(run.Path, "cpu");
        // Linear along x: the triangle filter reproduces it between the outer centres.
        var score = new ImageScore(1, 1, [.. Enumerable.Range(0, 64).Select(p => (float)(p % 8))], 8, 8);
        float[] map = scorer.MapOnImage(score, 3, 16);
        for (int p = 0; p < map.Length; p++) Assert.InRange(Math.Abs(map[p] - Math.Clamp((((p % 16) + 0.5) / 2) - 0.5, 0, 7)), 0, 1e-6);
    }

    [Fact]
    public void ImagesThatWereNotPreparedForTheModelAreRefused()
    {
        using var device = Small.Open("cpu");
        using var plain = Small.Model(device, Small.Options);
        using var tiled = Small.Model(device, s_tiled);
        Assert.Throws<ArgumentException>(() => TiledScoring.Score(plain, [new(Pixels(9, 8, 1), 9, 8)], Paper(4), maps: false));
        Assert.Throws<ArgumentException>(() => TiledScoring.Score(tiled, [new(Pixels(9, 8, 3), 9, 8)], Paper(4), maps: false));
        Assert.Throws<ArgumentException>(() => TiledScoring.Score(tiled, [new(Array.Empty<byte>(), 0, 8)], Paper(4), maps: false));
        using var run = new RunOnDisk(s_tiled);
        using var scorer = Scorer.Load(run.Path, "cpu");
        var score = scorer.Score(Pixels(9, 8, 1), 9, 8, 1, LevelSchedule.Uniform(2));
        Assert.Throws<ArgumentException>(() => scorer.MapOnImage(score, 8, 9));
        Assert.Throws<ArgumentException>(() => scorer.MapOnImage(score with { Map = null }, 9, 8));
    }

    [Fact]
    public void TheFitIsKeptInTheCheckpoint()
    {
        using var run = new RunOnDisk(s_tiled);
        using (var scorer = Scorer.Load(run.Path, "cpu")) Assert.Equal(ImageFit.Tile, scorer.Options.Fit);
        // Checkpoints from before there was a choice.
        string json = s_tiled.ToJson();
        Assert.Contains("\"fit\":\"Tile\",", json, StringComparison.Ordinal);
        Assert.Equal(Small.Options, MmrrOptions.FromJson(json.Replace("\"fit\":\"Tile\",", "", StringComparison.Ordinal)));
        Assert.Throws<InvalidDataException>(() => MmrrOptions.FromJson(json.Replace("Tile", "Shrink", StringComparison.Ordinal)));
    }

    private static ScoreMethod Paper(int levels) => new(LevelSchedule.Uniform(levels), ScoreRule.Paper, null);

    private static byte[] Pixels(int height, int width, int channels)
    {
        var pixels = new byte[height * width * channels];
        new Random(height + width).NextBytes(pixels);
        return pixels;
    }
}
