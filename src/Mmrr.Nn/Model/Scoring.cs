using Mmrr.Autograd;
using Mmrr.Kernels;

namespace Mmrr.Nn;

/// <summary>The scores of some images; higher is more abnormal.</summary>
/// <param name="Refined">Σ over the levels of the mean squared error of x̂ + r, [N].</param>
/// <param name="Restored">The same of x̂, [N].</param>
/// <param name="RefinedMap">Σ over the levels of the channels' mean squared error of x̂ + r, [N, S, S]; empty where no maps were asked for.</param>
/// <param name="RestoredMap">The same of x̂.</param>
public sealed record Scores(double[] Refined, double[] Restored, float[] RefinedMap, float[] RestoredMap);

/// <summary>
/// Scores at L levels μ ∈ {0, 1/(L−1), …, 1} (Appendix D). The noise depends on the level and the place alone: an image's score does not depend
/// on its batch, its neighbours or their order.
/// </summary>
public static class Scoring
{
    /// <summary>The key of the noise that every score is computed with.</summary>
    public const ulong NoiseSeed = 0x4D4D_5252;

    // Restorations that are computed together are bounded by the floats of one activation: 16 MB for the levels of an image, and for all on cpu; a GPU wants more images at once.
    private const long MostActivationFloats = 4 * 1024 * 1024;
    private const long MostActivationFloatsOnGpu = 32 * 1024 * 1024;

    /// <summary>The levels 0, 1/(L−1), …, 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">L is below 2.</exception>
    public static float[] Levels(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        return [.. Enumerable.Range(0, count).Select(l => (float)((double)l / (count - 1)))];
    }

    /// <summary>How many images a device scores together: as many as keep the memory bounded.</summary>
    public static int BatchSize(MmrrOptions options, int levels, DeviceKind device) =>
        (int)Math.Max(1, Rows(options, device == DeviceKind.Cuda ? MostActivationFloatsOnGpu : MostActivationFloats) / GroupSize(options, levels));

    /// <summary>How many levels of an image are restored together. The noise of a level depends on its group, so who restores an image as its score saw it groups alike.</summary>
    public static int GroupSize(MmrrOptions options, int levels) => (int)Math.Min(levels, Rows(options, MostActivationFloats));

    /// <summary>Scores images [N, S, S, C] with values in [−1, 1].</summary>
    /// <param name="model">The model; one call at a time on a device, see <see cref="Scorer"/>.</param>
    /// <param name="images">The images, row-major.</param>
    /// <param name="levels">L, at least 2.</param>
    /// <param name="maps">Whether to compute the maps.</param>
    public static Scores Score(MmrrModel model, ReadOnlySpan<float> images, int levels, bool maps)
    {
        ArgumentNullException.ThrowIfNull(model);
        var options = model.Options;
        int values = options.Size * options.Size * options.Channels, pixels = options.Size * options.Size;
        int count = images.Length / values, batch = BatchSize(options, levels, model.Device.Kind);
        if (count * values != images.Length) throw new ArgumentException($"Score: {images.Length} values, expected a multiple of {values} ([N, {options.Size}, {options.Size}, {options.Channels}])");
        var scores = new Scores(new double[count], new double[count], new float[maps ? count * pixels : 0], new float[maps ? count * pixels : 0]);
        for (int first = 0; first < count; first += batch)
        {
            int n = Math.Min(batch, count - first);
            ScoreBatch(model, images.Slice(first * values, n * values), n, levels, maps, scores, first);
        }
        return scores;
    }

    private static long Rows(MmrrOptions options, long floats) => Math.Max(1, floats / ((long)options.Size * options.Size * options.Width));

    private static void ScoreBatch(MmrrModel model, ReadOnlySpan<float> images, int n, int levels, bool maps, Scores scores, int first)
    {
        using var scope = new DisposeScope();
        using var guard = new NoGradient();
        var options = model.Options;
        var device = model.Device;
        using var x = Variable.Constant(Tensor.From(device, new Shape(n, options.Size, options.Size, options.Channels), images));
        using var e = model.Embed(x);
        using var logits = model.MaskLogits(x);
        float[] all = Levels(levels);
        // The groups of levels depend on the model alone, and so does the noise.
        int group = GroupSize(options, levels);
        var pending = new List<(Tensor Refined, Tensor Restored)>();
        Tensor? refinedMap = null, restoredMap = null;
        for (int begin = 0; begin < levels; begin += group)
        {
            int some = Math.Min(group, levels - begin);
            var mu = new float[n * some];
            for (int i = 0; i < mu.Length; i++) mu[i] = all[begin + (i % some)];
            using var levelTensor = Tensor.From(device, new Shape(n, some), mu);
            using var restoration = model.Restore(x, e, logits, levelTensor, new NoiseSource(NoiseSeed, (ulong)begin, SameForEveryImage: true));
            using var refined = model.Refine(restoration);
            pending.Add((PerImage(refined, restoration), PerImage(restoration.Restored, restoration)));
            if (!maps) continue;
            refinedMap = Sum(refinedMap, PerPixel(refined, restoration, n, options.Size));
            restoredMap = Sum(restoredMap, PerPixel(restoration.Restored, restoration, n, options.Size));
        }
        foreach (var (refined, restored) in pending)
        {
            AddRows(refined.ToArray(), scores.Refined, first, n);
            AddRows(restored.ToArray(), scores.Restored, first, n);
        }
        if (!maps) return;
        int pixels = options.Size * options.Size;
        refinedMap!.CopyTo(scores.RefinedMap.AsSpan(first * pixels, n * pixels));
        restoredMap!.CopyTo(scores.RestoredMap.AsSpan(first * pixels, n * pixels));
    }

    private static Tensor PerImage(Variable prediction, MmrrRestoration restoration)
    {
        var errors = Tensor.Empty(prediction.Device, new Shape(prediction.Shape[0]));
        SquaredError.PerImage(prediction.Value, restoration.Image.Value, errors);
        return errors;
    }

    private static Tensor PerPixel(Variable prediction, MmrrRestoration restoration, int n, int size)
    {
        int levels = prediction.Shape[0] / n;
        using var errors = Tensor.Empty(prediction.Device, new Shape(n * levels, size, size));
        SquaredError.PerPixel(prediction.Value, restoration.Image.Value, errors);
        var sum = Tensor.Empty(prediction.Device, new Shape(n, size, size));
        RepeatImages.Backward(errors, levels, sum); // the sum over an image's levels
        return sum;
    }

    private static Tensor Sum(Tensor? total, Tensor next)
    {
        if (total is null) return next;
        Elementwise.Add(total, next, total);
        next.Dispose();
        return total;
    }

    private static void AddRows(float[] errors, double[] scores, int first, int n)
    {
        int levels = errors.Length / n;
        for (int i = 0; i < errors.Length; i++) scores[first + (i / levels)] += errors[i];
    }
}
