using Mmrr.Autograd;
using Mmrr.Kernels;

namespace Mmrr.Nn;

/// <summary>The scores of N images at L levels; higher is more abnormal.</summary>
/// <param name="RefinedErrors">The mean squared error of x̂ + r at each level, [N, L].</param>
/// <param name="RestoredErrors">The same of x̂, [N, L].</param>
/// <param name="Refined">Their sum over the levels, [N].</param>
/// <param name="Restored">The same of x̂, [N].</param>
/// <param name="RefinedMap">Σ over the levels of the channels' mean squared error of x̂ + r, [N, S, S]; empty where no maps were asked for.</param>
/// <param name="RestoredMap">The same of x̂.</param>
public sealed record Scores(float[] RefinedErrors, float[] RestoredErrors, double[] Refined, double[] Restored, float[] RefinedMap, float[] RestoredMap);

/// <summary>Scores images by how well they are restored at the levels of a schedule. An image's score does not depend on its batch, see <see cref="LevelWalk"/>.</summary>
public static class Scoring
{
    // Of the activations of the images that are scored together; a GPU wants more of them at once.
    private const long MostActivationFloats = 4 * 1024 * 1024;
    private const long MostActivationFloatsOnGpu = 32 * 1024 * 1024;

    /// <summary>How many images a device scores together: as many as keep the memory bounded.</summary>
    public static int BatchSize(MmrrOptions options, int levels, DeviceKind device) =>
        (int)Math.Max(1, LevelWalk.Rows(options, device == DeviceKind.Cuda ? MostActivationFloatsOnGpu : MostActivationFloats) / LevelWalk.GroupSize(options, levels));

    /// <summary>Scores images [N, S, S, C] with values in [−1, 1].</summary>
    /// <param name="model">The model; one call at a time on a device, see <see cref="Scorer"/>.</param>
    /// <param name="images">The images, row-major.</param>
    /// <param name="levels">The levels.</param>
    /// <param name="maps">Whether to compute the maps.</param>
    /// <exception cref="ArgumentException">The values are no whole images.</exception>
    public static Scores Score(MmrrModel model, ReadOnlySpan<float> images, LevelSchedule levels, bool maps)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(levels);
        var options = model.Options;
        int values = options.Size * options.Size * options.Channels, pixels = options.Size * options.Size;
        int count = images.Length / values, batch = BatchSize(options, levels.Count, model.Device.Kind);
        if (count * values != images.Length) throw new ArgumentException($"Score: {images.Length} values, expected a multiple of {values} ([N, {options.Size}, {options.Size}, {options.Channels}])");
        var (refined, restored) = (new float[count * levels.Count], new float[count * levels.Count]);
        var (refinedMap, restoredMap) = (new float[maps ? count * pixels : 0], new float[maps ? count * pixels : 0]);
        for (int first = 0; first < count; first += batch)
        {
            int n = Math.Min(batch, count - first);
            Span<float> Part(float[] all, int length) => all.AsSpan(first * length, n * length);
            ScoreBatch(
                model, images.Slice(first * values, n * values), n, levels, Part(refined, levels.Count), Part(restored, levels.Count),
                maps ? Part(refinedMap, pixels) : [], maps ? Part(restoredMap, pixels) : []);
        }
        return new Scores(refined, restored, Sums(refined, levels.Count), Sums(restored, levels.Count), refinedMap, restoredMap);
    }

    private static void ScoreBatch(
        MmrrModel model, ReadOnlySpan<float> images, int n, LevelSchedule levels, Span<float> refinedErrors, Span<float> restoredErrors, Span<float> refinedMap, Span<float> restoredMap)
    {
        using var scope = new DisposeScope();
        bool maps = refinedMap.Length > 0;
        // Read when all is enqueued: nothing waits for the device on the way.
        var pending = new List<(int First, int Count, Tensor Refined, Tensor Restored)>();
        Tensor? refinedSum = null, restoredSum = null;
        LevelWalk.Run(model, images, levels, group =>
        {
            var image = group.Restoration.Image;
            pending.Add((group.First, group.Count, PerImage(group.Refined, image), PerImage(group.Restoration.Restored, image)));
            if (!maps) return;
            refinedSum = Sum(refinedSum, PerPixel(group.Refined, image, n));
            restoredSum = Sum(restoredSum, PerPixel(group.Restoration.Restored, image, n));
        });
        foreach (var (first, count, refined, restored) in pending)
        {
            Place(refined.ToArray(), first, count, levels.Count, refinedErrors);
            Place(restored.ToArray(), first, count, levels.Count, restoredErrors);
        }
        refinedSum?.CopyTo(refinedMap);
        restoredSum?.CopyTo(restoredMap);
    }

    private static Tensor PerImage(Variable prediction, Variable image)
    {
        var errors = Tensor.Empty(prediction.Device, new Shape(prediction.Shape[0]));
        SquaredError.PerImage(prediction.Value, image.Value, errors);
        return errors;
    }

    private static Tensor PerPixel(Variable prediction, Variable image, int n)
    {
        var shape = prediction.Shape;
        using var errors = Tensor.Empty(prediction.Device, new Shape(shape[0], shape[1], shape[2]));
        SquaredError.PerPixel(prediction.Value, image.Value, errors);
        var sum = Tensor.Empty(prediction.Device, new Shape(n, shape[1], shape[2]));
        RepeatImages.Backward(errors, shape[0] / n, sum); // the sum over an image's levels
        return sum;
    }

    private static Tensor Sum(Tensor? total, Tensor next)
    {
        if (total is null) return next;
        Elementwise.Add(total, next, total);
        next.Dispose();
        return total;
    }

    /// <summary>Puts the errors of some levels, [N, count], where they belong among all, [N, L].</summary>
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
