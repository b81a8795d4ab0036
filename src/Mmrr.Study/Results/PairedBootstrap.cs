using MathNet.Numerics.Statistics;
using Mmrr.Training.Data;
using Mmrr.Training.Evaluation;
using Mmrr.Training.Metrics;

namespace Mmrr.Study.Results;

/// <summary>The scores of two methods for the same test images, with one seed.</summary>
internal sealed class ScorePair
{
    // Images by their kind; each kind is drawn from by itself.
    private readonly (long Stream, int[] Members)[] _strata;
    private readonly bool[] _abnormal;
    private readonly int[] _first;
    private readonly int[] _second;
    private readonly double[] _firstScores;
    private readonly double[] _secondScores;

    /// <summary>Pairs two lists of scores.</summary>
    /// <param name="first">Images and scores.</param>
    /// <param name="second">The same images in the same order.</param>
    /// <exception cref="ArgumentException">The images differ.</exception>
    public ScorePair(IReadOnlyList<(ScoredImage Image, double Score)> first, IReadOnlyList<(ScoredImage Image, double Score)> second)
    {
        if (first.Count != second.Count || first.Zip(second).Any(p => p.First.Image.Name != p.Second.Image.Name))
            throw new ArgumentException("the images of the two differ", nameof(second));
        _abnormal = [.. first.Select(s => s.Image.Abnormal)];
        (_firstScores, _secondScores) = ([.. first.Select(s => s.Score)], [.. second.Select(s => s.Score)]);
        _first = Order(_firstScores);
        _second = Order(_secondScores);
        _strata =
        [
            .. Enumerable.Range(0, first.Count).GroupBy(i => (first[i].Image.Abnormal, first[i].Image.Kind)).OrderBy(g => g.Key)
                .Select(g => (Stream(g.Key.Kind), g.ToArray())),
        ];
    }

    /// <summary>AUROC of the first less that of the second.</summary>
    public double Difference => Auroc([.. Enumerable.Repeat(1, _abnormal.Length)]);

    /// <summary>
    /// The difference on a resample. Kinds with as many images are drawn alike in all pairs, so that what is shared by classes and seeds stays shared.
    /// </summary>
    /// <param name="resample">Its number.</param>
    public double Resampled(int resample)
    {
        var weights = new int[_abnormal.Length];
        foreach (var (stream, members) in _strata)
        {
            var random = new SplitMix64(stream, resample);
            for (int i = 0; i < members.Length; i++) weights[members[random.NextInt(members.Length)]]++;
        }
        return Auroc(weights);
    }

    private double Auroc(int[] weights) => Auroc(weights, _first, _firstScores) - Auroc(weights, _second, _secondScores);

    // The Mann–Whitney statistic with weights; ties count half.
    private double Auroc(int[] weights, int[] order, double[] scores)
    {
        long doubled = 0, above = 0, normals = 0;
        for (int begin = 0, end; begin < order.Length; begin = end)
        {
            long normal = 0, abnormal = 0;
            for (end = begin; end < order.Length && scores[order[end]] == scores[order[begin]]; end++)
            {
                if (_abnormal[order[end]]) abnormal += weights[order[end]];
                else normal += weights[order[end]];
            }
            doubled += normal * ((2 * above) + abnormal);
            above += abnormal;
            normals += normal;
        }
        return doubled / (2.0 * normals * above);
    }

    private static int[] Order(double[] scores) => [.. Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i])];

    // FNV-1a: the same in every process.
    private static long Stream(string kind)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in kind) hash = unchecked((hash ^ c) * 1099511628211);
        return unchecked((long)hash);
    }
}

/// <summary>
/// Percentile intervals for the difference of two methods. Of each resample the test images are drawn with replacement within each kind of image, the same
/// for both methods, and the seeds with replacement, the same for both methods: the interval holds what the choice of images and of seeds changes.
/// </summary>
internal static class PairedBootstrap
{
    /// <summary>The differences of each class and of their mean.</summary>
    /// <param name="classes">For each class its pairs, one for each seed, at least one.</param>
    public static (IReadOnlyList<Estimate> Classes, Estimate Mean) Estimate(IReadOnlyList<IReadOnlyList<ScorePair>> classes)
    {
        var resampled = new double[classes.Count][];
        for (int c = 0; c < classes.Count; c++)
        {
            var (pairs, row) = (classes[c], new double[Bootstrap.Resamples]);
            resampled[c] = row;
            Parallel.For(0, Bootstrap.Resamples, r =>
            {
                var random = new SplitMix64(Bootstrap.Seed, r);
                double[] bySeed = [.. pairs.Select(p => p.Resampled(r))];
                row[r] = Enumerable.Range(0, bySeed.Length).Average(_ => bySeed[random.NextInt(bySeed.Length)]);
            });
        }
        double[] whole = [.. classes.Select(pairs => pairs.Average(p => p.Difference))];
        double[] means = [.. Enumerable.Range(0, Bootstrap.Resamples).Select(r => resampled.Average(row => row[r]))];
        return ([.. whole.Zip(resampled, Interval)], Interval(whole.Average(), means));
    }

    private static Estimate Interval(double value, double[] resampled)
    {
        double tail = (1 - Bootstrap.Confidence) / 2;
        double Quantile(double share) => Statistics.QuantileCustom(resampled, share, QuantileDefinition.R7);
        return new Estimate(value, Quantile(tail), Quantile(1 - tail));
    }
}
