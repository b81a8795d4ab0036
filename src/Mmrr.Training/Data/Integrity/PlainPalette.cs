using System.Buffers.Binary;

namespace Mmrr.Training.Data.Integrity;

/// <summary>Gives images of indexed colours a palette in which colour i is the grey value i, so that what is decoded are the indexes.</summary>
internal static class PlainPalette
{
    private const int BmpHeaders = 14;

    /// <summary>The file with such a palette; the file itself where it is no PNG or BMP of indexed colours.</summary>
    public static byte[] Of(byte[] file) => ImageSignature.FormatOf(file) switch
    {
        PngCheck.Format => Png(file),
        BmpCheck.Format => Bmp(file),
        _ => file,
    };

    // A damaged file stays as it is: its check says what is wrong.
    private static byte[] Png(byte[] file)
    {
        if (file.Length < 33 || file[25] != 3) return file;
        var plain = new List<byte>(file[..8]);
        for (int at = 8; at <= file.Length - 12;)
        {
            long length = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
            if (length > file.Length - at - 12) return file;
            byte[] chunk = file[at..(at + 12 + (int)length)];
            at += chunk.Length;
            var name = chunk.AsSpan(4, 4);
            if (name.SequenceEqual("tRNS"u8)) continue;
            if (name.SequenceEqual("PLTE"u8))
            {
                Span<byte> summed = chunk.AsSpan(4, 4 + (int)length), sum = chunk.AsSpan(8 + (int)length);
                if (Checksums.Crc32(summed) != BinaryPrimitives.ReadUInt32BigEndian(sum)) return file;
                for (int i = 0; i < length; i++) chunk[8 + i] = (byte)(i / 3);
                BinaryPrimitives.WriteUInt32BigEndian(sum, Checksums.Crc32(summed));
            }
            plain.AddRange(chunk);
        }
        return [.. plain];
    }

    private static byte[] Bmp(byte[] file)
    {
        if (file.Length < 54) return file;
        int header = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(14)), data = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(10));
        int bits = header == 12 ? file[24] : file[28], entry = header == 12 ? 3 : 4, palette = BmpHeaders + header;
        if (bits is not (1 or 4 or 8) || header < 12 || palette < 0) return file;
        byte[] plain = [.. file];
        for (int i = 0; i < 1 << bits && palette + (entry * i) + 3 <= Math.Min(data, file.Length); i++) plain.AsSpan(palette + (entry * i), 3).Fill((byte)i);
        return plain;
    }
}
