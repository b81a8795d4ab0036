namespace Mmrr.App.Data;

/// <summary>One image of a data set, already resized, with what is known about it.</summary>
/// <param name="Name">
/// Path relative to the data root with forward slashes, or the zero-based index in the data file as text.
/// </param>
/// <param name="Pixels">[H, W, C], bytes 0..255, channels interleaved.</param>
/// <param name="Abnormal">False for images of the normal class.</param>
/// <param name="Kind">Defect folder name, <c>good</c>, or the class label as text.</param>
/// <param name="Mask">
/// [H, W], 1 where the image is defective, else 0; null where the set has no masks. All zero for normal test images.
/// </param>
internal sealed record Sample(string Name, byte[] Pixels, bool Abnormal, string Kind, byte[]? Mask = null);

/// <summary>Images of one common shape, in an order that is the same on every machine.</summary>
/// <param name="Height">Height in pixels.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Channels">1 (grey) or 3 (RGB).</param>
/// <param name="Samples">The images.</param>
internal sealed record ImageSet(int Height, int Width, int Channels, IReadOnlyList<Sample> Samples);
