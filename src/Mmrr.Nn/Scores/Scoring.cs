using System.Buffers;
using Mmrr.Autograd;
using Mmrr.Kernels;

namespace Mmrr.Nn;

/// <summary>
/// Scores images by how well they are restored at the levels of a schedule. An image's score does not depend on its batch; see
/// <see cref="AnomalyModel.Visit"/>.
/// </summary>
public static class Scoring
{
    // Limit for the activations of the images scored together; a GPU uses more.
    private const long MostActivationFloats = 4 * 1024 * 1024;
    private const long MostActivationFloatsOnGpu = 32 * 1024 * 1024;

    /// <summary>Number of images that a device scores together, such that the memory stays bounded.</summary>
    public static int BatchSize(MmrrOptions options, int levels, DeviceKind device) =>
        (int)Math.Max(
            1, LevelWalk.Rows(options, device == DeviceKind.Cuda ? MostActivationFloatsOnGpu : MostActivationFloats) / LevelWalk.GroupSize(options, levels));

    /// <summary>Scores images [N, S, S, C] with values in [−1, 1].</summary>
    /// <param name="model">The model; one call at a time on a device; see <see cref="Scorer"/>.</param>
    /// <param name="images">The images, row-major.</param>
    /// <param name="levels">The levels.</param>
    /// <param name="maps">Whether to compute the maps.</param>
    /// <param name="statistics">Statistics of normal images at these levels; without them only <see cref="ScoreRule.Paper"/> has scores.</param>
    /// <exception cref="ArgumentException">The values are not whole images, or the statistics are for other levels or another size.</exception>
    public static Scores Score(AnomalyModel model, ReadOnlySpan<float> images, LevelSchedule levels, bool maps, NormalStatistics? statistics = null) =>
        Score(model, images, new ScoreMethod(levels, ScoreRule.Paper, statistics), maps, spent: null);

    /// <summary>
    /// The same, reusing the maps of scores that are no longer read: the tiles of a large image would otherwise leave gigabytes to the garbage collector.
    /// </summary>
    internal static Scores Score(AnomalyModel model, ReadOnlySpan<float> images, ScoreMethod method, bool maps, Scores? spent)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(method.Levels);
        var (options, levels, statistics) = (model.Options, method.Levels, method.Statistics);
        int values = options.Size * options.Size * options.Channels, pixels = options.Size * options.Size;
        int count = images.Length / values, batch = BatchSize(options, levels.Count, model.Device.Kind);
        if (count * values != images.Length)
            throw new ArgumentException(
                $"Score: {images.Length} values, expected a multiple of {values} ([N, {options.Size}, {options.Size}, {options.Channels}])");
        if (statistics is not null && (statistics.Levels != levels || statistics.Formula.Size != options.Size))
            throw new ArgumentException(
                $"Score: the statistics are for {statistics.Levels} and size {statistics.Formula.Size}, expected {levels} and {options.Size}");
        int mapped = maps ? count * pixels : 0;
        bool summed = maps && method.SumsErrors;
        var (refined, restored) = (new float[count * levels.Count], new float[count * levels.Count]);
        var (refinedMap, restoredMap) = summed ? (Map(spent?.Paper.RefinedMap), Map(spent?.Paper.RestoredMap)) : ([], []);
        var deviation = method.Has(ScoreRule.Deviation)
            ? new RuleScores(new double[count], new double[count], Map(spent?.Deviation?.RefinedMap), Map(spent?.Deviation?.RestoredMap))
            : null;
        var paper = new RuleScores([], [], refinedMap, restoredMap);
        var neighbours = method.Has(ScoreRule.Neighbours) ? paper with { Refined = new double[count], Restored = new double[count] } : null;
        for (int first = 0; first < count; first += batch)
        {
            int n = Math.Min(batch, count - first);
            Span<float> Part(float[] all, int length) => all.AsSpan(first * length, n * length);
            using var deviations = deviation is null ? null : new DeviationMaps(statistics!, n, model.Device.HostThreads);
            var sums = neighbours is null ? null : new NormalNeighbours.Sums(statistics!.Neighbours!, n);
            ScoreBatch(
                model, images.Slice(first * values, n * values), n, levels, Part(refined, levels.Count), Part(restored, levels.Count),
                summed ? Part(refinedMap, pixels) : [], summed ? Part(restoredMap, pixels) : [], deviations, sums);
            if (sums is not null)
            {
                sums.Scores.Refined.CopyTo(neighbours!.Refined, first);
                sums.Scores.Restored.CopyTo(neighbours.Restored, first);
            }
            deviations?.CopyTo(deviation!, first, maps);
        }
        return new Scores(
            refined, restored, paper with { Refined = Sums(refined, levels.Count), Restored = Sums(restored, levels.Count) }, deviation, neighbours);

