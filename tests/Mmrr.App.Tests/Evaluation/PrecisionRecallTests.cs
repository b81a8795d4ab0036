using Mmrr.Training.Metrics;
using Xunit;

namespace Mmrr.App.Tests.Evaluation;

public sealed class PrecisionRecallTests
{
    [Theory]
    [InlineData(new[] { 0.1, 0.4, 0.35, 0.8 }, new[] { false, false, true, true }, 0.8333333333333333)] // (1 + 2/3) / 2
    [InlineData(new[] { 1.0, 2.0, 3.0, 4.0 }, new[] { false, false, true, true }, 1.0)]
    [InlineData(new[] { 4.0, 3.0, 2.0, 1.0 }, new[] { false, false, true, true }, 0.4166666666666667)] // (1/3 + 2/4) / 2
    [InlineData(new[] { 5.0, 5.0, 5.0 }, new[] { true, false, true }, 0.6666666666666666)] // all found at once
    [InlineData(new[] { 3.0, 3.0, 2.0, 1.0 }, new[] { false, true, true, false }, 0.5833333333333333)] // (1/2 + 2/3) / 2
    public void AveragePrecisionByHand(double[] scores, bool[] labels, double expected) =>
        Assert.Equal(expected, PrecisionRecall.AveragePrecision(Ranking.Of(scores, labels)), 1e-15);

    [Theory]
    // Called abnormal: 0.8, 0.4 and 0.35, of which 0.4 is normal: 2·2 / (2·2 + 1 + 0).
    [InlineData(new[] { 0.1, 0.4, 0.35, 0.8 }, new[] { false, false, true, true }, 0.8, 0.1)]
    [InlineData(new[] { 1.0, 2.0, 3.0, 4.0 }, new[] { false, false, true, true }, 1.0, 2.0)]
    // Nothing separates them: everything is called abnormal, by a threshold just below.
    [InlineData(new[] { 5.0, 5.0, 5.0 }, new[] { true, false, true }, 0.8, 4.999999999999999)]
    // One of one and all four have the same F1: the fewer calls win.
    [InlineData(new[] { 4.0, 3.0, 2.0, 1.0 }, new[] { true, false, false, true }, 0.6666666666666666, 3.0)]
    public void BestF1ByHand(double[] scores, bool[] labels, double f1, double threshold)
    {
        var best = PrecisionRecall.BestF1(Ranking.Of(scores, labels));
        Assert.Equal(f1, best.F1, 1e-15);
        Assert.Equal(threshold, best.Threshold, 1e-14);
        Assert.Equal(best, PrecisionRecall.At(Ranking.Of(scores, labels), best.Threshold));
    }

    [Fact]
    public void AGivenThresholdByHand()
    {
        var ranking = Ranking.Of([1, 2, 2, 3, 4], [false, false, true, true, false]);
        Assert.Equal(new DecisionCounts(2, 1, 1, 1, 2), PrecisionRecall.At(ranking, 2)); // only what is above
        Assert.Equal(0.5, PrecisionRecall.At(ranking, 2).F1);
        Assert.Equal(new DecisionCounts(9, 0, 2, 0, 3), PrecisionRecall.At(ranking, 9));
        Assert.Equal(0, PrecisionRecall.At(ranking, 9).F1);
        Assert.Equal(new DecisionCounts(-1, 2, 0, 3, 0), PrecisionRecall.At(ranking, -1));
    }

    [Fact]
    public void AgreesWithCountingAtEveryThreshold()
    {
        foreach (var (scores, labels) in RankedSamples.Random(6, 300))
        {
            var ranking = Ranking.Of(scores, labels);
            double[] thresholds = [.. scores.Distinct().OrderDescending().Skip(1), scores.Min() - 1];
            double sum = 0, recall = 0, best = 0;
            foreach (double threshold in thresholds)
            {
                var counted = RankedSamples.Count(scores, labels, threshold);
                sum += (counted.Recall - recall) * counted.Precision;
                recall = counted.Recall;
                best = Math.Max(best, counted.F1);
                Assert.Equal(counted.F1, PrecisionRecall.At(ranking, threshold).F1, 1e-12);
            }

            Assert.Equal(sum, PrecisionRecall.AveragePrecision(ranking), 1e-12);
            Assert.Equal(best, PrecisionRecall.BestF1(ranking).F1, 1e-12);
            Assert.Equal(best, RankedSamples.Count(scores, labels, PrecisionRecall.BestF1(ranking).Threshold).F1, 1e-12);
        }
    }
}
