namespace Mmrr.Nn;

/// <summary>The part of an image that a model sees: some rows and columns of it.</summary>
/// <param name="Top">The first row.</param>
/// <param name="Left">The first column.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct ImageRegion(int Top, int Left, int Height, int Width)
{
    /// <summary>What is seen of an image: the centre square with <see cref="ImageFit.Crop"/>, else all of it.</summary>
    public static ImageRegion Of(ImageFit fit, int height, int width)
    {
        int side = Math.Min(height, width);
        return fit == ImageFit.Crop ? new((height - side) / 2, (width - side) / 2, side, side) : new(0, 0, height, width);
    }

    /// <summary>Copies the region out of an image.</summary>
    /// <param name="image">[height, width, channels].</param>
    /// <param name="width">The image's width.</param>
    /// <param name="channels">Interleaved channels.</param>
    /// <returns>[Height, Width, channels].</returns>
    public byte[] Cut(ReadOnlySpan<byte> image, int width, int channels)
    {
        var part = new byte[Height * Width * channels];
        int length = Width * channels;
        for (int y = 0; y < Height; y++) image.Slice((((Top + y) * width) + Left) * channels, length).CopyTo(part.AsSpan(y * length));
        return part;
    }
}
