namespace Mmrr.Training.Metrics;

/// <summary>The receiver operating characteristic of anomaly scores.</summary>
internal static class RocCurve
{
    /// <summary>
    /// The area under the ROC curve: the probability that an abnormal sample scores above a normal one, ties counting half (the Mann–Whitney statistic;
    /// Hanley and McNeil, Radiology 143, 1982).
    /// </summary>
    /// <returns>A value from 0 to 1; 0.5 for uninformative scores.</returns>
    public static double Auroc(Ranking ranking)
    {
        // Twice the number of correctly ordered pairs, with a tie counted once: exact in integers.
        long doubled = 0, above = 0;
        for (int k = 0; k < ranking.Scores.Count; k++)
        {
            doubled += ranking.Normal[k] * ((2 * above) + ranking.Abnormal[k]);
            above += ranking.Abnormal[k];
        }
        return doubled / (2.0 * ranking.NormalCount * ranking.AbnormalCount);
    }
}
