namespace Mmrr.Nn;

/// <summary>Bytes of images as networks want them.</summary>
public static class ImagePixels
{
    /// <summary>Pixels with another channel count: grey is repeated, colour becomes Rec. 601 luma.</summary>
    /// <param name="pixels">[N, from].</param>
    /// <param name="from">1 or 3.</param>
    /// <param name="to">1 or 3.</param>
    /// <returns>[N, to]; the same array where nothing changes.</returns>
    public static byte[] WithChannels(byte[] pixels, int from, int to)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        if (from == to) return pixels;
        int count = pixels.Length / from;
        var result = new byte[count * to];
        for (int i = 0; i < count; i++)
        {
            if (to == 3) result.AsSpan(i * 3, 3).Fill(pixels[i]);
            else result[i] = (byte)(((299 * pixels[i * 3]) + (587 * pixels[(i * 3) + 1]) + (114 * pixels[(i * 3) + 2]) + 500) / 1000);
        }
        return result;
    }

    /// <summary>Bytes 0 to 255 to values in [−1, 1]: v/127.5 − 1.</summary>
    public static void ToFloats(ReadOnlySpan<byte> pixels, Span<float> target)
    {
        for (int i = 0; i < pixels.Length; i++) target[i] = (pixels[i] / 127.5f) - 1;
    }

    /// <summary>Bytes of an image, or of a part of it, to the values that the networks see.</summary>
    /// <param name="pixels">Bytes 0 to 255.</param>
    /// <param name="light">Of the whole image.</param>
    /// <param name="target">As many values.</param>
    public static void ToFloats(ReadOnlySpan<byte> pixels, ImageLight light, Span<float> target)
    {
        ToFloats(pixels, target);
        light.Apply(target[..pixels.Length]);
    }
}
