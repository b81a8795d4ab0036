using MathNet.Numerics.Statistics;
using Mmrr.Nn;

namespace Mmrr.App.Output;

/// <summary>A run's threshold as text.</summary>
internal static class CalibrationText
{
    /// <summary>The warning where there are too few images for the rate; null where there are enough or the threshold was set by hand.</summary>
    public static string? Warning(Calibration calibration)
    {
        int images = calibration.Images.Count();
        return calibration.FalseAlarm is { } rate && images < Calibrator.LeastImages(rate)
            ? FormattableString.Invariant($"{images} normal {(images == 1 ? "image" : "images")} cannot support a false-alarm rate of {rate}, ")
                + FormattableString.Invariant($"which needs {Calibrator.LeastImages(rate)}: the threshold lies beyond the largest score, ")
                + FormattableString.Invariant($"by {Calibrator.Margin} of its distance from the median; mmrr threshold RUN --calibrate DIR adds more")
            : null;
    }

    /// <summary>What is missing for a run's scores at some levels; null where nothing is.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="calibration">Its threshold; null where it has none.</param>
    /// <param name="own">How it scores.</param>
    /// <param name="levels">The levels.</param>
    public static string? Missing(string run, Calibration? calibration, ScoreMethod own, LevelSchedule levels)
    {
        var used = own.At(levels);
        string rule = used.Rule == own.Rule
            ? ""
            : $"; the rule {own.Rule.Name()} is for the levels {own.Levels}, these are scores of the rule {used.Rule.Name()}";
        if (calibration is null)
            return $"{run}: no {Calibration.FileName} in this run, so nothing is called anomalous; mmrr threshold {run} --calibrate DIR creates one{rule}";
        return used.Decision(calibration) is not null
            ? null
            : $"{run}: the threshold is for the levels {calibration.Levels}, not for {levels}; nothing is called anomalous{rule}";
    }

    /// <summary>The threshold, and the normal images that it is based on.</summary>
    public static IEnumerable<string> Describe(Calibration calibration)
    {
        double[] scores = [.. calibration.Images.Select(i => i.Score).Order()];
        string origin = calibration.FalseAlarm is { } rate ? $"false-alarm rate {rate}" : "set by hand";
        string levels = calibration.Levels == LevelSchedule.None ? "" : $" at the levels {calibration.Levels}";
        yield return FormattableString.Invariant(
            $"threshold {calibration.Threshold:G6} by the rule {calibration.Rule.Name()}{levels}, {origin}");
        if (scores.Length == 0) yield break;
        yield return
            FormattableString.Invariant($"behind it: {calibration.HeldOut.Count} normal images held out of training, {calibration.Added.Count} added; ")
            + FormattableString.Invariant($"{scores.Count(calibration.IsAnomalous)} of {scores.Length} score above");
        yield return FormattableString.Invariant($"their scores: {scores[0]:G6} to {scores[^1]:G6}, median {SortedArrayStatistics.Median(scores):G6}");
        yield return FormattableString.Invariant(
            $"heatmaps: colours from {calibration.Heatmap.Low:G4} to {calibration.Heatmap.High:G4}, outlines at {calibration.Heatmap.Contour:G4}");
    }
}
