using System.IO.Compression;

namespace Mmrr.Training.Data.Integrity;

/// <summary>Decompresses a strip of a TIFF to count its bytes.</summary>
internal static class TiffStrip
{
    /// <summary>Checks that a strip holds all of its rows and is correctly compressed.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="start">The strip's first byte.</param>
    /// <param name="length">Its bytes, all of them within the file.</param>
    /// <param name="packing">The compression: none 1, LZW 5, Deflate 8 or 32946, PackBits 32773.</param>
    /// <param name="expected">Bytes of its rows.</param>
    public static void Check(byte[] file, int start, int length, uint packing, long expected)
    {
        var strip = file.AsSpan(start, length);
        long found = packing switch { 1 => length, 5 => Lzw(strip, expected), 32773 => PackBits(strip, expected), _ => Deflate(file, start, length, expected) };
        if (found < expected) throw Flaw.Truncated(TiffCheck.Format, $"a strip ends {expected - found} bytes early");
    }

    private static long PackBits(ReadOnlySpan<byte> strip, long expected)
    {
        long found = 0;
        for (int i = 0; i < strip.Length && found < expected;)
        {
            int code = (sbyte)strip[i++];
            if (code == -128) continue;
            int taken = code >= 0 ? code + 1 : 1;
            if (i + taken > strip.Length) return found;
            i += taken;
            found += code >= 0 ? code + 1 : 1 - code;
        }
        if (found > expected) throw Flaw.Damaged(TiffCheck.Format, "a strip has more data than rows");
        return found;
    }

    /// <summary>Codes of 9 to 12 bits, most significant bit first; only the length of each string is kept (TIFF 6.0, section 13).</summary>
    private static long Lzw(ReadOnlySpan<byte> strip, long expected)
    {
        const int Clear = 256, End = 257, Most = 4096;
        var lengths = new int[Most];
        lengths.AsSpan(0, 256).Fill(1);
        int next = 258, width = 9, last = 0, bits = 0;
        uint held = 0;
        long found = 0;
        for (int i = 0; found < expected;)
        {
            while (bits < width)
            {
                if (i == strip.Length) return found;
                held = (held << 8) | strip[i++];
                bits += 8;
            }
            bits -= width;
            int code = (int)(held >> bits) & ((1 << width) - 1);
            if (code == End) return found;
            if (code == Clear)
            {
                (next, width, last) = (258, 9, 0);
                continue;
            }
            // A code may be the one about to be added: the previous string and its first byte.
            if (code > next || (code == next && last == 0) || (code >= 256 && last == 0) || next > Most)
                throw Flaw.Damaged(TiffCheck.Format, "a strip contains an invalid code");
            if (last > 0 && next < Most) lengths[next++] = last + 1;
            last = lengths[code];
            found += last;
            width = next >= 2047 ? 12 : next >= 1023 ? 11 : next >= 511 ? 10 : 9;
        }
        if (found > expected) throw Flaw.Damaged(TiffCheck.Format, "a strip has more data than rows");
        return found;
    }

    private static long Deflate(byte[] file, int start, int length, long expected)
    {
        using var zlib = new ZLibStream(new MemoryStream(file, start, length), CompressionMode.Decompress);
        var piece = new byte[Math.Min(expected + 1, 1 << 16)];
        long found = 0;
        try
        {
            for (int read; found <= expected && (read = zlib.Read(piece)) > 0;) found += read;
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw Flaw.Damaged(TiffCheck.Format, "a strip cannot be decompressed");
        }
        if (found > expected) throw Flaw.Damaged(TiffCheck.Format, "a strip has more data than rows");
        return found;
    }
}
