using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>Images restored at consecutive levels of a schedule; row n·Count + l of every tensor is image n at level First + l.</summary>
/// <param name="First">The first of the levels.</param>
/// <param name="Count">Number of levels.</param>
/// <param name="Restoration">x, e, m, ε, ẽ and x̂.</param>
/// <param name="Refined">x̂ + r.</param>
public sealed record RestoredLevels(int First, int Count, MmrrRestoration Restoration, Variable Refined)
    : LevelOutputs(First, Count, Restoration.Image, Restoration.Restored, Refined)
{
    /// <inheritdoc/>
    internal override IEnumerable<LevelPicture> Pictures() =>
    [
        new("e", "embedding", Restoration.Embedding, PictureScale.Stretched, OncePerImage: true),
        new("m", "mask", Restoration.Mask, PictureScale.Share),
        new("x̂", "restored", Restored, PictureScale.Image),
        new("x̂ + r", "refined", Refined, PictureScale.Image),
    ];
}

/// <summary>
/// The iteration over the levels of a schedule, shared by scoring and everything that visualizes it. Levels are restored in groups that keep the memory
/// bounded. The groups and the noise (that of a group's first level) depend only on the model: the result of an image does not depend on its batch, its
/// neighbours or their order.
/// </summary>
public static class LevelWalk
{
    /// <summary>The key of the noise of every score.</summary>
    public const ulong NoiseSeed = 0x4D4D_5252;

    // Limit for the floats of one activation over the restorations computed together: 16 MB.
    private const long MostActivationFloats = 4 * 1024 * 1024;

    /// <summary>Number of levels of an image that are restored together.</summary>
    public static int GroupSize(MmrrOptions options, int levels) => (int)Math.Min(levels, Rows(options, MostActivationFloats));

    /// <summary>Restores images level by level.</summary>
    /// <param name="model">The model; one call at a time on a device.</param>
    /// <param name="images">[N, S, S, C], values in [−1, 1], row-major.</param>
    /// <param name="schedule">The levels.</param>
    /// <param name="visit">
    /// Called with each group in order; the group is disposed afterwards. Tensors created in it belong to the caller, whose <see cref="DisposeScope"/> must
    /// be open.
    /// </param>
    public static void Run(MmrrModel model, ReadOnlySpan<float> images, LevelSchedule schedule, Action<RestoredLevels> visit)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(visit);
        MmrrModel.Method.Check(schedule);
        using var guard = new NoGradient();
        var o = model.Options;
        int n = images.Length / (o.Size * o.Size * o.Channels), group = GroupSize(o, schedule.Count);
        using var x = Variable.Constant(Tensor.From(model.Device, new Shape(n, o.Size, o.Size, o.Channels), images));
        using var e = model.Embed(x);
        using var logits = model.MaskLogits(x);
        for (int first = 0; first < schedule.Count; first += group)
        {
            int count = Math.Min(group, schedule.Count - first);
            var mu = new float[n * count];
            for (int i = 0; i < mu.Length; i++) mu[i] = schedule.Levels[first + (i % count)];
            using var levels = Tensor.From(model.Device, new Shape(n, count), mu);
            using var restoration = model.Restore(x, e, logits, levels, new NoiseSource(NoiseSeed, (ulong)first, SameForEveryImage: true));
            using var refined = model.Refine(restoration);
            visit(new RestoredLevels(first, count, restoration, refined));
        }
    }

    /// <summary>Number of restorations whose activations fit in this number of floats.</summary>
    internal static long Rows(MmrrOptions options, long floats) => Math.Max(1, floats / ((long)options.Size * options.Size * options.Width));
}
