using System.Buffers.Binary;

namespace Mmrr.Training.Data.Integrity;

/// <summary>
/// Checks that a WebP is complete as far as its container shows: the sizes of the file, of its chunks and, for lossy images, of the partitions of their
/// data. There are no checksums, and the arithmetic coder accepts any bits: changed data are detected only where the decoder fails, and data that end early
/// with consistent sizes by <see cref="WebpTail"/>.
/// </summary>
internal static class WebpCheck
{
    /// <summary>The format's name.</summary>
    public const string Format = "WebP";

    // What the modes of a macroblock take at least: with probability 145/256 the one bit of its luma that says 4×4 blocks, with 142/256 that of its chroma
    // that says DC (RFC 6386, 11.2): 0.82 + 0.85 bits, less a margin for the coder's rounding.
    private const double LeastModeBits = 1.6;

    // Bytes that an encoder may have dropped at the end: the decoder goes on with zeros.
    private const int DroppedBytes = 64;

    /// <summary>Checks a file that begins as a WebP does.</summary>
    /// <exception cref="InvalidDataException">The file is not complete, an animation, or too large.</exception>
    public static PictureHeader Check(byte[] file)
    {
        var whole = new ByteCursor(file, Format, bigEndian: false);
        whole.Seek(4);
        long size = whole.Int();
        if (size + 8 > file.Length) throw Flaw.Truncated(Format, $"{size + 8 - file.Length} bytes are missing");
        var cursor = new ByteCursor(file.AsSpan(0, (int)size + 8), Format, bigEndian: false);
        cursor.Seek(12);
        (int Width, int Height)? canvas = null, picture = null;
        bool alpha = false;
        int orientation = 1, frames = 0;
        while (cursor.Left > 0)
        {
            uint name = BinaryPrimitives.ReverseEndianness(cursor.Int());
            long length = cursor.Int();
            var content = cursor.Take(length);
            // A chunk of odd length is followed by a padding byte; some writers omit it at the end.
            if (length % 2 == 1 && cursor.Left > 0) cursor.Take(1);
            switch (name)
            {
                case 0x56503858: // VP8X
                    canvas = Extended(content);
                    alpha |= (content[0] & 16) != 0;
                    break;
                case 0x56503820: // VP8
                    picture = picture is null ? Lossy(content) : throw Flaw.Damaged(Format, "it has two images");
                    break;
                case 0x5650384C: // VP8L
                    (picture, alpha) = picture is null ? (Lossless(content), true) : throw Flaw.Damaged(Format, "it has two images");
                    break;
                case 0x414E4D46: // ANMF
                    frames++;
                    break;
                case 0x45584946: // EXIF
                    orientation = ExifOrientation.Read(content);
                    break;
            }
        }
        if (frames > 0) throw Flaw.Several($"an animation of {frames} frames");
        if (picture is not { } found) throw Flaw.Truncated(Format, "it has no image");
        if (canvas is { } wanted && wanted != found) throw Flaw.Damaged(Format, "its image and its canvas have different sizes");
        return new PictureHeader(Format, found.Width, found.Height, alpha, Bits: 8, orientation);
    }

    private static (int Width, int Height) Extended(ReadOnlySpan<byte> content)
    {
        var cursor = new ByteCursor(content, Format, bigEndian: false);
        cursor.Take(4);
        int width = cursor.Short() + (cursor.Byte() << 16) + 1, height = cursor.Short() + (cursor.Byte() << 16) + 1;
        PictureHeader.Bound(Format, width, height);
        return (width, height);
    }

    /// <summary>
    /// The frame header of VP8 (RFC 6386, 9.1): the first part of the data must lie within the chunk, and something must follow it; and it must have room
    /// for the macroblocks' modes: a few bytes could otherwise claim an image that takes seconds to decode.
    /// </summary>
    private static (int Width, int Height) Lossy(ReadOnlySpan<byte> content)
    {
        var cursor = new ByteCursor(content, Format, bigEndian: false);
        int tag = cursor.Short() | (cursor.Byte() << 16);
        if ((tag & 1) != 0 || !cursor.Take(3).SequenceEqual((ReadOnlySpan<byte>)[0x9d, 0x01, 0x2a]))
            throw Flaw.Damaged(Format, "its data begin with an invalid signature");
        int width = cursor.Short() & 0x3fff, height = cursor.Short() & 0x3fff;
        PictureHeader.Bound(Format, width, height);
        int modes = tag >> 5, macroblocks = (width + 15) / 16 * ((height + 15) / 16);
        if (modes >= cursor.Left || LeastModeBits * macroblocks > 8.0 * (modes + DroppedBytes)) throw Flaw.Truncated(Format, "its data end early");
        return (width, height);
    }

    private static (int Width, int Height) Lossless(ReadOnlySpan<byte> content)
    {
        var cursor = new ByteCursor(content, Format, bigEndian: false);
        if (cursor.Byte() != 0x2f) throw Flaw.Damaged(Format, "its data begin with an invalid signature");
        uint sizes = cursor.Int();
        int width = (int)(sizes & 0x3fff) + 1, height = (int)(sizes >> 14 & 0x3fff) + 1;
        PictureHeader.Bound(Format, width, height);
        return (width, height);
    }
}
