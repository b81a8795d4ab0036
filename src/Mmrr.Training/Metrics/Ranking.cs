using Mmrr.Training.Data;

namespace Mmrr.Training.Metrics;

/// <summary>
/// Labelled anomaly scores as counts of normal and abnormal samples at each distinct score, highest first. All image-level figures are functions of it, so
/// ties are one step in each of them, and a bootstrap draws new counts without sorting again.
/// </summary>
internal sealed class Ranking
{
    private readonly double[] _scores;
    private readonly int[] _placeOfNormal;
    private readonly int[] _placeOfAbnormal;

    private Ranking(double[] scores, int[] normal, int[] abnormal, int[] placeOfNormal, int[] placeOfAbnormal)
    {
        (_scores, Normal, Abnormal) = (scores, normal, abnormal);
        (_placeOfNormal, _placeOfAbnormal) = (placeOfNormal, placeOfAbnormal);
    }

    /// <summary>The distinct scores, descending, [K].</summary>
    public IReadOnlyList<double> Scores => _scores;

    /// <summary>Normal samples at each score, [K].</summary>
    public IReadOnlyList<int> Normal { get; }

    /// <summary>Abnormal samples at each score, [K].</summary>
    public IReadOnlyList<int> Abnormal { get; }

    /// <summary>Total number of normal samples.</summary>
    public int NormalCount => _placeOfNormal.Length;

    /// <summary>Total number of abnormal samples.</summary>
    public int AbnormalCount => _placeOfAbnormal.Length;

    /// <summary>The rank value of a score: NaN ranks above all others, as most abnormal.</summary>
    public static double Rank(double score) => double.IsNaN(score) ? double.PositiveInfinity : score;

    /// <summary>Ranks samples.</summary>
    /// <param name="scores">Higher is more abnormal; infinities are allowed, NaN is not.</param>
    /// <param name="abnormal">Which samples are abnormal; as many as the scores, both kinds present.</param>
    /// <exception cref="ArgumentException">The lengths differ, a score is NaN or one kind is missing.</exception>
    public static Ranking Of(ReadOnlySpan<double> scores, ReadOnlySpan<bool> abnormal)
    {
        if (scores.Length != abnormal.Length)
            throw new ArgumentException($"{scores.Length} scores with {abnormal.Length} labels, expected equal numbers", nameof(abnormal));
        int positives = abnormal.Count(true);
        if (positives == 0 || positives == abnormal.Length)
            throw new ArgumentException($"{positives} of {abnormal.Length} labels are abnormal, expected both kinds", nameof(abnormal));
        var distinct = new SortedSet<double>();
        for (int i = 0; i < scores.Length; i++)
        {
            if (double.IsNaN(scores[i])) throw new ArgumentException($"score {i} is NaN, expected a number", nameof(scores));
            distinct.Add(scores[i] + 0.0); // -0 and 0 are one score
        }
        double[] falling = [.. distinct.Reverse()];
        var place = new Dictionary<double, int>(falling.Length);
        for (int k = 0; k < falling.Length; k++) place[falling[k]] = k;
        var (placeOfNormal, placeOfAbnormal) = (new int[abnormal.Length - positives], new int[positives]);
        int n = 0, p = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            if (abnormal[i]) placeOfAbnormal[p++] = place[scores[i] + 0.0];
            else placeOfNormal[n++] = place[scores[i] + 0.0];
        }
        return new Ranking(falling, Count(placeOfNormal, falling.Length), Count(placeOfAbnormal, falling.Length), placeOfNormal, placeOfAbnormal);
    }

    /// <summary>A stratified bootstrap resample: the same numbers of normal and abnormal samples, drawn with replacement from each kind.</summary>
    public Ranking Resample(ref SplitMix64 random)
    {
        int[] normal = Draw(_placeOfNormal, ref random), abnormal = Draw(_placeOfAbnormal, ref random);
        return new Ranking(_scores, Count(normal, _scores.Length), Count(abnormal, _scores.Length), normal, abnormal);
    }

    private static int[] Draw(int[] places, ref SplitMix64 random)
    {
        var drawn = new int[places.Length];
        for (int i = 0; i < drawn.Length; i++) drawn[i] = places[random.NextInt(places.Length)];
        return drawn;
    }

    private static int[] Count(int[] places, int distinct)
    {
        var counts = new int[distinct];
        foreach (int place in places) counts[place]++;
        return counts;
    }
}
