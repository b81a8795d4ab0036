using Mmrr.Autograd;
using Mmrr.Nn.Checkpoints;
using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests;

/// <summary>Statistics of normal images, from the network to the file, and the scores that they give.</summary>
public sealed class NormalStatisticsTests : IDisposable
{
    private static readonly LevelSchedule s_levels = LevelSchedule.Logarithmic(4);
    private readonly RunOnDisk _run = new(Small.Options);

    public void Dispose() => _run.Dispose();

    /// <summary>The rule from its definition, on the network's own restorations.</summary>
    [Theory]
    [InlineData(1, ImageFit.Stretch)]
    [InlineData(3, ImageFit.Stretch)]
    [InlineData(1, ImageFit.Tile)]
    public void StatisticsAndScoresAreThoseOfTheDefinition(int channels, ImageFit fit)
    {
        var options = Small.Options with { Channels = channels, Fit = fit };
        using var device = Small.Open("cpu");
        using var model = Small.Model(device, options);
        PreparedImage[] normal = Small.Prepared(options, 5), tested = Small.Prepared(options, 2, seed: 7);
        bool perPlace = fit != ImageFit.Tile;
        var statistics = NormalStatistics.Of(model, Small.Whole(options, normal), s_levels, ScoreRule.Deviation);
        Assert.Equal(
            (5, s_levels, ScoreRule.Deviation, perPlace ? 4 * 64 : 4),
            (statistics.Images, statistics.Levels, statistics.Rule, statistics.Refined.Mean.Length));
        float[] values = [.. tested.SelectMany(Values)];
        var found = Scoring.Score(model, values, s_levels, maps: true, statistics).Deviation!;

        // [image][level][pixel], of x̂ + r and of x̂.
        double[][][][] Roughness(PreparedImage[] images) =>
            [.. images.Select(image =>
                Errors(model, Values(image)).Select(kind => kind.Select(e => DeviationReference.Roughness(e, 8, 1)).ToArray()).ToArray())];
        var (ofNormal, ofTested) = (Roughness(normal), Roughness(tested));
        for (int kind = 0; kind < 2; kind++)
        {
            var moments = kind == 0 ? statistics.Refined : statistics.Restored;
            double[][] maps = [new double[64], new double[64]], bounds = [new double[64], new double[64]];
            for (int l = 0; l < s_levels.Count; l++)
            {
                var (mean, spread) = DeviationReference.Moments([.. ofNormal.Select(image => image[kind][l])], perPlace);
                var (foundMean, foundSpread) = moments.At(l, s_levels.Count);
                // An error is a float32 mean of squared differences, off by 6 roundings at most; smoothing adds 18, and the root halves them: r is off by 13.
                // Means are as far off, and root mean squared deviations by twice that of the largest r, whose place is not known.
                double off = 13 * Rounding.U, largest = ofNormal.Max(image => image[kind][l].Max());
                for (int p = 0; p < mean.Length; p++)
                {
                    Assert.InRange(Math.Abs(foundMean.Span[p] - mean[p]), 0, (off + Rounding.U) * mean[p]);
                    Assert.InRange(Math.Abs(foundSpread.Span[p] - spread[p]), 0, (2 * off * largest) + (Rounding.U * spread[p]));
                }
                for (int i = 0; i < 2; i++)
                {
                    for (int p = 0; p < 64; p++)
                    {
                        var (r, m, s) = (ofTested[i][kind][l][p], mean[perPlace ? p : 0], spread[perPlace ? p : 0]);
                        double z = (r - m) / s;
                        maps[i][p] += z / s_levels.Count;
                        bounds[i][p] += ((off * (r + m)) + (Math.Abs(z) * 2 * off * largest)) / s / s_levels.Count;
                        bounds[i][p] += 8 * Rounding.U * Math.Abs(z); // the quotient, the weight, the product, and the sums
                    }
                }
            }
            for (int i = 0; i < 2; i++)
            {
                var (score, map) = kind == 0 ? (found.Refined[i], found.RefinedMap) : (found.Restored[i], found.RestoredMap);
                for (int p = 0; p < 64; p++) Assert.InRange(map[(i * 64) + p] - maps[i][p], -bounds[i][p], bounds[i][p]);
                Assert.InRange(score - DeviationReference.Score(maps[i], 0.01), -bounds[i].Max(), bounds[i].Max());
                Assert.InRange(bounds[i].Max(), 0, (maps[i].Max() - maps[i].Min()) / 100); // else it would say little
            }
        }
    }

