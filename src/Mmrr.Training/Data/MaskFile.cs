using Mmrr.Training.Data.Integrity;

namespace Mmrr.Training.Data;

/// <summary>Ground-truth masks: every value but 0 is a defect, since masks are stored as 0 and 255, as 0 and 1, or as the numbers of kinds.</summary>
internal static class MaskFile
{
    /// <summary>Reads the mask of an image. The values of indexed colours are the indexes, whatever their colours.</summary>
    /// <param name="path">The mask.</param>
    /// <param name="imagePath">Its image, for messages.</param>
    /// <param name="height">The image's height.</param>
    /// <param name="width">The image's width.</param>
    /// <returns>[height, width], 0 or 1.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is not an image, of another size, or of a lossy format.</exception>
    public static byte[] Read(string path, string imagePath, int height, int width)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: no such file; expected the mask of {imagePath}");
        var mask = ImageFile.ReadChanged(path, file => ImageSignature.FormatOf(file) == JpegCheck.Format
            ? throw new InvalidDataException("a mask stored as JPEG, which changes values beside edges; expected PNG, BMP or TIFF")
            : PlainPalette.Of(file));
        if (mask.Height != height || mask.Width != width)
            throw new InvalidDataException($"{path}: mask of {mask.Width}x{mask.Height}; expected {width}x{height}, the size of {imagePath}");
        return mask.Pixels.Bits == 8 ? Defective(mask.Pixels.Bytes, mask.Channels) : Defective(mask.Pixels.Words, mask.Channels);
    }

    private static byte[] Defective<T>(T[] mask, int channels)
        where T : IEquatable<T>
    {
        var result = new byte[mask.Length / channels];
        for (int i = 0; i < result.Length; i++)
            result[i] = (byte)(mask.AsSpan(i * channels, channels).IndexOfAnyExcept(default(T)!) < 0 ? 0 : 1);

        return result;
    }
}
