using System.Numerics;

namespace Mmrr.App.Evaluation.Metrics;

/// <summary>The receiver operating characteristic of anomaly scores.</summary>
public static class RocCurve
{
    /// <inheritdoc cref="Auroc(ReadOnlySpan{double}, ReadOnlySpan{bool})"/>
    public static double Auroc(ReadOnlySpan<float> scores, ReadOnlySpan<bool> labels) => MannWhitney(scores, labels);

    /// <summary>
    /// The area under the ROC curve: the chance that an anomalous sample scores above a normal one, ties counting half
    /// (the Mann–Whitney statistic with average ranks; Hanley and McNeil, Radiology 143, 1982).
    /// </summary>
    /// <param name="scores">Anomaly scores, higher is more anomalous; infinities are allowed, NaN is not.</param>
    /// <param name="labels">Which samples are anomalous; as many as the scores, both classes present.</param>
    /// <returns>A value from 0 to 1; 0.5 when the scores tell nothing.</returns>
    /// <remarks>Takes O(n log n) time and one extra copy of the scores, so that it also serves tens of millions of pixels.</remarks>
    /// <exception cref="ArgumentException">The lengths differ, a score is NaN or one class is missing.</exception>
    public static double Auroc(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels) => MannWhitney(scores, labels);

    private static double MannWhitney<T>(ReadOnlySpan<T> scores, ReadOnlySpan<bool> labels)
        where T : struct, IFloatingPointIeee754<T>
    {
        if (scores.Length != labels.Length)
            throw new ArgumentException($"{scores.Length} scores came with {labels.Length} labels, expected as many", nameof(labels));
        int anomalous = labels.Count(true);
        if (anomalous == 0 || anomalous == labels.Length)
            throw new ArgumentException($"{anomalous} of {labels.Length} labels are anomalous, expected both classes", nameof(labels));

        T[] positives = new T[anomalous];
        T[] negatives = new T[labels.Length - anomalous];
        int p = 0, n = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            if (T.IsNaN(scores[i]))
                throw new ArgumentException($"score {i} is NaN, expected a number", nameof(scores));
            if (labels[i])
                positives[p++] = scores[i];
            else
                negatives[n++] = scores[i];
        }

        Array.Sort(positives);
        Array.Sort(negatives);

        // Twice the count of (positive above negative) pairs, ties counted once; exact, below 2^62 for array lengths.
        long doubled = 0;
        int below = 0, notAbove = 0;
        foreach (T score in positives)
        {
            while (below < negatives.Length && negatives[below] < score)
                below++;
            while (notAbove < negatives.Length && negatives[notAbove] <= score)
                notAbove++;
            doubled += (long)below + notAbove;
        }

        return doubled / (2.0 * positives.Length * negatives.Length);
    }
}
