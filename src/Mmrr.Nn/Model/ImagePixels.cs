using System.Numerics;

namespace Mmrr.Nn;

/// <summary>Converts image values for networks and screens. All conversions of images to numbers use this class.</summary>
public static class ImagePixels
{
    /// <summary>Converts pixels to another channel count: grey is repeated, colour becomes Rec. 601 luma.</summary>
    /// <param name="pixels">[N, from].</param>
    /// <param name="from">1 or 3.</param>
    /// <param name="to">1 or 3.</param>
    /// <returns>[N, to], of the same depth; the same array if nothing changes.</returns>
    public static PixelValues WithChannels(PixelValues pixels, int from, int to)
    {
        if (from == to) return pixels;
        return pixels.Bits == 8 ? WithChannels(pixels.Bytes, from, to) : WithChannels(pixels.Words, from, to);
    }

    /// <summary>Converts bytes 0 to 255 to values in [−1, 1]: v/127.5 − 1.</summary>
    public static void ToFloats(ReadOnlySpan<byte> pixels, Span<float> target) => Map(pixels, PixelRange.Bytes, target);

    /// <summary>Converts the values of an image, or of a part of it, to [−1, 1] by a range.</summary>
    /// <param name="pixels">Of the range's depth.</param>
    /// <param name="range">Which values become −1 and 1; those beyond are clipped.</param>
    /// <param name="target">As many values.</param>
    /// <exception cref="ArgumentException">The image is of another depth.</exception>
    public static void ToFloats(PixelValues pixels, PixelRange range, Span<float> target)
    {
        ArgumentNullException.ThrowIfNull(range);
        range.Check(pixels);
        if (pixels.Bits == 8) Map<byte>(pixels.Bytes, range, target);
        else Map<ushort>(pixels.Words, range, target);
    }

    /// <summary>Converts the values of an image, or of a part of it, to those that the networks see.</summary>
    /// <param name="pixels">Of the range's depth.</param>
    /// <param name="range">Which values become −1 and 1; those beyond are clipped.</param>
    /// <param name="light">The map of the whole image.</param>
    /// <param name="target">As many values.</param>
    /// <exception cref="ArgumentException">The image is of another depth.</exception>
    public static void ToFloats(PixelValues pixels, PixelRange range, ImageLight light, Span<float> target)
    {
        ToFloats(pixels, range, target);
        light.Apply(target[..pixels.Length]);
    }

    /// <summary>Converts an image for display: the range becomes black to white.</summary>
    /// <param name="pixels">Pixels of either depth.</param>
    /// <param name="range">The range that becomes 0 to 255.</param>
    /// <returns>Bytes; the same array if nothing changes.</returns>
    public static byte[] ToBytes(PixelValues pixels, PixelRange range)
    {
        ArgumentNullException.ThrowIfNull(range);
        pixels = pixels.WithBits(range.Bits);
        if (range == PixelRange.Bytes) return pixels.Bytes;
        return pixels.Bits == 8 ? Array.ConvertAll(pixels.Bytes, v => Shown(v, range)) : Array.ConvertAll(pixels.Words, v => Shown(v, range));
    }

    /// <summary>The mean of an image as values in [−1, 1].</summary>
    /// <param name="pixels">At least one value, of the range's depth.</param>
    /// <param name="range">Which values become −1 and 1.</param>
    public static double Mean(PixelValues pixels, PixelRange range)
    {
        var (sum, _) = Sums(pixels, range);
        return ((double)sum / pixels.Length / range.Half) - 1;
    }

    /// <summary>The sums of v − Low and of its square, for values clipped to the range. The sums are integers and therefore exact.</summary>
    internal static (long Sum, long Squares) Sums(PixelValues pixels, PixelRange range)
    {
        range.Check(pixels);
        return pixels.Bits == 8 ? Sums<byte>(pixels.Bytes, range) : Sums<ushort>(pixels.Words, range);
    }

    private static T[] WithChannels<T>(T[] pixels, int from, int to)
        where T : IBinaryInteger<T>
    {
        int count = pixels.Length / from;
        var result = new T[count * to];
        for (int i = 0; i < count; i++)
        {
            if (to == 3) result.AsSpan(i * 3, 3).Fill(pixels[i]);
            else
                result[i] = T.CreateTruncating(((299 * Int(pixels[i * 3])) + (587 * Int(pixels[(i * 3) + 1])) + (114 * Int(pixels[(i * 3) + 2])) + 500) / 1000);
        }
        return result;
    }

    private static void Map<T>(ReadOnlySpan<T> pixels, PixelRange range, Span<float> target)
        where T : IBinaryInteger<T>
    {
        int low = range.Low, high = range.High;
        float half = range.Half;
        for (int i = 0; i < pixels.Length; i++) target[i] = ((Math.Clamp(Int(pixels[i]), low, high) - low) / half) - 1;
    }

    private static (long Sum, long Squares) Sums<T>(ReadOnlySpan<T> pixels, PixelRange range)
        where T : IBinaryInteger<T>
    {
        int low = range.Low, high = range.High;
        long sum = 0, squares = 0;
        foreach (var pixel in pixels)
        {
            long value = Math.Clamp(Int(pixel), low, high) - low;
            sum += value;
            squares += value * value;
        }
        return (sum, squares);
    }

    private static byte Shown(int value, PixelRange range)
    {
        int width = range.High - range.Low;
        return (byte)((((Math.Clamp(value, range.Low, range.High) - range.Low) * 255) + (width / 2)) / width);
    }

    private static int Int<T>(T value)
        where T : IBinaryInteger<T> => int.CreateTruncating(value);
}