        // Every element is overwritten.
        float[] Map(float[]? old) => old?.Length == mapped ? old : new float[mapped];
    }

    private static void ScoreBatch(
        AnomalyModel model, ReadOnlySpan<float> images, int n, LevelSchedule levels, Span<float> refinedErrors, Span<float> restoredErrors,
        Span<float> refinedMap, Span<float> restoredMap, DeviationMaps? deviations, NormalNeighbours.Sums? neighbours)
    {
        using var scope = new DisposeScope();
        bool maps = refinedMap.Length > 0;
        // Read after everything is enqueued: without deviations there is no earlier synchronization with the device.
        var pending = new List<(int First, int Count, Tensor Refined, Tensor Restored)>();
        Tensor? refinedSum = null, restoredSum = null;
        model.Visit(images, levels, group =>
        {
            pending.Add((group.First, group.Count, group.ImageErrors(refined: true), group.ImageErrors(refined: false)));
            neighbours?.Add(group);
            if (!maps && deviations is null) return;
            using Tensor refined = group.PixelErrors(refined: true), restored = group.PixelErrors(refined: false);
            if (maps) (refinedSum, restoredSum) = (Sum(refinedSum, refined, n), Sum(restoredSum, restored, n));
            if (deviations is null) return;
            float[] refinedErrors = ArrayPool<float>.Shared.Rent(refined.Shape.Count), restoredErrors = ArrayPool<float>.Shared.Rent(restored.Shape.Count);
            refined.CopyTo(refinedErrors.AsSpan(0, refined.Shape.Count));
            restored.CopyTo(restoredErrors.AsSpan(0, restored.Shape.Count));
            deviations.Add(group, refinedErrors, restoredErrors);
            ArrayPool<float>.Shared.Return(refinedErrors);
            ArrayPool<float>.Shared.Return(restoredErrors);
        });
        foreach (var (first, count, refined, restored) in pending)
        {
            Place(refined.ToArray(), first, count, levels.Count, refinedErrors);
            Place(restored.ToArray(), first, count, levels.Count, restoredErrors);
        }
        refinedSum?.CopyTo(refinedMap);
        restoredSum?.CopyTo(restoredMap);
    }

    /// <summary>Adds the error maps of a group to each image's sum, [N, S, S].</summary>
    private static Tensor Sum(Tensor? total, Tensor errors, int n)
    {
        var sum = Tensor.Empty(errors.Device, new Shape(n, errors.Shape[1], errors.Shape[2]));
        RepeatImages.Backward(errors, errors.Shape[0] / n, sum); // the sum over an image's levels
        if (total is null) return sum;
        Elementwise.Add(total, sum, total);
        sum.Dispose();
        return total;
    }

    /// <summary>Copies the errors of some levels, [N, count], into those of all levels, [N, L].</summary>
    private static void Place(float[] errors, int first, int count, int levels, Span<float> all)
    {
        for (int i = 0; i < errors.Length; i++) all[(i / count * levels) + first + (i % count)] = errors[i];
    }

    private static double[] Sums(float[] errors, int levels)
    {
        var sums = new double[errors.Length / levels];
        for (int i = 0; i < errors.Length; i++) sums[i / levels] += errors[i];
        return sums;
    }
}