    [Theory]
    [InlineData(ImageFit.Stretch)]
    [InlineData(ImageFit.Tile)]
    public void WhatIsSavedIsFound(ImageFit fit)
    {
        var options = Small.Options with { Fit = fit };
        using var device = Small.Open("cpu");
        using var model = Small.Model(device, options);
        Assert.Null(NormalStatistics.Find(_run.Path, options));
        var saved = NormalStatistics.Of(model, Small.Whole(options, Small.Prepared(options, 3)), s_levels, ScoreRule.Deviation);
        saved.Save(_run.Path);
        var found = NormalStatistics.Find(_run.Path, options)!;
        Assert.Equal(
            (saved.Rule, saved.Levels, saved.Images, saved.Formula.Sigma, saved.Formula.Share),
            (found.Rule, found.Levels, found.Images, found.Formula.Sigma, found.Formula.Share));
        Assert.Equal(Small.Bits(saved.Refined.Mean.Concat(saved.Refined.Spread)), Small.Bits(found.Refined.Mean.Concat(found.Refined.Spread)));
        Assert.Equal(Small.Bits(saved.Restored.Mean.Concat(saved.Restored.Spread)), Small.Bits(found.Restored.Mean.Concat(found.Restored.Spread)));
        using var file = SafeTensorsFile.Open(PathOf());
        var deviation = file.Entries.Where(e => !e.Name.StartsWith("neighbours.", StringComparison.Ordinal)).ToArray();
        Assert.Equal(["refined.mean", "refined.spread", "restored.mean", "restored.spread"], deviation.Select(e => e.Name).Order(StringComparer.Ordinal));
        Assert.All(deviation, e => Assert.Equal(fit == ImageFit.Tile ? [4] : [4, 8, 8], e.Shape));
    }

    [Fact]
    public void AScorerGoesByThemUntilTheThresholdSaysOtherwise()
    {
        NormalStatistics normal;
        using (var device = Small.Open("cpu"))
        {
            using var model = Small.Model(device, Small.Options);
            normal = NormalStatistics.Of(model, Small.Whole(Small.Options, Small.Prepared(Small.Options, 3)), s_levels, ScoreRule.Deviation);
            normal.Save(_run.Path);
        }
        byte[] pixels = Small.Prepared(Small.Options, 1, seed: 3)[0].Pixels.Bytes;
        ImageScore first;
        using (var scorer = Scorer.Load(_run.Path, "cpu"))
        {
            Assert.Equal((s_levels, ScoreRule.Deviation), (scorer.Method.Levels, scorer.Method.Rule));
            first = scorer.Score(pixels, 8, 8, 1);
            Assert.Equal(
                (ScoreRule.Deviation, first.DeviationScore, first.DeviationScoreWithoutRefinement),
                (first.Rule, first.Score, first.ScoreWithoutRefinement));
            Assert.NotEqual(first.PaperScore, first.Score);
            Assert.Null(first.Anomalous);
            // Elsewhere the statistics mean nothing.
            var other = scorer.Score(pixels, 8, 8, 1, LevelSchedule.Uniform(3));
            Assert.Equal((ScoreRule.Paper, other.PaperScore, null), (other.Rule, other.Score, other.DeviationScore));
        }
        NormalScore image = new("a", first.Score, first.ScoreWithoutRefinement, 0, 1);
        Calibrator.Make([image], [], s_levels, ScoreRule.Deviation, 0.5).Save(_run.Path);
        using (var scorer = Scorer.Load(_run.Path, "cpu")) Assert.False(scorer.Score(pixels, 8, 8, 1).Anomalous);
        // Of the other rule: both figures are still told.
        Calibrator.Make([image], [], s_levels, ScoreRule.Paper, 0.5).Save(_run.Path);
        using (var scorer = Scorer.Load(_run.Path, "cpu"))
        {
            var paper = scorer.Score(pixels, 8, 8, 1);
            Assert.Equal(
                (ScoreRule.Paper, first.PaperScore, first.PaperScore, first.DeviationScore),
                (paper.Rule, paper.Score, paper.PaperScore, paper.DeviationScore));
        }
        // For levels that the statistics are not of.
        Calibrator.Make([image], [], LevelSchedule.Uniform(9), ScoreRule.Deviation, 0.5).Save(_run.Path);
        Refused("uniform:9");
        File.Delete(PathOf());
        Refused(NormalStatistics.FileName);
    }

