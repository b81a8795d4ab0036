namespace Mmrr.Training.Data.Integrity;

/// <summary>
/// Checks that a BMP is complete: its headers agree, and all rows are in the file. There are no checksums: changed values cannot be detected. Run-length
/// encoded files, which may omit pixels, are not read.
/// </summary>
internal static class BmpCheck
{
    /// <summary>The format's name.</summary>
    public const string Format = "BMP";
    private const int FileHeader = 14;

    /// <summary>Checks a file that begins as a BMP does.</summary>
    /// <exception cref="InvalidDataException">The file is not complete, not supported, or too large.</exception>
    public static PictureHeader Check(byte[] file)
    {
        var cursor = new ByteCursor(file, Format, bigEndian: false);
        cursor.Seek(10);
        long data = cursor.Int(), size = cursor.Int();
        if (size is not (12 or 40 or 52 or 56 or 108 or 124)) throw Flaw.Unsupported($"a BMP image with a header of {size} bytes");
        long width = size == 12 ? cursor.Short() : (int)cursor.Int(), height = size == 12 ? cursor.Short() : (int)cursor.Int();
        height = Math.Abs(height);
        cursor.Short();
        int bits = cursor.Short();
        uint packing = size == 12 ? 0 : cursor.Int(), colors = 0;
        if (size > 12)
        {
            cursor.Take(12);
            colors = cursor.Int();
        }
        PictureHeader.Bound(Format, width, height);
        bool fields = packing is 3 or 6;
        if (packing != 0 && !(fields && bits is 16 or 32)) throw Flaw.Unsupported($"a BMP image with compressed data (method {packing})");
        if (bits is not (1 or 4 or 8 or 16 or 24 or 32)) throw Flaw.Unsupported($"a BMP image of {bits} bits");
        long headers = FileHeader + size + (size == 40 && fields ? (packing == 3 ? 12 : 16) : 0);
        if (bits <= 8)
        {
            long most = 1L << bits, entries = colors == 0 ? most : colors;
            if (entries > most) throw Flaw.Damaged(Format, $"it has {entries} colours, for {bits} bits");
            headers += entries * (size == 12 ? 3 : 4);
        }
        if (data < headers) throw Flaw.Damaged(Format, "its rows overlap its headers");
        long rows = (((width * bits) + 31) / 32 * 4 * (height - 1)) + (((width * bits) + 7) / 8);
        if (data + rows > file.Length) throw Flaw.Truncated(Format, $"{data + rows - file.Length} bytes of its rows are missing");
        return new PictureHeader(Format, (int)width, (int)height, Alpha: bits == 32 && fields, Bits: 8, Orientation: 1);
    }
}
