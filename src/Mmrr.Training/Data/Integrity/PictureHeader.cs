namespace Mmrr.Training.Data.Integrity;

/// <summary>What a checked file says about its picture, before anything of it is decoded.</summary>
/// <param name="Format">The format's name, for people.</param>
/// <param name="Width">Stored columns.</param>
/// <param name="Height">Stored rows.</param>
/// <param name="Alpha">Whether pixels may be transparent.</param>
/// <param name="Bits">8, or 16 where a sample has more than eight bits.</param>
/// <param name="Orientation">EXIF's number, 1 to 8: how the picture is to be turned.</param>
internal sealed record PictureHeader(string Format, int Width, int Height, bool Alpha, int Bits, int Orientation)
{
    /// <summary>
    /// The most pixels an image may have: 2^27, such as 16,384 x 8,192. A file of a few bytes may claim any size; decoding takes up to 22 bytes a pixel.
    /// </summary>
    public const int MostPixels = 1 << 27;

    /// <summary>Refuses sizes that no picture has, and those that are too large to be decoded.</summary>
    /// <exception cref="InvalidDataException">A side is 0, or there are more than <see cref="MostPixels"/>.</exception>
    public static void Bound(string format, long width, long height)
    {
        if (width < 1 || height < 1) throw Flaw.Damaged(format, $"its size is {width}x{height}");
        if (width * height > MostPixels)
            throw new InvalidDataException($"image of {width}x{height}; expected at most {MostPixels} pixels: scale it down or cut it into parts");
    }
}
