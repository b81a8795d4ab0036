using System.Buffers;

namespace Mmrr.Nn;

/// <summary>
/// The maps of <see cref="DeviationRule"/> of some images, on the way through the levels: each group's error maps go in, and no others are kept.
/// </summary>
internal sealed class DeviationMaps(NormalStatistics statistics, int images)
{
    private readonly DeviationRule _formula = statistics.Formula;
    private readonly int _pixels = statistics.Formula.Size * statistics.Formula.Size;
    private readonly float[] _refined = new float[images * statistics.Formula.Size * statistics.Formula.Size];
    private readonly float[] _restored = new float[images * statistics.Formula.Size * statistics.Formula.Size];

    /// <summary>Takes the error maps of a group of levels, [N·count, S, S] each.</summary>
    public void Add(RestoredLevels group, float[] refinedErrors, float[] restoredErrors)
    {
        Add(group, refinedErrors, statistics.Refined, _refined);
        Add(group, restoredErrors, statistics.Restored, _restored);
    }

    /// <summary>The scores, when all levels are in.</summary>
    /// <param name="maps">Whether the maps are wanted.</param>
    public RuleScores Scores(bool maps) => new(ImageScores(_refined), ImageScores(_restored), maps ? _refined : [], maps ? _restored : []);

    private void Add(RestoredLevels group, float[] errors, NormalStatistics.Moments normal, float[] maps)
    {
        var levels = statistics.Levels;
        // An image's levels are added in their order, whatever the threads do.
        Parallel.For(0, images, i =>
        {
            float[] roughness = ArrayPool<float>.Shared.Rent(_pixels);
            for (int l = 0; l < group.Count; l++)
            {
                var (mean, spread) = normal.At(group.First + l, levels.Count);
                var r = roughness.AsSpan(0, _pixels);
                _formula.Roughness(errors.AsSpan(((i * group.Count) + l) * _pixels, _pixels), r);
                DeviationRule.AddDeviations(r, mean.Span, spread.Span, levels.Weights[group.First + l], maps.AsSpan(i * _pixels, _pixels));
            }
            ArrayPool<float>.Shared.Return(roughness);
        });
    }

    private double[] ImageScores(float[] maps)
    {
        var scores = new double[images];
        Parallel.For(0, images, i => scores[i] = _formula.Score(maps.AsSpan(i * _pixels, _pixels)));
        return scores;
    }
}
