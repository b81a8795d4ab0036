using Mmrr.Nn;
using Mmrr.Training.Data;

namespace Mmrr.Training.Fitting;

/// <summary>The memory of training on a device, a linear fit of the memory measured for steps of one and two images.</summary>
/// <param name="Fixed">Bytes for the weights, their gradients and the optimizer's state.</param>
/// <param name="PerImage">Bytes for each image of a step, most of them activations kept for the backward pass.</param>
internal sealed record TrainingMemory(long Fixed, long PerImage)
{
    // Larger images are extrapolated from this size: bytes grow with the pixels, and the trial itself must fit.
    private const int LargestTrial = 64;

    // Allows for memory that the pool cannot reuse: it rounds sizes up by at most a quarter, which affects batches that are not powers of two.
    private const double Usable = 0.9;

    /// <summary>Throws if a GPU has too little free memory for the steps of phase 1, which take the most. Other devices are not checked.</summary>
    /// <exception cref="UsageException">Not enough free memory; the message states the largest batch that fits.</exception>
    public static void EnsureRoom(Device device, MmrrOptions options, int batch)
    {
        if (device.FreeMemory is null) return;
        var memory = Measure(device, options);
        if (memory.Refusal(batch, device.FreeMemory.Value, device.Name) is { } refusal) throw new UsageException(refusal);
    }

    /// <summary>Runs two steps of a separate model and frees the memory.</summary>
    public static TrainingMemory Measure(Device device, MmrrOptions options)
    {
        int side = Math.Min(options.Size, Math.Max(LargestTrial, 1 << (options.Resolutions - 1)));
        double scale = (double)options.Size * options.Size / (side * side);
        long one = Reserved(1), perImage = Reserved(2) - one;
        return new TrainingMemory(Math.Max(0, one - perImage), (long)(perImage * scale));

        long Reserved(int batch)
        {
            device.ReleaseUnusedMemory();
            long before = device.ReservedBytes;
            long reserved;
            using (var model = AnomalyMethods.Of(options).Create(device, options with { Size = side }))
            {
                model.Initialize(1);
                using var step = ModelWorkload.Step(model, batch, 1);
                step.Run();
                reserved = device.ReservedBytes - before;
            }
            device.ReleaseUnusedMemory();
            return reserved;
        }
    }

    /// <summary>The message that a batch does not fit, in one line; null where it fits.</summary>
    public string? Refusal(int batch, long free, string device)
    {
        double usable = (free * Usable) - Fixed;
        long fits = Math.Max(0, (long)(usable / PerImage));
        if (batch <= fits) return null;
        string hint = fits > 0 ? $"a batch of {fits} would fit" : "not one image fits; take a smaller --size or --width";
        return $"--batch {batch} needs about {(Fixed + (batch * PerImage)) >> 20} MiB of memory, and {device} has {free >> 20} MiB free: {hint}";
    }
}
