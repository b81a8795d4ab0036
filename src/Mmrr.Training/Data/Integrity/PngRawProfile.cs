using System.IO.Compression;
using System.Text;

namespace Mmrr.Training.Data.Integrity;

/// <summary>
/// EXIF data in a text chunk of a PNG, as ImageMagick and ExifTool write them: the keyword <c>Raw profile type exif</c> (or <c>APP1</c>), then a name, the
/// number of bytes, and the bytes in hexadecimal.
/// </summary>
internal static class PngRawProfile
{
    // More than any EXIF data in hexadecimal, of which a JPEG segment holds 64 KB.
    private const int MostText = 1 << 20;

    /// <summary>The orientation in the content of a chunk <c>tEXt</c> or <c>zTXt</c>; null where it holds no such profile.</summary>
    public static int? Orientation(ReadOnlySpan<byte> content, bool compressed)
    {
        int end = content.IndexOf((byte)0);
        if (end < 0 || Encoding.Latin1.GetString(content[..end]) is not ("Raw profile type exif" or "Raw profile type APP1")) return null;
        string? text = compressed ? Unpacked(content[(end + 1)..]) : Encoding.Latin1.GetString(content[(end + 1)..]);
        return text?.Split((char[]?)null, 3, StringSplitOptions.RemoveEmptyEntries) is [_, var length, var digits] && int.TryParse(length, out int bytes)
            ? ExifOrientation.Read(Bytes(digits, bytes))
            : null;
    }

    private static string? Unpacked(ReadOnlySpan<byte> content)
    {
        if (content.IsEmpty || content[0] != 0) return null; // another method of compression
        try
        {
            using var zlib = new ZLibStream(new MemoryStream(content[1..].ToArray()), CompressionMode.Decompress);
            var text = new byte[MostText];
            return Encoding.Latin1.GetString(text, 0, zlib.ReadAtLeast(text, MostText, throwOnEndOfStream: false));
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static byte[] Bytes(string digits, int count)
    {
        string hex = string.Concat(digits.Where(char.IsAsciiHexDigit));
        return Convert.FromHexString(hex[..(2 * Math.Clamp(count, 0, hex.Length / 2))]);
    }
}
