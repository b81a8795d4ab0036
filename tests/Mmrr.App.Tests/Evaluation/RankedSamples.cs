using Mmrr.Training.Metrics;

namespace Mmrr.App.Tests.Evaluation;

/// <summary>Small random test sets in which many scores are the same.</summary>
internal static class RankedSamples
{
    public static IEnumerable<(double[] Scores, bool[] Abnormal)> Random(int seed, int rounds)
    {
        var random = new Random(seed);
        for (int round = 0; round < rounds; round++)
        {
            int count = random.Next(2, 40), levels = random.Next(1, 12);
            double[] scores = [.. Enumerable.Range(0, count).Select(_ => random.Next(-levels, levels) / 3.0)];
            bool[] abnormal = [.. Enumerable.Range(0, count).Select(i => i == 0 || (i != 1 && random.Next(3) == 0))];
            yield return (scores, abnormal);
        }
    }

    /// <summary>Precision, recall and F1 of calling everything above a threshold abnormal, by counting.</summary>
    public static (double Precision, double Recall, double F1) Count(double[] scores, bool[] abnormal, double threshold)
    {
        double found = scores.Where((s, i) => s > threshold && abnormal[i]).Count(), called = scores.Count(s => s > threshold), all = abnormal.Count(a => a);
        double precision = called == 0 ? 1 : found / called, recall = found / all;
        return (precision, recall, precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall));
    }

    public static double Auroc(double[] scores, bool[] abnormal) => RocCurve.Auroc(Ranking.Of(scores, abnormal));
}
