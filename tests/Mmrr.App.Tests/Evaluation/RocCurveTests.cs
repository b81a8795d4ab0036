using Mmrr.App.Evaluation.Metrics;
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
    public void HandWorkedValues(double[] scores, bool[] labels, double expected)
    {
        Assert.Equal(expected, RocCurve.Auroc(scores, labels));
        Assert.Equal(expected, RocCurve.Auroc(Array.ConvertAll(scores, score => (float)score), labels));
    }

    [Fact]
    public void AgreesWithCountingEveryPair()
    {
        Random random = new(5);
        for (int round = 0; round < 300; round++)
        {
            int count = random.Next(2, 40);
            int levels = random.Next(1, 12);
            float[] scores = [.. Enumerable.Range(0, count).Select(_ => (float)random.Next(-levels, levels) / 3)];
            bool[] labels = [.. Enumerable.Range(0, count).Select(i => i == 0 || (i != 1 && random.Next(3) == 0))];

            double pairs = 0, won = 0;
            for (int i = 0; i < count; i++)
            {
                for (int j = 0; j < count; j++)
                {
                    if (!labels[i] || labels[j])
                        continue;
                    pairs++;
                    won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                }
            }

            Assert.Equal(won / pairs, RocCurve.Auroc(scores, labels));
            Assert.Equal(won / pairs, RocCurve.Auroc(Array.ConvertAll(scores, score => (double)score), labels));
        }
    }

    [Fact]
    public void AMillionPixelsTakeOneCopyOfTheScores()
    {
        Random random = new(6);
        float[] scores = new float[1_000_000];
        bool[] labels = new bool[scores.Length];
        for (int i = 0; i < scores.Length; i++)
        {
            labels[i] = random.Next(50) == 0;
            scores[i] = random.NextSingle() + (labels[i] ? 0.5f : 0f);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        double auroc = RocCurve.Auroc(scores, labels);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 5 * scores.Length);
        // P(U + 0.5 > V) for uniform U, V is 1 − 0.5² / 2.
        Assert.Equal(0.875, auroc, 0.005);
    }

    [Theory]
    [InlineData(new double[0], new bool[0], "expected both classes")]
    [InlineData(new[] { 1.0, 2.0 }, new[] { true, true }, "2 of 2 labels are anomalous")]
    [InlineData(new[] { 1.0, 2.0 }, new[] { false, false }, "0 of 2 labels are anomalous")]
    [InlineData(new[] { 1.0, double.NaN }, new[] { false, true }, "score 1 is NaN")]
    [InlineData(new[] { 1.0, 2.0, 3.0 }, new[] { false, true }, "3 scores came with 2 labels")]
    public void BadInputIsRefused(double[] scores, bool[] labels, string part)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => RocCurve.Auroc(scores, labels));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => RocCurve.Auroc(Array.ConvertAll(scores, score => (float)score), labels));
    }
}
