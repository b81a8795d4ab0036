namespace Mmrr.Nn;

/// <summary>
/// Thresholds from normal images alone, by the conformal rank (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005): of n scores, the
/// ⌈(n+1)(1−α)⌉-th from below. A further normal image, of the same kind and not used in training, then scores above it with a probability of at most α,
/// for any distribution and number of scores. If that rank is above n (n is too small for α), no score is high enough: the threshold lies above the largest
/// one, by <see cref="Margin"/> of its distance from the median.
/// <code>
/// using var scorer = Scorer.Load("runs/screws");
/// var normal = Calibrator.Score(scorer, photos.Select(p =&gt; (p.Name, scorer.Prepare(p.Pixels, p.Height, p.Width, 3))));
/// Calibrator.Make([.. normal], [], scorer.Method.Levels, scorer.Method.Rule, falseAlarm: 0.01).Save("runs/screws");
/// </code>
/// </summary>
public static class Calibrator
{
    /// <summary>The default false-alarm rate.</summary>
    public const double DefaultFalseAlarm = 0.01;

    /// <summary>
    /// Distance of the threshold above the largest score if there are too few scores: this fraction of the largest score's distance from the median or, if
    /// all are equal, of its magnitude.
    /// </summary>
    public const double Margin = 0.25;

    // Images scored at a time: bounds the memory of their maps.
    private const int Chunk = 16;

    // Tolerance for the rounding of a rate times a count.
    private const double Slack = 1e-9;

    /// <summary>Scores normal images in chunks.</summary>
    /// <param name="scorer">The run's scorer.</param>
    /// <param name="images">Normal images with their names, none of them used in training: training images score lower.</param>
    /// <param name="levels">The levels; <see cref="Scorer.Levels"/> by default.</param>
    public static IEnumerable<NormalScore> Score(Scorer scorer, IEnumerable<(string Name, PreparedImage Image)> images, LevelSchedule? levels = null)
    {
        ArgumentNullException.ThrowIfNull(scorer);
        ArgumentNullException.ThrowIfNull(images);
        foreach (var chunk in images.Chunk(scorer.Options.Fit == ImageFit.Tile ? 1 : Chunk))
        {
            var scores = scorer.Score([.. chunk.Select(c => c.Image)], levels);
            for (int i = 0; i < chunk.Length; i++)
            {
                float[] map = scores[i].Map!;
                Array.Sort(map);
                yield return new NormalScore(chunk[i].Name, scores[i].Score, scores[i].ScoreWithoutRefinement, map[map.Length / 2], map[^1]);
            }
        }
    }

    /// <summary>
    /// Computes the threshold of a false-alarm rate and the colours of heatmaps: the contour is the same rank of the images' highest pixels, so that normal
    /// images have no outlines.
    /// </summary>
    /// <param name="heldOut">Images held out from training.</param>
    /// <param name="added">Other images.</param>
    /// <param name="levels">The levels of the scores.</param>
    /// <param name="rule">The rule of the scores.</param>
    /// <param name="falseAlarm">α, the target rate, in (0, 1).</param>
    /// <exception cref="ArgumentException">There is no image, a score is not finite, or the rate is out of range.</exception>
    public static Calibration Make(
        IReadOnlyList<NormalScore> heldOut, IReadOnlyList<NormalScore> added, LevelSchedule levels, ScoreRule rule, double falseAlarm)
    {
        ArgumentNullException.ThrowIfNull(heldOut);
        ArgumentNullException.ThrowIfNull(added);
        NormalScore[] images = [.. heldOut, .. added];
        if (images.Length == 0) throw new ArgumentException("no normal image to calibrate with");
        if (Array.Find(images, i => !i.IsFinite) is { } broken)
            throw new ArgumentException($"{broken.Image}: its score is {broken.Score}; a threshold needs finite scores of normal images");
        double contour = Threshold([.. images.Select(i => (double)i.MaxPixelScore)], falseAlarm);
        double low = Median([.. images.Select(i => (double)i.MedianPixelScore).Order()]);
        return new Calibration
        {
            Threshold = Threshold([.. images.Select(i => i.Score)], falseAlarm),
            ThresholdWithoutRefinement = Threshold([.. images.Select(i => i.ScoreWithoutRefinement)], falseAlarm),
            FalseAlarm = falseAlarm,
            Levels = levels,
            Rule = rule,
            Heatmap = new HeatmapRange((float)low, (float)(low + (1.5 * (contour - low))), (float)contour),
            HeldOut = heldOut,
            Added = added,
        };
    }

    /// <summary>The conformal threshold of scores.</summary>
    /// <param name="scores">Finite, at least one, in any order.</param>
    /// <param name="falseAlarm">α, in (0, 1).</param>
    /// <exception cref="ArgumentException">There is no score, or the rate is out of range.</exception>
    public static double Threshold(IReadOnlyCollection<double> scores, double falseAlarm)
    {
        ArgumentNullException.ThrowIfNull(scores);
        CheckRate(falseAlarm);
        if (scores.Count == 0) throw new ArgumentException("no score to compute a threshold from");
        double[] sorted = [.. scores.Order()];
        // ⌈(n+1)(1−α)⌉ = n + 1 − ⌊(n+1)·α⌋, the rank from below among n.
        int rank = sorted.Length + 1 - (int)Math.Floor(((sorted.Length + 1) * falseAlarm) + Slack);
        if (rank <= sorted.Length) return sorted[rank - 1];
        double largest = sorted[^1], distance = largest - Median(sorted);
        return largest + (Margin * (distance > 0 ? distance : Math.Abs(largest)));
    }

    /// <summary>The minimum number of normal images for a rate, ⌈1/α⌉ − 1: with fewer, the threshold lies above the largest score.</summary>
    /// <param name="falseAlarm">α, in (0, 1).</param>
    public static int LeastImages(double falseAlarm)
    {
        CheckRate(falseAlarm);
        return (int)Math.Min(int.MaxValue, Math.Ceiling((1 / falseAlarm) - Slack) - 1);
    }

    private static void CheckRate(double falseAlarm)
    {
        if (!(falseAlarm > 0 && falseAlarm < 1)) throw new ArgumentException($"the false-alarm rate is {falseAlarm}, expected a rate between 0 and 1");
    }

    private static double Median(double[] sorted) => (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}
