using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests;

public sealed class CalibrationTests : IDisposable
{
    private readonly RunOnDisk _run = new(Small.Options);

    public void Dispose() => _run.Dispose();

    [Fact]
    public void WhatIsSavedIsFound()
    {
        Assert.Null(Calibration.Find(_run.Path));
        var saved = Make(0.1 + 0.2, 15) with { Rule = ScoreRule.Deviation };
        saved.Save(_run.Path);
        var found = Calibration.Find(_run.Path)!;
        Assert.Equal(
            (saved.Threshold, saved.ThresholdWithoutRefinement, saved.FalseAlarm, saved.Levels, saved.Rule, saved.Heatmap),
            (found.Threshold, found.ThresholdWithoutRefinement, found.FalseAlarm, found.Levels, found.Rule, found.Heatmap));
        Assert.Equal(saved.HeldOut, found.HeldOut);
        Assert.Equal(saved.Added, found.Added);

        Assert.Throws<ArgumentException>(() => (saved with { Threshold = double.NaN }).Save(_run.Path));
        Assert.Equal(saved.Threshold, Calibration.Find(_run.Path)!.Threshold);
    }

    [Fact]
    public void AScoreComesWithTheDecision()
    {
        byte[] pixels = new byte[64];
        new Random(1).NextBytes(pixels);
        double score;
        using (var scorer = Scorer.Load(_run.Path, "cpu"))
        {
            Assert.Null(scorer.Calibration);
            Assert.Equal(LevelSchedule.Uniform(15), scorer.Levels);
            Assert.Contains("--calibrate", Assert.Throws<InvalidOperationException>(() => scorer.Threshold).Message, StringComparison.Ordinal);
            Assert.Null(scorer.Score(pixels, 8, 8, 1).Anomalous);
            score = scorer.Score(pixels, 8, 8, 1, levels: LevelSchedule.Uniform(4)).Score;
        }

        // At the very score an image passes; what is above does not.
        foreach (var (threshold, anomalous) in new[] { (score, false), (Math.BitDecrement(score), true) })
        {
            Make(threshold, 4).Save(_run.Path);
            using var scorer = Scorer.Load(_run.Path, "cpu");
            Assert.Equal((threshold, LevelSchedule.Uniform(4)), (scorer.Threshold, scorer.Levels));
            var result = scorer.Score(pixels, 8, 8, 1);
            Assert.Equal((score, anomalous, result.Map!.Max()), (result.Score, result.Anomalous, result.MaxPixelScore));
            Assert.Null(scorer.Score(pixels, 8, 8, 1, levels: LevelSchedule.Uniform(5)).Anomalous);
            Assert.Null(scorer.Score(pixels, 8, 8, 1, map: false).MaxPixelScore);
        }
    }

    /// <summary>A network whose output is no number: weights so large that their products are infinite, of both signs.</summary>
    [Theory]
    [InlineData(ImageFit.Stretch)]
    [InlineData(ImageFit.Tile)]
    public void AScoreThatIsNoNumberIsAnomalous(ImageFit fit)
    {
        var options = Small.Options with { Fit = fit };
        _run.Write(options, 1);
        RunOnDisk.Change(_run.Refinement, tensors: all => all.Select(t => (
            t.Name, t.Shape, t.Name == "f_ref.head.weight" ? [.. t.Values.Select((_, i) => i % 2 == 0 ? 3e38f : -3e38f)] : t.Values)));
        Make(1e300, 4).Save(_run.Path);
        using var scorer = Scorer.Load(_run.Path, "cpu");
        var pixels = new byte[20 * 20];
        new Random(1).NextBytes(pixels);
        var result = scorer.Score(pixels, 20, 20, 1);
        Assert.True(double.IsNaN(result.Score));
        Assert.True(result.Anomalous);
        Assert.False(double.IsNaN(result.ScoreWithoutRefinement));
        Assert.True(scorer.Calibration!.IsAnomalous(double.NaN)
            && scorer.Calibration.IsAnomalous(double.PositiveInfinity)
            && !scorer.Calibration.IsAnomalous(1e300));
    }

    private static Calibration Make(double threshold, int levels) => new()
    {
        Threshold = threshold,
        ThresholdWithoutRefinement = 2,
        FalseAlarm = 0.01,
        Levels = LevelSchedule.Uniform(levels),
        Heatmap = new HeatmapRange(0.5f, 2, 1.5f),
        HeldOut = [new NormalScore("a \"b\"", 0.1, 0.2, 0.3f, 0.4f)],
        Added = [new NormalScore("c", 1, 2, 3, 4), new NormalScore("d", 5, 6, 7, 8)],
    };
}
