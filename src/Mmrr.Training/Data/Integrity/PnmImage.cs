using System.Buffers.Binary;

namespace Mmrr.Training.Data.Integrity;

/// <summary>
/// PBM, PGM and PPM, plain and raw. Read here because ImageSharp 2.1 swaps the bytes of two-byte values, scales only by integers, and skips first values
/// that look like a space.
/// </summary>
internal static class PnmImage
{
    private const string Format = "PNM";

    /// <summary>Whether a file begins as a PNM file does.</summary>
    public static bool Is(ReadOnlySpan<byte> file) =>
        file is [(byte)'P', >= (byte)'1' and <= (byte)'6', (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' or (byte)'#', ..];

    /// <summary>Reads a file. Values are scaled so that the file's maximum value becomes white.</summary>
    /// <exception cref="InvalidDataException">The file is not complete, holds several images, or is too large.</exception>
    /// <returns>The header, and values 0 to 65,535, [Height, Width, 1 or 3]; the length implies the channels.</returns>
    public static (PictureHeader Header, ushort[] Values) Read(byte[] file)
    {
        int kind = file[1] - '0', position = 2;
        int channels = kind % 3 == 0 ? 3 : 1;
        bool plain = kind <= 3, bitmap = kind is 1 or 4;
        long width = Number(file, ref position), height = Number(file, ref position);
        PictureHeader.Bound(Format, width, height);
        int most = bitmap ? 1 : Number(file, ref position);
        if (most is < 1 or > 65535) throw Flaw.Damaged(Format, $"its largest value is {most}");
        // A single character, whatever it is, separates the header from raw values.
        if (!plain && position++ >= file.Length) throw Flaw.Truncated(Format, "it has no data");
        int count = (int)(width * height), bytes = most > 255 ? 2 : 1;
        long stored = bitmap ? (width + 7) / 8 * height : (long)count * channels * bytes;
        if (!plain && stored > file.Length - position) throw Flaw.Truncated(Format, $"{stored - (file.Length - position)} bytes of its values are missing");
        // Each plain value takes at least a digit and, except for bits, a space between two values.
        if (plain && (long)count * channels * (bitmap ? 1 : 2) - 1 > file.Length - position) throw Flaw.Truncated(Format, "values are missing");
        var values = new ushort[(long)count * channels];
        for (int i = 0; i < values.Length; i++)
        {
            int value = plain ? bitmap ? Bit(file, ref position) : Number(file, ref position)
                : bitmap ? file[position + (int)((i / width * ((width + 7) / 8)) + (i % width / 8))] >> (int)(7 - (i % width % 8)) & 1
                : bytes == 2 ? BinaryPrimitives.ReadUInt16BigEndian(file.AsSpan(position + (2 * i))) : file[position + i];
            if (value > most) throw Flaw.Damaged(Format, $"a value is {value}, the largest one should be {most}");
            if (bitmap) value = 1 - value;
            values[i] = (ushort)(((value * 65535L) + (most / 2)) / most);
        }
        if (!plain) position += (int)stored;
        // A last value 255 truncated to 25 could not be detected.
        else if (!bitmap && position == file.Length) throw Flaw.Truncated(Format, "its last value has no end");
        if (file.AsSpan(position).TrimStart(" \t\r\n\0"u8) is [(byte)'P', _, ..]) throw Flaw.Several("a PNM file of several images");
        return (new PictureHeader(Format, (int)width, (int)height, Alpha: false, most > 255 ? 16 : 8, Orientation: 1), values);
    }

    private static int Number(byte[] file, ref int position)
    {
        Skip(file, ref position);
        int start = position, value = 0;
        for (; position < file.Length && char.IsAsciiDigit((char)file[position]); position++)
        {
            value = (value * 10) + file[position] - '0';
            if (value > 1 << 27) throw Flaw.Damaged(Format, "a number is too large");
        }
        if (position == start)
            throw position < file.Length ? Flaw.Damaged(Format, $"there is no number at byte {position}") : Flaw.Truncated(Format, "values are missing");
        return value;
    }

    private static int Bit(byte[] file, ref int position)
    {
        Skip(file, ref position);
        if (position >= file.Length) throw Flaw.Truncated(Format, "values are missing");
        return file[position++] is (byte)'0' or (byte)'1' ? file[position - 1] - '0' : throw Flaw.Damaged(Format, $"there is no bit at byte {position - 1}");
    }

    /// <summary>Skips spaces and comments, which extend from # to the end of a line.</summary>
    private static void Skip(byte[] file, ref int position)
    {
        while (position < file.Length && (file[position] is (byte)' ' or (byte)'#' or (>= 9 and <= 13)))
        {
            if (file[position] == '#') while (position < file.Length && file[position] is not ((byte)'\n' or (byte)'\r')) position++;
            else position++;
        }
    }
}
