using Mmrr.Nn;

namespace Mmrr.Training.Data;

/// <summary>One image of a data set, fitted to the model, with its label and metadata.</summary>
/// <param name="Name">
/// Path relative to the data root with forward slashes, or the zero-based index in the data file as text.
/// </param>
/// <param name="Height">Height in pixels: that of the set, or the image's own where it is to be tiled.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Pixels">[H, W, C], channels interleaved; all samples of a set have the same depth. Empty where <see cref="Read"/> is given.</param>
/// <param name="Abnormal">False for images of the normal class.</param>
/// <param name="Kind">Defect folder name, <c>good</c>, or the class label as text.</param>
/// <param name="Mask">
/// [H, W], 1 where the image is defective, else 0; null where the set has no masks. All zero for normal test images.
/// </param>
internal sealed record Sample(string Name, int Height, int Width, PixelValues Pixels, bool Abnormal, string Kind, byte[]? Mask = null)
{
    /// <summary>[H, W, C]; pixels not kept in memory are read on each access.</summary>
    public PixelValues Pixels { get => field.Length == 0 && Read is { } read ? read() : field; init; } = Pixels;

    /// <summary>[H, W], 1 where the image is defective, else 0; null where the set has no masks.</summary>
    public byte[]? Mask { get => field ?? (Read is null ? null : Regions?.ToMask()); init; } = Mask;

    /// <summary>
    /// Reads the pixels of an image too large to keep in memory; its mask then comes from <see cref="Regions"/>. Null where the pixels are kept.
    /// </summary>
    public Func<PixelValues>? Read { get; init; }

    /// <summary>The part that it belongs to.</summary>
    public ImagePart Part { get; init; }

    /// <summary>The <see cref="ContentHash"/> of its file; empty in data sets with many images per file.</summary>
    public string Hash { get; init; } = "";

    /// <summary>The defects at the size of the image's file; null where the set has no masks.</summary>
    public DefectRegions? Regions { get; init; }

    /// <summary>8, or 16 where the image's file has more than eight bits; <see cref="Pixels"/> may have been converted to the depth of a run.</summary>
    public int FileBits { get; init; } = 8;

    /// <summary>Where the part was found in the file's image; null unless the fit is <see cref="ImageFit.Align"/>.</summary>
    public PartBox? Box { get; init; }

    /// <summary>The image prepared for the model.</summary>
    public PreparedImage Prepared => new(Pixels, Height, Width) { Box = Box };
}

/// <summary>Images in an order that is the same on every machine.</summary>
/// <param name="Height">Height that the model sees, in pixels; that of every sample that is not to be tiled.</param>
/// <param name="Width">Width that the model sees.</param>
/// <param name="Channels">1 (grey) or 3 (RGB).</param>
/// <param name="Samples">The images.</param>
internal sealed record ImageSet(int Height, int Width, int Channels, IReadOnlyList<Sample> Samples)
{
    /// <summary>The depth of all samples, 8 or 16.</summary>
    public int Bits => Samples.Count == 0 ? 8 : Samples[0].Pixels.Bits;
}
