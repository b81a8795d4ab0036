using System.Buffers.Binary;

namespace Mmrr.Training.Data.Integrity;

/// <summary>
/// Variants of a WebP file whose decoded images show whether its data are complete. The arithmetic coder has no end mark: it continues with any bytes that
/// follow. So data that end early with consistent sizes give an image that changes with the bytes after them, and data whose tail was overwritten with
/// zeros, which the coder hardly consumes, give an image that does not change with its last bytes.
/// </summary>
internal static class WebpTail
{
    private const int Added = 64, LostZeros = 32, Changed = 8;

    /// <summary>
    /// The same file with bytes appended to the image data, and one with bytes appended to the alpha data. For a complete file the pixels are the same.
    /// </summary>
    public static IEnumerable<byte[]> Longer(byte[] file)
    {
        foreach (var (start, length) in Pictures(file))
        {
            int end = start + length;
            byte[] longer = [.. file[..end], .. Enumerable.Repeat((byte)0xa5, Added), .. file[end..]];
            BinaryPrimitives.WriteInt32LittleEndian(longer.AsSpan(start - 4), length + Added);
            BinaryPrimitives.WriteInt32LittleEndian(longer.AsSpan(4), BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(4)) + Added);
            yield return longer;
        }
    }

    /// <summary>Where the data end in zeros, the same file with other bytes at their end, else null. For a complete file the pixels differ.</summary>
    public static byte[]? Other(byte[] file)
    {
        var (start, length) = Pictures(file)[0];
        if (length < LostZeros || file.AsSpan(start + length - LostZeros, LostZeros).ContainsAnyExcept((byte)0)) return null;
        byte[] other = [.. file];
        other.AsSpan(start + length - Changed, Changed).Fill(0xa5);
        return other;
    }

    /// <summary>The exception for such a file.</summary>
    public static InvalidDataException Flaw() => Integrity.Flaw.Truncated(WebpCheck.Format, "its data end early");

    /// <summary>The positions of the image data, and of separate alpha data, in a file that passed <see cref="WebpCheck"/>.</summary>
    private static List<(int Start, int Length)> Pictures(byte[] file)
    {
        var found = new List<(int, int)>();
        for (int at = 12; at <= file.Length - 8;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 4));
            if (file.AsSpan(at, 4) is [(byte)'V', (byte)'P', (byte)'8', (byte)' ' or (byte)'L']) found.Insert(0, (at + 8, length));
            else if (file.AsSpan(at, 4).SequenceEqual("ALPH"u8)) found.Add((at + 8, length));
            at += 8 + length + (length % 2);
        }
        return found;
    }
}
