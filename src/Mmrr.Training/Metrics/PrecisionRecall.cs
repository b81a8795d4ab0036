namespace Mmrr.Training.Metrics;

/// <summary>The decisions of a threshold on labelled samples; a sample is called abnormal if its score is above it.</summary>
/// <param name="Threshold">The threshold.</param>
/// <param name="Found">Abnormal samples above it.</param>
/// <param name="Misses">Abnormal samples not above it.</param>
/// <param name="FalseAlarms">Normal samples above it.</param>
/// <param name="Passed">Normal samples not above it.</param>
internal sealed record DecisionCounts(double Threshold, int Found, int Misses, int FalseAlarms, int Passed)
{
    /// <summary>The harmonic mean of precision and recall, 2·TP / (2·TP + FP + FN); 0 where no abnormal sample is found.</summary>
    public double F1 => 2.0 * Found / ((2.0 * Found) + FalseAlarms + Misses);
}

/// <summary>Precision and recall of anomaly scores. Samples with the same score form one step.</summary>
internal static class PrecisionRecall
{
    /// <summary>Σ (Rₖ − Rₖ₋₁)·Pₖ over the distinct scores, highest first: average precision without interpolation, as in scikit-learn.</summary>
    /// <returns>A value from 0 to 1; the share of abnormal samples when all scores are the same.</returns>
    public static double AveragePrecision(Ranking ranking)
    {
        long found = 0, called = 0;
        double sum = 0;
        for (int k = 0; k < ranking.Scores.Count; k++)
        {
            found += ranking.Abnormal[k];
            called += ranking.Abnormal[k] + ranking.Normal[k];
            if (ranking.Abnormal[k] > 0) sum += ranking.Abnormal[k] * ((double)found / called);
        }
        return sum / ranking.AbnormalCount;
    }

    /// <summary>The threshold with the highest F1 on the given labels; of several, the one that calls the fewest samples abnormal.</summary>
    /// <returns>The counts; the threshold is the next lower score, or slightly below the lowest score: samples above it are abnormal.</returns>
    public static DecisionCounts BestF1(Ranking ranking)
    {
        double best = -1;
        int found = 0, alarms = 0, bestPlace = 0, bestFound = 0, bestAlarms = 0;
        for (int k = 0; k < ranking.Scores.Count; k++)
        {
            found += ranking.Abnormal[k];
            alarms += ranking.Normal[k];
            double f1 = 2.0 * found / (found + alarms + ranking.AbnormalCount);
            if (f1 <= best) continue;
            (best, bestPlace, bestFound, bestAlarms) = (f1, k, found, alarms);
        }
        double threshold = bestPlace + 1 < ranking.Scores.Count ? ranking.Scores[bestPlace + 1] : double.BitDecrement(ranking.Scores[bestPlace]);
        return Make(ranking, threshold, bestFound, bestAlarms);
    }

    /// <summary>The decisions of a given threshold.</summary>
    public static DecisionCounts At(Ranking ranking, double threshold)
    {
        int found = 0, alarms = 0;
        for (int k = 0; k < ranking.Scores.Count && ranking.Scores[k] > threshold; k++)
        {
            found += ranking.Abnormal[k];
            alarms += ranking.Normal[k];
        }
        return Make(ranking, threshold, found, alarms);
    }

    private static DecisionCounts Make(Ranking ranking, double threshold, int found, int alarms) =>
        new(threshold, found, ranking.AbnormalCount - found, alarms, ranking.NormalCount - alarms);
}
