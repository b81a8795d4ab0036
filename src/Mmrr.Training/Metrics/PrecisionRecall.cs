namespace Mmrr.Training.Metrics;

/// <summary>What a threshold does to labelled samples; one is called abnormal where its score is above.</summary>
/// <param name="Threshold">The threshold.</param>
/// <param name="Found">Abnormal samples above it.</param>
/// <param name="Misses">Abnormal samples that are not.</param>
/// <param name="FalseAlarms">Normal samples above it.</param>
/// <param name="Passed">Normal samples that are not.</param>
internal sealed record DecisionCounts(double Threshold, int Found, int Misses, int FalseAlarms, int Passed)
{
    /// <summary>The harmonic mean of precision and recall, 2·TP / (2·TP + FP + FN): 0 where nothing abnormal is found.</summary>
    public double F1 => 2.0 * Found / ((2.0 * Found) + FalseAlarms + Misses);
}

/// <summary>Precision and recall of anomaly scores. Samples that share a score are found together.</summary>
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

    /// <summary>The threshold of the highest F1, by the labels themselves; of several, the one that calls fewest samples abnormal.</summary>
    /// <returns>Its threshold is the next lower score, below all scores a little less than the lowest: what is above is abnormal.</returns>
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

    /// <summary>What a given threshold does.</summary>
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
