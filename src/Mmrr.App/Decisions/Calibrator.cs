using MathNet.Numerics.Statistics;
using Mmrr.App.Data;
using Mmrr.Nn;

namespace Mmrr.App.Decisions;

/// <summary>
/// Thresholds from normal images alone: the (1 − rate) quantile of their scores (the habit of PyOD: Zhao, Nasrullah and Li, JMLR 20, 2019), interpolated
/// between neighbouring scores. The colours of heatmaps come from the same images.
/// </summary>
internal static class Calibrator
{
    /// <summary>The false-alarm rate where none is asked for.</summary>
    public const double DefaultFalseAlarm = 0.01;

    // Images that are scored at a time: bounds the memory of their maps.
    private const int Chunk = 16;

    /// <summary>Calibrates a run that has just been trained, on normal images that training held out, and stores what was found.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="model">Its trained model.</param>
    /// <param name="heldOut">The images.</param>
    /// <param name="levels">Mask levels.</param>
    /// <param name="falseAlarm">The rate wanted, in (0, 1).</param>
    public static Calibration OfTraining(string run, MmrrModel model, IEnumerable<Sample> heldOut, int levels, double falseAlarm)
    {
        var images = heldOut.Select(s => (s.Name, new PreparedImage(s.Pixels, s.Height, s.Width)));
        var calibration = Make([.. Score(model, images, levels)], [], levels, falseAlarm);
        calibration.Save(run);
        return calibration;
    }

    /// <summary>Scores normal images, some at a time.</summary>
    public static IEnumerable<NormalScore> Score(MmrrModel model, IEnumerable<(string Name, PreparedImage Image)> images, int levels)
    {
        foreach (var chunk in images.Chunk(model.Options.Fit == ImageFit.Tile ? 1 : Chunk))
        {
            var scores = TiledScoring.Score(model, [.. chunk.Select(c => c.Image)], levels, maps: true);
            for (int i = 0; i < chunk.Length; i++)
            {
                float[] map = scores[i].RefinedMap;
                Array.Sort(map);
                yield return new NormalScore(chunk[i].Name, scores[i].Refined, scores[i].Restored, map[map.Length / 2], map[^1]);
            }
        }
    }

    /// <summary>The threshold of a false-alarm rate.</summary>
    /// <param name="heldOut">Images that training held out.</param>
    /// <param name="added">Others.</param>
    /// <param name="levels">That they were scored with.</param>
    /// <param name="falseAlarm">The rate wanted, in (0, 1).</param>
    /// <exception cref="ArgumentException">There is no image.</exception>
    public static Calibration Make(IReadOnlyList<NormalScore> heldOut, IReadOnlyList<NormalScore> added, int levels, double falseAlarm)
    {
        NormalScore[] images = [.. heldOut, .. added];
        if (images.Length == 0) throw new ArgumentException("no normal image to calibrate with");
        // Where no more than a share of the normal images, that of false alarms, has any pixel above it, normal images have no outlines.
        double contour = Quantile(images.Select(i => (double)i.MaxPixelScore), 1 - falseAlarm);
        double low = Quantile(images.Select(i => (double)i.MedianPixelScore), 0.5);
        return new Calibration
        {
            Threshold = Quantile(images.Select(i => i.Score), 1 - falseAlarm),
            ThresholdWithoutRefinement = Quantile(images.Select(i => i.ScoreWithoutRefinement), 1 - falseAlarm),
            FalseAlarm = falseAlarm,
            Levels = levels,
            Heatmap = new HeatmapRange((float)low, (float)(low + (1.5 * (contour - low))), (float)contour),
            HeldOut = heldOut,
            Added = added,
        };
    }

    /// <summary>Whether so many images are too few for a rate: of fewer than 1/rate, none is expected above the threshold.</summary>
    public static string? Warning(Calibration calibration)
    {
        int images = calibration.Images.Count();
        return calibration.FalseAlarm is { } rate && images * rate < 1 - 1e-9
            ? FormattableString.Invariant($"{images} normal {(images == 1 ? "image" : "images")} cannot support a false-alarm rate of {rate}, which needs about {Math.Ceiling(1 / rate)}: mmrr threshold RUN --calibrate DIR adds more")
            : null;
    }

    /// <summary>Why a run has no threshold for so many levels; null where it has one.</summary>
    public static string? Missing(string run, Calibration? calibration, int levels) => calibration is null
        ? $"{run}: no {Calibration.FileName} in this run, so nothing is called anomalous; mmrr threshold {run} --calibrate DIR makes one"
        : calibration.Levels == levels ? null : $"{run}: the threshold is for {calibration.Levels} levels, not for {levels}; nothing is called anomalous";

    /// <summary>For people: the threshold, and what stands behind it.</summary>
    public static IEnumerable<string> Describe(Calibration calibration)
    {
        double[] scores = [.. calibration.Images.Select(i => i.Score).Order()];
        string origin = calibration.FalseAlarm is { } rate ? $"false-alarm rate {rate}" : "set by hand";
        yield return FormattableString.Invariant($"threshold {calibration.Threshold:G6} at {calibration.Levels} levels, {origin}");
        if (scores.Length == 0) yield break;
        yield return FormattableString.Invariant(
            $"behind it: {calibration.HeldOut.Count} normal images held out of training, {calibration.Added.Count} added; {scores.Count(s => s > calibration.Threshold)} of {scores.Length} score above");
        yield return FormattableString.Invariant($"their scores: {scores[0]:G6} to {scores[^1]:G6}, median {SortedArrayStatistics.Median(scores):G6}");
        yield return FormattableString.Invariant($"heatmaps: colours from {calibration.Heatmap.Low:G4} to {calibration.Heatmap.High:G4}, outlines at {calibration.Heatmap.Contour:G4}");
    }

    private static double Quantile(IEnumerable<double> values, double share) => SortedArrayStatistics.QuantileCustom([.. values.Order()], share, QuantileDefinition.R7);
}
