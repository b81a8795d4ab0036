using MathNet.Numerics.Statistics;
using Mmrr.Training.Data;

namespace Mmrr.Training.Metrics;

/// <summary>A figure of the test set with a confidence interval.</summary>
/// <param name="Value">The value on the test set.</param>
/// <param name="Low">The interval's lower end.</param>
/// <param name="High">The interval's upper end.</param>
internal sealed record Estimate(double Value, double Low, double High);

/// <summary>
/// Percentile bootstrap intervals (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13), stratified: normal and abnormal samples are
/// drawn with replacement from their own kind, so that every resample has as many of each as the test set. They measure how much the choice of test images
/// changes a figure; they do not include the effect of the training images and the seed.
/// </summary>
internal static class Bootstrap
{
    /// <summary>The number of resamples.</summary>
    public const int Resamples = 1000;

    /// <summary>Share of the resamples within the interval.</summary>
    public const double Confidence = 0.95;

    /// <summary>Seed of the draws: the same test set gives the same intervals.</summary>
    public const long Seed = 0;

    /// <summary>The intervals of some figures, all from the same resamples.</summary>
    public static Estimate[] Estimate(Ranking ranking, params Func<Ranking, double>[] figures)
    {
        double[][] resampled = [.. figures.Select(_ => new double[Resamples])];
        Parallel.For(0, Resamples, r =>
        {
            var random = new SplitMix64(Seed, r);
            var drawn = ranking.Resample(ref random);
            for (int f = 0; f < figures.Length; f++) resampled[f][r] = figures[f](drawn);
        });
        return [.. figures.Select((figure, f) => Interval(figure(ranking), resampled[f]))];
    }

    private static Estimate Interval(double value, double[] resampled)
    {
        Array.Sort(resampled);
        double tail = (1 - Confidence) / 2;
        return new Estimate(value, Quantile(tail), Quantile(1 - tail));

        double Quantile(double share) => SortedArrayStatistics.QuantileCustom(resampled, share, QuantileDefinition.R7);
    }
}
