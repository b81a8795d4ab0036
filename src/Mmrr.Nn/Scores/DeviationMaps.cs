using System.Buffers;

namespace Mmrr.Nn;

/// <summary>Accumulates the <see cref="DeviationRule"/> maps of images over the levels: each group's error maps are added and not kept.</summary>
internal sealed class DeviationMaps : IDisposable
{
    private readonly NormalStatistics _statistics;
    private readonly DeviationRule _formula;
    private readonly int _images;
    private readonly int _pixels;
    private readonly ParallelOptions _threads;

    // [images, S, S]; may be longer.
    private readonly float[] _refined;
    private readonly float[] _restored;

    /// <summary>Creates empty maps.</summary>
    /// <param name="statistics">The statistics of normal images.</param>
    /// <param name="images">Number of images.</param>
    /// <param name="threads">The most threads that compute at a time.</param>
    public DeviationMaps(NormalStatistics statistics, int images, int threads)
    {
        (_statistics, _formula, _images) = (statistics, statistics.Formula, images);
        _threads = new ParallelOptions { MaxDegreeOfParallelism = threads };
        _pixels = _formula.Size * _formula.Size;
        _refined = Empty();
        _restored = Empty();
    }

    /// <summary>Adds the error maps of a group of levels, [N·count, S, S] each; the arrays may be longer.</summary>
    public void Add(LevelOutputs group, float[] refinedErrors, float[] restoredErrors)
    {
        Add(group, refinedErrors, _statistics.Refined, _refined);
        Add(group, restoredErrors, _statistics.Restored, _restored);
    }

    /// <summary>Copies the scores, after all levels are added, and optionally the maps.</summary>
    /// <param name="all">The target, for more images.</param>
    /// <param name="first">The index of the first of these images in it.</param>
    /// <param name="maps">Whether to copy the maps.</param>
    public void CopyTo(RuleScores all, int first, bool maps)
    {
        ImageScores(_refined).CopyTo(all.Refined, first);
        ImageScores(_restored).CopyTo(all.Restored, first);
        if (!maps) return;
        _refined.AsSpan(0, _images * _pixels).CopyTo(all.RefinedMap.AsSpan(first * _pixels));
        _restored.AsSpan(0, _images * _pixels).CopyTo(all.RestoredMap.AsSpan(first * _pixels));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<float>.Shared.Return(_refined);
        ArrayPool<float>.Shared.Return(_restored);
    }

    private float[] Empty()
    {
        float[] maps = ArrayPool<float>.Shared.Rent(_images * _pixels);
        maps.AsSpan(0, _images * _pixels).Clear();
        return maps;
    }

    private void Add(LevelOutputs group, float[] errors, NormalStatistics.Moments normal, float[] maps)
    {
        var levels = _statistics.Levels;
        // An image's levels are added in order, independently of the threads.
        Parallel.For(0, _images, _threads, i =>
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
        var scores = new double[_images];
        Parallel.For(0, _images, _threads, i => scores[i] = _formula.Score(maps.AsSpan(i * _pixels, _pixels)));
        return scores;
    }
}
