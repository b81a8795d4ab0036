using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Metrics;

namespace Mmrr.Training.Evaluation;

/// <summary>
/// The pixel statistics of a test set's maps, for each rule with its own maps, with refinement and without, so that the maps need not be kept.
/// </summary>
internal sealed class PixelTallies
{
    private readonly Dictionary<(ScoreRule Rule, bool Refined), PixelTally> _tallies;
    private readonly ImageFit _fit;

    /// <summary>Creates empty tallies.</summary>
    /// <param name="samples">The test images.</param>
    /// <param name="fit">How images were fitted.</param>
    public PixelTallies(IReadOnlyList<Sample> samples, ImageFit fit)
    {
        _fit = fit;
        Kinds = [.. samples.Where(s => s.Abnormal).Select(s => s.Kind).Distinct().Order(StringComparer.Ordinal)];
        _tallies = new[] { ScoreRule.Paper, ScoreRule.Deviation }.SelectMany(rule => new[] { (rule, true), (rule, false) })
            .ToDictionary(key => key, _ => new PixelTally(Kinds.Length));
    }

    /// <summary>The kinds of defects, in order.</summary>
    public string[] Kinds { get; }

    /// <summary>The tally of the refined maps of a rule.</summary>
    public PixelTally Refined(ScoreRule rule) => _tallies[(MapsOf(rule), true)];

    /// <summary>The tally of the maps without refinement.</summary>
    public PixelTally Restored(ScoreRule rule) => _tallies[(MapsOf(rule), false)];

    /// <summary>Adds the maps of an image with a mask; values that are NaN rank above all others.</summary>
    public void Add(Sample sample, PreparedScore score)
    {
        if (sample.Regions is not { } regions) return;
        int kind = sample.Abnormal ? Array.IndexOf(Kinds, sample.Kind) : -1;
        foreach (var rule in new[] { ScoreRule.Paper, ScoreRule.Deviation })
        {
            if (score.Find(rule) is not { } found) continue;
            Refined(rule).Add(regions, kind, OnImage(found.RefinedMap));
            Restored(rule).Add(regions, kind, OnImage(found.RestoredMap));
        }

        float[] OnImage(float[] map)
        {
            float[] ranked = map.AsSpan().Contains(float.NaN) ? Array.ConvertAll(map, v => float.IsNaN(v) ? float.MaxValue : v) : map;
            return _fit == ImageFit.Tile ? ranked : ImageRegion.PutBack(_fit, sample.Box, ranked, sample.Height, sample.Width, regions.Height, regions.Width);
        }
    }

    private static ScoreRule MapsOf(ScoreRule rule) => rule == ScoreRule.Neighbours ? ScoreRule.Paper : rule;
}
