namespace Mmrr.Training.Data.Integrity;

/// <summary>The image properties in the headers of a checked file, before decoding.</summary>
/// <param name="Format">The format's name, for messages.</param>
/// <param name="Width">Stored columns.</param>
/// <param name="Height">Stored rows.</param>
/// <param name="Alpha">Whether pixels may be transparent.</param>
/// <param name="Bits">8, or 16 where a sample has more than eight bits.</param>
/// <param name="Orientation">EXIF orientation, 1 to 8.</param>
internal sealed record PictureHeader(string Format, int Width, int Height, bool Alpha, int Bits, int Orientation)
{
    /// <summary>
    /// The maximum number of pixels of an image: 2^27, such as 16,384 x 8,192. A file of a few bytes may claim any size; decoding takes up to 22 bytes a
    /// pixel.
    /// </summary>
    public const int MostPixels = 1 << 27;

    /// <summary>Rejects invalid sizes and sizes too large to decode.</summary>
    /// <exception cref="InvalidDataException">A side is 0, or there are more than <see cref="MostPixels"/>.</exception>
    public static void Bound(string format, long width, long height)
    {
        if (width < 1 || height < 1) throw Flaw.Damaged(format, $"its size is {width}x{height}");
        if (width * height > MostPixels)
            throw new InvalidDataException($"image of {width}x{height}; expected at most {MostPixels} pixels: scale it down or cut it into parts");
    }
}
