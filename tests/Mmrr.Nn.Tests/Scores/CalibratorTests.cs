using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests;

public sealed class CalibratorTests
{
    private static readonly LevelSchedule s_levels = LevelSchedule.Uniform(15);

    /// <summary>Of n + 1 scores each is left out in turn: all are as likely to be the new one.</summary>
    [Theory]
    [InlineData(0.01)]
    [InlineData(0.05)]
    [InlineData(0.07)]
    [InlineData(0.1)]
    [InlineData(0.29)]
    [InlineData(0.5)]
    [InlineData(0.75)]
    public void ANewNormalImageIsCalledAnomalousWithAChanceOfAtMostTheRate(double rate)
    {
        var random = new Random(5);
        for (int n = 1; n <= 120; n++)
        {
            double[] scores = [.. Enumerable.Range(0, n + 1).Select(_ => Math.Exp(random.NextDouble()))];
            random.Shuffle(scores);
            int alarms = 0;
            for (int left = 0; left <= n; left++)
            {
                double[] others = [.. scores.Where((_, i) => i != left)];
                if (scores[left] > Calibrator.Threshold(others, rate)) alarms++;
            }
            // The decimal knows what 100·0.29 is.
            decimal allowed = (n + 1) * (decimal)rate;
            Assert.Equal(n < Calibrator.LeastImages(rate), allowed < 1);
            if (allowed >= 1) Assert.Equal((int)Math.Floor(allowed), alarms);
            else Assert.InRange(alarms, 0, 1); // the margin may not be enough for the largest
        }
    }

    [Theory]
    [InlineData(0.5, 3, 3.0)] // ⌈4·0.5⌉ = 2nd
    [InlineData(0.25, 3, 4.0)] // ⌈4·0.75⌉ = 3rd
    [InlineData(0.2, 3, 4.25)] // ⌈4·0.8⌉ = 4th of three: beyond, by a quarter of 4 − 3
    [InlineData(0.01, 2, 3.125)] // a quarter of 3 − 2.5
    [InlineData(0.01, 1, 2.5)] // no distance: a quarter of its size
    public void TheThresholdIsTheRankOrLiesBeyondTheLargestByTheMargin(double rate, int images, double expected)
    {
        double[] scores = [.. Enumerable.Range(2, images)];
        Assert.Equal(expected, Calibrator.Threshold(scores.Reverse().ToArray(), rate));
        Assert.Equal(-1.5, Calibrator.Threshold([-2, -2], rate / 10));
    }

    [Theory]
    [InlineData(0.01, 99)]
    [InlineData(0.05, 19)]
    [InlineData(0.5, 1)]
    [InlineData(0.3, 3)]
    [InlineData(1e-12, int.MaxValue)]
    public void ARateNeedsSoManyImages(double rate, int images) => Assert.Equal(images, Calibrator.LeastImages(rate));

    [Fact]
    public void ThresholdsAndColoursComeFromAllNormalImages()
    {
        var calibration = Calibrator.Make(Images(5, 1, 3), Images(2, 4), s_levels, ScoreRule.Deviation, 0.25);
        Assert.Equal(
            (5, 15, 0.25, s_levels, ScoreRule.Deviation),
            (calibration.Threshold, calibration.ThresholdWithoutRefinement, calibration.FalseAlarm, calibration.Levels, calibration.Rule));
        Assert.Equal(["5", "1", "3", "2", "4"], calibration.Images.Select(i => i.Image));
        Assert.Equal(
            new HeatmapRange(1.5f, 14.25f, 10),
            calibration.Heatmap); // the median of the medians, the same rank of the highest pixels, half as much again
    }

    [Fact]
    public void WhatCannotBeIsRefused()
    {
        Assert.Throws<ArgumentException>(() => Calibrator.Make([], [], s_levels, ScoreRule.Paper, 0.1));
        Assert.Throws<ArgumentException>(() => Calibrator.Threshold([], 0.1));
        foreach (double rate in new[] { 0, 1, -1, double.NaN })
        {
            Assert.Throws<ArgumentException>(() => Calibrator.Threshold([1], rate));
            Assert.Throws<ArgumentException>(() => Calibrator.LeastImages(rate));
        }
        foreach (double score in new[] { double.NaN, double.PositiveInfinity })
            Assert.StartsWith(
                "broken: ",
                Assert.Throws<ArgumentException>(
                    () => Calibrator.Make(Images(1), [new NormalScore("broken", score, 1, 1, 1)], s_levels, ScoreRule.Paper, 0.1)).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public void AProgramCalibratesARun()
    {
        using var run = new RunOnDisk(Small.Options);
        var levels = LevelSchedule.Logarithmic(3);
        using (var scorer = Scorer.Load(run.Path, "cpu"))
        {
            var images = Enumerable.Range(0, 20).Select(i => ($"{i}", scorer.Prepare(Pixels(i), 8, 8, 1)));
            NormalScore[] scores = [.. Calibrator.Score(scorer, images, levels)];
            for (int i = 0; i < scores.Length; i++)
            {
                var alone = scorer.Score(Pixels(i), 8, 8, 1, levels);
                float[] map = [.. alone.Map!.Order()];
                Assert.Equal(new NormalScore($"{i}", alone.Score, alone.ScoreWithoutRefinement, map[32], map[63]), scores[i]);
            }
            Calibrator.Make(scores, [], levels, ScoreRule.Paper, 0.1).Save(run.Path);
        }
        using var calibrated = Scorer.Load(run.Path, "cpu");
        Assert.Equal(levels, calibrated.Levels);
        Assert.Equal(1, Enumerable.Range(0, 20).Count(i => calibrated.Score(Pixels(i), 8, 8, 1).Anomalous == true)); // one lies above the ⌈21·0.9⌉ = 19th
    }

    private static NormalScore[] Images(params int[] scores) => [.. scores.Select(s => new NormalScore($"{s}", s, s + 10, s / 2f, s * 2))];

    private static byte[] Pixels(int seed)
    {
        var pixels = new byte[64];
        new Random(seed).NextBytes(pixels);
        return pixels;
    }
}
