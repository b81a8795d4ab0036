using System.Buffers.Binary;
using System.IO.Compression;

namespace Mmrr.App.Tests.Data.Fixtures;

/// <summary>PNG files of any bit depth and colour type, which the imaging library does not write.</summary>
internal static class PngBytes
{
    public const byte Grey = 0, Rgb = 2, Palette = 3, GreyAlpha = 4, Rgba = 6;

    /// <summary>A PNG of these samples, each in the low bits of its number.</summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="colorType">One of the constants.</param>
    /// <param name="bitDepth">1, 2, 4, 8 or 16.</param>
    /// <param name="samples">[height, width, samples of a pixel].</param>
    /// <param name="chunks">Chunks between the header and the data, such as PLTE.</param>
    public static byte[] Make(int height, int width, byte colorType, int bitDepth, ushort[] samples, params (string Name, byte[] Content)[] chunks)
    {
        int perRow = samples.Length / height, rowBytes = ((perRow * bitDepth) + 7) / 8;
        var raw = new byte[height * (rowBytes + 1)]; // each row begins with its filter, none
        for (int y = 0; y < height; y++)
        {
            for (int i = 0; i < perRow; i++)
            {
                ushort sample = samples[(y * perRow) + i];
                int start = (y * (rowBytes + 1)) + 1;
                if (bitDepth == 16) BinaryPrimitives.WriteUInt16BigEndian(raw.AsSpan(start + (2 * i)), sample);
                else raw[start + (i * bitDepth / 8)] |= (byte)(sample << (8 - bitDepth - (i * bitDepth % 8)));
            }
        }
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest)) zlib.Write(raw);
        return Assemble(height, width, colorType, bitDepth, [.. chunks, ("IDAT", packed.ToArray())]);
    }

    /// <summary>A PNG of these chunks, whatever they hold.</summary>
    public static byte[] Assemble(int height, int width, byte colorType, int bitDepth, params (string Name, byte[] Content)[] chunks)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = ((byte)bitDepth, colorType);
        using var file = new MemoryStream();
        file.Write([0x89, .. "PNG\r\n"u8, 0x1a, (byte)'\n']);
        foreach (var (name, content) in (ReadOnlySpan<(string, byte[])>)[("IHDR", header), .. chunks, ("IEND", [])])
        {
            byte[] body = [.. name.Select(c => (byte)c), .. content];
            var number = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
            file.Write(number);
            file.Write(body);
            BinaryPrimitives.WriteUInt32BigEndian(number, Crc(body));
            file.Write(number);
        }
        return file.ToArray();
    }

    /// <summary>The CRC-32 of PNG (polynomial 0xEDB88320), bit by bit.</summary>
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~0u;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
        }
        return ~crc;
    }
}
