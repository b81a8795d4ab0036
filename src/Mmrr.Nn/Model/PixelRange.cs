using System.Text.Json.Serialization;

namespace Mmrr.Nn;

/// <summary>
/// The image values that become −1 and 1 for the networks, linear between: 2·(v − Low)/(High − Low) − 1. Values outside are clipped. 8-bit images use
/// <see cref="Bytes"/>; for images of 10, 12 or 16 bits, or of low contrast, a narrower range uses the networks' full resolution.
/// </summary>
/// <param name="Low">The value that becomes −1; at least 0.</param>
/// <param name="High">The value that becomes 1; above <paramref name="Low"/>, at most <see cref="White"/>.</param>
/// <param name="Bits">Bits of the image values, 8 or 16: 16 for all images with more than eight bits.</param>
public sealed record PixelRange(int Low, int High, int Bits)
{
    /// <summary>0 to 255: the full range of 8-bit images.</summary>
    public static PixelRange Bytes { get; } = new(0, 255, 8);

    /// <summary>The largest value of these bits: 255 or 65,535.</summary>
    [JsonIgnore]
    public int White => (1 << Bits) - 1;

    /// <summary>Half the range, in image values.</summary>
    [JsonIgnore]
    internal float Half => (High - Low) / 2f;

    /// <summary>The smallest range that holds all values of some images.</summary>
    /// <param name="images">Images with at least one value, all of one depth.</param>
    /// <exception cref="ArgumentException">The images have no values.</exception>
    public static PixelRange Of(IEnumerable<PixelValues> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        int low = int.MaxValue, high = int.MinValue, bits = 8;
        foreach (var image in images)
        {
            bits = image.Bits;
            if (bits == 8)
            {
                foreach (byte v in image.Bytes) (low, high) = (Math.Min(low, v), Math.Max(high, v));
            }
            else
            {
                foreach (ushort v in image.Words) (low, high) = (Math.Min(low, v), Math.Max(high, v));
            }
        }
        if (low > high) throw new ArgumentException("PixelRange: there is no value");
        // For images of a single value, any range of nonzero width works.
        if (low < high) return new PixelRange(low, high, bits);
        return low > 0 ? new PixelRange(low - 1, low, bits) : new PixelRange(0, 1, bits);
    }

    /// <summary>The number of clipped pixels: those with a value outside the range.</summary>
    /// <param name="pixels">[N, channels], of the range's depth.</param>
    /// <param name="channels">Interleaved channels.</param>
    public int CountBeyond(PixelValues pixels, int channels)
    {
        Check(pixels);
        if (Low == 0 && High == White) return 0;
        return Bits == 8 ? Count<byte>(pixels.Bytes, (byte)Low, (byte)High, channels) : Count<ushort>(pixels.Words, (ushort)Low, (ushort)High, channels);
    }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        if (Bits is not (8 or 16)) throw new ArgumentException($"the range's bits are {Bits}, expected 8 or 16");
        if (Low < 0 || High > White || Low >= High) throw new ArgumentException($"the range is {Low},{High}, expected two rising numbers from 0 to {White}");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Low},{High}";

    /// <summary>Throws for values of a different depth, which would be read as other brightnesses.</summary>
    internal void Check(PixelValues pixels)
    {
        if (pixels.Bits != Bits) throw new ArgumentException($"the image's values have {pixels.Bits} bits, expected {Bits}");
    }

    private static int Count<T>(ReadOnlySpan<T> values, T low, T high, int channels)
        where T : unmanaged, IComparable<T>
    {
        int count = 0;
        while (true)
        {
            int at = values.IndexOfAnyExceptInRange(low, high);
            if (at < 0) return count;
            count++;
            values = values[((at / channels * channels) + channels)..];
        }
    }
}