    [Theory]
    [InlineData("\"format\":1", "\"format\":2", "written by a newer mmrr (format 2, this one reads 1)")]
    [InlineData("log:4:0.01:1", "log:4:0:1", "levels")]
    [InlineData("log:4:0.01:1", "log:5:0.01:1", "[5, 8, 8]")]
    [InlineData("\"sigma\":1", "\"sigma\":-1", "sigma")]
    [InlineData("\"images\":3", "\"images\":0", "images")]
    [InlineData("\"rule\":\"deviation\"", "\"rule\":\"other\"", "rule")]
    [InlineData("\"share\"", "\"part\"", "part")]
    [InlineData("mmrr.normal", "", "mmrr.normal")]
    [InlineData("refined.mean", "", "refined.mean")]
    [InlineData("spread", "0", "spread")]
    public void ADamagedFileIsNamed(string old, string by, string word)
    {
        using (var device = Small.Open("cpu"))
        {
            using var model = Small.Model(device, Small.Options);
            NormalStatistics.Of(model, Small.Whole(Small.Options, Small.Prepared(Small.Options, 3)), s_levels, ScoreRule.Deviation).Save(_run.Path);
        }
        string header;
        List<(string, int[], float[])> tensors;
        using (var file = SafeTensorsFile.Open(PathOf()))
        {
            header = file.Metadata["mmrr.normal"];
            tensors =
                [.. file.Entries.Where(e => e.Name != old).Select(e => (
                    e.Name,
                    e.Shape.ToArray(),
                    old == "spread" && e.Name.EndsWith(old, StringComparison.Ordinal) ? new float[256] : file.Read(e.Name)))];
        }
        if (old[0] == '"' || old.StartsWith("log", StringComparison.Ordinal)) Assert.Contains(old, header, StringComparison.Ordinal);
        var metadata = old == "mmrr.normal" ? new Dictionary<string, string>() : new() { ["mmrr.normal"] = header.Replace(old, by, StringComparison.Ordinal) };
        SafeTensorsFile.Write(PathOf(), metadata, tensors);
        string message = Assert.Throws<InvalidDataException>(() => NormalStatistics.Find(_run.Path, Small.Options)).Message;
        Assert.StartsWith(PathOf(), message, StringComparison.Ordinal);
        Assert.Contains(word, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void ImagesThatTheModelDoesNotTakeAreRefused()
    {
        using var device = Small.Open("cpu");
        using var model = Small.Model(device, Small.Options);
        Assert.Throws<ArgumentException>(() => NormalStatistics.Of(model, Small.Whole(Small.Options, []), s_levels, ScoreRule.Paper));
        Assert.Throws<ArgumentException>(
            () => NormalStatistics.Of(model, Small.Whole(Small.Options, [new PreparedImage(new byte[63], 9, 7)]), s_levels, ScoreRule.Paper));
        var normal = NormalStatistics.Of(model, Small.Whole(Small.Options, Small.Prepared(Small.Options, 1)), s_levels, ScoreRule.Paper);
        Assert.Throws<ArgumentException>(() => Scoring.Score(model, new float[64], LevelSchedule.Uniform(4), maps: false, normal));
    }

    /// <summary>The channels' mean squared errors of one image, of x̂ + r and of x̂, level by level.</summary>
    private static double[][][] Errors(MmrrModel model, float[] image)
    {
        var o = model.Options;
        using var scope = new DisposeScope();
        using var guard = new NoGradient();
        using var x = Variable.Constant(Tensor.From(model.Device, new Shape(1, 8, 8, o.Channels), image));
        using var e = model.Embed(x);
        using var logits = model.MaskLogits(x);
        using var restoration = model.Restore(
            x,
            e,
            logits,
            Small.Levels(model.Device, 1, s_levels.Levels.ToArray()),
            new NoiseSource(LevelWalk.NoiseSeed, 0, SameForEveryImage: true));
        using var refined = model.Refine(restoration);
        double[][] Of(Variable prediction)
        {
            float[] all = prediction.Value.ToArray();
            return [.. Enumerable.Range(0, s_levels.Count).Select(l => Enumerable.Range(0, 64).Select(p =>
                Enumerable.Range(0, o.Channels).Average(c =>
                    Math.Pow((double)all[(l * image.Length) + (p * o.Channels) + c] - image[(p * o.Channels) + c], 2))).ToArray())];
        }
        return [Of(refined), Of(restoration.Restored)];
    }

    private static float[] Values(PreparedImage image)
    {
        var values = new float[image.Pixels.Length];
        ImagePixels.ToFloats(image.Pixels.Bytes, values);
        return values;
    }

    private string PathOf() => Path.Combine(_run.Path, NormalStatistics.FileName);

    private void Refused(string word) => Assert.Contains(
        word, Assert.Throws<InvalidDataException>(() => Scorer.Load(_run.Path, "cpu")).Message, StringComparison.Ordinal);
}
