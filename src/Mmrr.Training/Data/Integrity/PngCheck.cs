using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Mmrr.Training.Data.Integrity;

/// <summary>
/// Checks that a PNG is complete: its chunks, their order and checksums, and in them zlib data of exactly the size that the header requires, with their own
/// checksum. So no part of the image can be missing or changed. Indexed colours must be within the palette.
/// </summary>
internal static class PngCheck
{
    /// <summary>The format's name.</summary>
    public const string Format = "PNG";

    private const int LongestPiece = 1 << 16;

    // Adam7: first row, first column, row and column steps between pixels of a pass.
    private static readonly (int Y, int X, int Down, int Across)[] s_passes =
        [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)];

    /// <summary>Checks a file that begins with the signature.</summary>
    /// <exception cref="InvalidDataException">The file is not complete, an animation, or too large.</exception>
    public static PictureHeader Check(byte[] file)
    {
        var cursor = new ByteCursor(file, Format, bigEndian: true);
        cursor.Take(8);
        Header? header = null;
        bool alpha = false, ended = false, dataOver = false;
        int? orientation = null, profiled = null;
        int colors = 0;
        using var data = new MemoryStream();
        while (!ended)
        {
            uint length = cursor.Int();
            int start = cursor.Position;
            var name = cursor.Take(4);
            string text = Encoding.Latin1.GetString(name);
            if (!text.All(char.IsAsciiLetter)) throw Flaw.Damaged(Format, "there is no chunk where one should be");
            var content = cursor.Take(length);
            if (Checksums.Crc32(file.AsSpan(start, 4 + (int)length)) != cursor.Int()) throw Flaw.Damaged(Format, $"the checksum of its chunk {text} is wrong");
            if ((header is null) != (text == "IHDR")) throw Flaw.Damaged(Format, header is null ? "it does not begin with its header" : "it has two headers");
            dataOver |= data.Length > 0 && text != "IDAT";
            switch (text)
            {
                case "IHDR":
                    header = Header.Read(content);
                    break;
                case "PLTE":
                    colors = length is > 0 and <= 768 && length % 3 == 0 ? (int)length / 3 : throw Flaw.Damaged(Format, "its palette has a wrong size");
                    break;
                case "tRNS":
                    alpha = true;
                    break;
                case "eXIf":
                    orientation = ExifOrientation.Read(content);
                    break;
                case "tEXt" or "zTXt":
                    profiled = PngRawProfile.Orientation(content, compressed: text == "zTXt") ?? profiled;
                    break;
                case "acTL" when length == 8 && BinaryPrimitives.ReadUInt32BigEndian(content) is var frames && frames != 1:
                    throw Flaw.Several($"an animation of {frames} frames");
                case "IDAT":
                    if (dataOver) throw Flaw.Damaged(Format, "other chunks lie between those of its data");
                    data.Write(content);
                    break;
                case "IEND":
                    ended = true;
                    break;
                default:
                    if (char.IsUpper(text[0])) throw Flaw.Unsupported($"a PNG image with a chunk {text}");
                    break;
            }
        }
        if (data.Length == 0) throw Flaw.Truncated(Format, "it has no data");
        if (header!.ColorType == 3 && colors == 0) throw Flaw.Damaged(Format, "its palette is missing");
        Unpack(data, header, header.ColorType == 3 && colors < 1 << header.Depth ? new PngIndexes(colors, header.Depth) : null);
        return new PictureHeader(
            Format, header.Width, header.Height, alpha || header.ColorType >= 4, header.Depth == 16 ? 16 : 8, orientation ?? profiled ?? 1);
    }

    private static void Unpack(MemoryStream data, Header header, PngIndexes? indexes)
    {
        data.Position = 0;
        var packed = data.GetBuffer().AsSpan(0, (int)data.Length);
        uint expected = packed.Length >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(packed[^4..]) : 0, found = 1;
        using var zlib = new ZLibStream(data, CompressionMode.Decompress);
        // In pieces: a file with a false size must not fill the memory with one row.
        var piece = new byte[Math.Min(LongestPiece, header.Passes().Max(pass => pass.RowBytes) + 1)];
        foreach (var (rows, columns, rowBytes) in header.Passes())
        {
            indexes?.Pass();
            for (int y = 0; y < rows; y++)
            {
                for (int at = 0; at <= rowBytes; at += piece.Length)
                {
                    var part = piece.AsSpan(0, Math.Min(piece.Length, rowBytes + 1 - at));
                    if (Read(zlib, part) < part.Length) throw Flaw.Truncated(Format, "its data end early");
                    if (at == 0 && part[0] > 4) throw Flaw.Damaged(Format, $"a row has the filter {part[0]}");
                    indexes?.Take(part, at == 0, columns);
                    found = Checksums.Adler32(found, part);
                }
            }
        }
        if (Read(zlib, piece.AsSpan(0, 1)) > 0) throw Flaw.Damaged(Format, "it has more data than pixels");
        if (found != expected) throw Flaw.Damaged(Format, "the checksum of its data is wrong");
    }

    private static int Read(ZLibStream zlib, Span<byte> target)
    {
        try
        {
            return zlib.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw Flaw.Damaged(Format, "its data cannot be decompressed");
        }
    }

    /// <summary>The chunk IHDR.</summary>
    private sealed record Header(int Width, int Height, int Depth, int ColorType, bool Interlaced)
    {
        public static Header Read(ReadOnlySpan<byte> content)
        {
            var cursor = new ByteCursor(content, Format, bigEndian: true);
            long width = cursor.Int(), height = cursor.Int();
            int depth = cursor.Byte(), color = cursor.Byte(), packing = cursor.Byte(), filter = cursor.Byte(), interlace = cursor.Byte();
            bool known = (color, depth) is (0, 1 or 2 or 4 or 8 or 16) or (3, 1 or 2 or 4 or 8) or (2 or 4 or 6, 8 or 16);
            if (!known || packing != 0 || filter != 0 || interlace > 1 || cursor.Left > 0) throw Flaw.Damaged(Format, "its header is invalid");
            PictureHeader.Bound(Format, width, height);
            return new Header((int)width, (int)height, depth, color, interlace == 1);
        }

        /// <summary>For each pass, the rows, the pixels of a row and its bytes without the filter byte.</summary>
        public IEnumerable<(int Rows, int Columns, int RowBytes)> Passes()
        {
            int bits = Depth * (ColorType switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 });
            foreach (var (y, x, down, across) in Interlaced ? s_passes : [(0, 0, 1, 1)])
            {
                int columns = (Width - x + across - 1) / across, rows = (Height - y + down - 1) / down;
                if (columns > 0 && rows > 0) yield return (rows, columns, (int)((((long)columns * bits) + 7) / 8));
            }
        }
    }
}
