using Mmrr.Training.Metrics;
using Xunit;

namespace Mmrr.App.Tests.Evaluation;

public sealed class RocCurveTests
{
    [Theory]
    [InlineData(new[] { 0.1, 0.4, 0.35, 0.8 }, new[] { false, false, true, true }, 0.75)] // 3 of 4 pairs
    [InlineData(new[] { 1.0, 2.0, 3.0, 4.0 }, new[] { false, false, true, true }, 1.0)]
    [InlineData(new[] { 4.0, 3.0, 2.0, 1.0 }, new[] { false, false, true, true }, 0.0)]
    [InlineData(new[] { 5.0, 5.0, 5.0 }, new[] { true, false, true }, 0.5)]
    [InlineData(new[] { 1.0, 2.0, 2.0, 3.0 }, new[] { false, false, true, true }, 0.875)] // 3.5 of 4 pairs
    [InlineData(new[] { 0.0, -0.0 }, new[] { false, true }, 0.5)]
    [InlineData(new[] { double.NegativeInfinity, double.PositiveInfinity, double.PositiveInfinity }, new[] { false, false, true }, 0.75)]
    public void HandWorkedValues(double[] scores, bool[] labels, double expected) => Assert.Equal(expected, RankedSamples.Auroc(scores, labels));

    [Fact]
    public void AgreesWithCountingEveryPair()
    {
        foreach (var (scores, labels) in RankedSamples.Random(5, 300))
        {
            double pairs = 0, won = 0;
            for (int i = 0; i < scores.Length; i++)
            {
                for (int j = 0; j < scores.Length; j++)
                {
                    if (!labels[i] || labels[j])
                        continue;
                    pairs++;
                    won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                }
            }

            Assert.Equal(won / pairs, RankedSamples.Auroc(scores, labels));
        }
    }

    [Theory]
    [InlineData(new double[0], new bool[0], "expected both kinds")]
    [InlineData(new[] { 1.0, 2.0 }, new[] { true, true }, "2 of 2 labels are abnormal")]
    [InlineData(new[] { 1.0, 2.0 }, new[] { false, false }, "0 of 2 labels are abnormal")]
    [InlineData(new[] { 1.0, double.NaN }, new[] { false, true }, "score 1 is NaN")]
    [InlineData(new[] { 1.0, 2.0, 3.0 }, new[] { false, true }, "3 scores with 2 labels")]
    public void BadInputIsRefused(double[] scores, bool[] labels, string part) =>
        Assert.Contains(part, Assert.Throws<ArgumentException>(() => Ranking.Of(scores, labels)).Message, StringComparison.Ordinal);
}
