using Mmrr.Training.Data;
using Mmrr.Training.Metrics;
using Xunit;

namespace Mmrr.App.Tests.Evaluation;

public sealed class BootstrapTests
{
    [Fact]
    public void AResampleHasAsManyOfEachKindAndOnlyScoresThatThereAre()
    {
        var ranking = Ranking.Of([1, 2, 2, 3, 5], [false, false, true, true, true]);
        var random = new SplitMix64(3L);
        var drawn = new HashSet<string>();
        for (int i = 0; i < 5000; i++)
        {
            var some = ranking.Resample(ref random);
            Assert.Equal([5, 3, 2, 1], some.Scores);
            Assert.Equal((2, 3), (some.NormalCount, some.AbnormalCount));
            Assert.Equal((2, 3), (some.Normal.Sum(), some.Abnormal.Sum()));
            Assert.Equal(0, some.Normal[0] + some.Normal[1]);
            Assert.Equal(0, some.Abnormal[3]);
            drawn.Add(string.Join(' ', some.Normal) + "|" + string.Join(' ', some.Abnormal));
        }

        Assert.Equal(3 * 10, drawn.Count); // all multisets: of 2 from 2, of 3 from 3
    }

    [Fact]
    public void IntervalsHoldTheValueAndAreTheSameAgain()
    {
        var random = new Random(4);
        bool[] abnormal = [.. Enumerable.Range(0, 400).Select(i => i % 2 == 0)];
        double[] scores = [.. abnormal.Select(a => random.NextDouble() + (a ? 0.5 : 0))];
        var ranking = Ranking.Of(scores, abnormal);
        var estimate = Bootstrap.Estimate(ranking, RocCurve.Auroc, PrecisionRecall.AveragePrecision);
        Assert.Equal(RocCurve.Auroc(ranking), estimate[0].Value);
        // P(U + 0.5 > V) = 0.875; the standard error of an AUROC of 200 + 200 samples there is about 0.017 (Hanley and McNeil), the interval four of them.
        Assert.InRange(estimate[0].High - estimate[0].Low, 0.04, 0.1);
        Assert.All(estimate, e => Assert.True(e.Low < e.Value && e.Value < e.High));
        Assert.Equal(estimate, Bootstrap.Estimate(ranking, RocCurve.Auroc, PrecisionRecall.AveragePrecision));
    }

    [Fact]
    public void WhatIsSeparatedStaysSeparated() =>
        Assert.Equal(new Estimate(1, 1, 1), Bootstrap.Estimate(Ranking.Of([1, 2, 3], [false, false, true]), RocCurve.Auroc)[0]);
}
