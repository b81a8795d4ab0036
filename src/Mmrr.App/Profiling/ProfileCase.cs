using Mmrr.Nn;

namespace Mmrr.App.Profiling;

/// <summary>
/// What a profile was taken of. A profile of another case is compared all the same, and what differs is told: kernels are matched by name, and what a width, a
/// device or a precision changes is as worth measuring as what a build changes.
/// </summary>
/// <param name="Device">Name and description; of <c>cpu</c> the latter has the number of workers.</param>
/// <param name="Precision">As for <c>--precision</c>.</param>
/// <param name="Width">Channels inside the networks.</param>
/// <param name="Batch">Images per step.</param>
/// <param name="Channels">Channels of an image.</param>
/// <param name="Size">Side of an image in pixels.</param>
/// <param name="Levels">Resolutions of the U-Nets.</param>
/// <param name="MaskLevels">Mask levels of a score.</param>
/// <param name="Steps">Profiled repetitions, of which the fastest is kept.</param>
/// <param name="Method">The method; null for MMRR.</param>
internal sealed record ProfileCase(
    string Device, string Precision, int Width, int Batch, int Channels, int Size, int Levels, int MaskLevels, int Steps, string? Method = null)
{
    /// <summary>The case of this command.</summary>
    public static ProfileCase Of(AnomalyModel model, int batch, int maskLevels, int steps)
    {
        var (device, o) = (model.Device, model.Options);
        return new ProfileCase(
            $"{device.Name}: {device.Description}", device.Precision == MatrixPrecision.Tf32 ? "tf32" : "float32", o.Width, batch, o.Channels, o.Size,
            o.Resolutions, maskLevels, steps, o.Method);
    }

    /// <summary>What differs, in the words of the options: <c>width 16, now 32</c>; empty for the same case.</summary>
    public IEnumerable<string> ChangesTo(ProfileCase now) => new (string Name, object Before, object Now)[]
    {
        ("device", Device, now.Device), ("precision", Precision, now.Precision), ("width", Width, now.Width), ("batch", Batch, now.Batch),
        ("channels", Channels, now.Channels), ("size", Size, now.Size), ("levels", Levels, now.Levels), ("mask-levels", MaskLevels, now.MaskLevels),
        ("steps", Steps, now.Steps),
    }.Where(part => !part.Before.Equals(part.Now)).Select(part => $"{part.Name} {part.Before}, now {part.Now}");
}
