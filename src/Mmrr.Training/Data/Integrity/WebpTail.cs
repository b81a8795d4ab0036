using System.Buffers.Binary;

namespace Mmrr.Training.Data.Integrity;

/// <summary>
/// Files that a WebP is compared with to learn whether its data end where its picture does. The coder has no end of its own: it goes on with whatever follows,
/// so that data which end early, in sizes that agree, show by a picture that changes with what stands behind them; and data of which a tail was lost to zeros,
/// which take next to no place in the coder, by a picture that does not change with its last bytes.
/// </summary>
internal static class WebpTail
{
    private const int Added = 64, LostZeros = 32, Changed = 8;

    /// <summary>
    /// The same file with bytes behind the data of its picture, and one with bytes behind those of its alpha. Those of a whole file have the same pixels.
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

    /// <summary>Where the data end in zeros, the same file with other bytes at their end, else null. That of a whole file has other pixels.</summary>
    public static byte[]? Other(byte[] file)
    {
        var (start, length) = Pictures(file)[0];
        if (length < LostZeros || file.AsSpan(start + length - LostZeros, LostZeros).ContainsAnyExcept((byte)0)) return null;
        byte[] other = [.. file];
        other.AsSpan(start + length - Changed, Changed).Fill(0xa5);
        return other;
    }

    /// <summary>The complaint.</summary>
    public static InvalidDataException Flaw() => Integrity.Flaw.Truncated(WebpCheck.Format, "its data end early");

    /// <summary>Where the data of the picture lie in a file that <see cref="WebpCheck"/> passed, and those of its alpha where they are apart.</summary>
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
