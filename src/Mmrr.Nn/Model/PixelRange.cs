using System.Text.Json.Serialization;

namespace Mmrr.Nn;

/// <summary>
/// Which values of pictures become −1 and 1 for the networks, linearly between: 2·(v − Low)/(High − Low) − 1. Values beyond are clipped. Pictures of 8
/// bits have <see cref="Bytes"/>; of 10, 12 or 16 bits, or of little contrast, a narrower range uses all of what the networks can tell apart.
/// </summary>
/// <param name="Low">The value that becomes −1; at least 0.</param>
/// <param name="High">The value that becomes 1; above <paramref name="Low"/>, at most <see cref="White"/>.</param>
/// <param name="Bits">How many bits the pictures' values have, 8 or 16: of pictures that have more than eight, 16, whatever their camera gives.</param>
public sealed record PixelRange(int Low, int High, int Bits)
{
    /// <summary>0 to 255: all of 8-bit pictures.</summary>
    public static PixelRange Bytes { get; } = new(0, 255, 8);

    /// <summary>The largest value of so many bits: 255 or 65,535.</summary>
    [JsonIgnore]
    public int White => (1 << Bits) - 1;

    /// <summary>Half the range, in the pictures' values.</summary>
    [JsonIgnore]
    internal float Half => (High - Low) / 2f;

    /// <summary>The smallest range that holds all values of some images.</summary>
    /// <param name="images">At least one value; all of one depth.</param>
    /// <exception cref="ArgumentException">There is no value.</exception>
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
        // Of images of a single value any range will do that has a width.
        if (low < high) return new PixelRange(low, high, bits);
        return low > 0 ? new PixelRange(low - 1, low, bits) : new PixelRange(0, 1, bits);
    }

    /// <summary>Pixels of which a value lies beyond the range: so many are clipped.</summary>
    /// <param name="pixels">[N, channels], of the range's depth.</param>
    /// <param name="channels">Interleaved channels.</param>
    public int CountBeyond(PixelValues pixels, int channels)
    {
        Check(pixels);
        if (Low == 0 && High == White) return 0;
        return Bits == 8 ? Count<byte>(pixels.Bytes, (byte)Low, (byte)High, channels) : Count<ushort>(pixels.Words, (ushort)Low, (ushort)High, channels);
    }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        if (Bits is not (8 or 16)) throw new ArgumentException($"the range's bits are {Bits}, expected 8 or 16");
        if (Low < 0 || High > White || Low >= High) throw new ArgumentException($"the range is {Low},{High}, expected two rising numbers from 0 to {White}");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Low},{High}";

    /// <summary>Values of another depth would be taken for other brightnesses.</summary>
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
