using System.IO.Compression;

namespace Mmrr.App.Tests.Data.Fixtures;

/// <summary>TIFF files of the kinds that are read, in either order of bytes, by the specification (TIFF 6.0).</summary>
internal sealed record TiffBytes
{
    public const int None = 1, Lzw = 5, Deflate = 8, OldDeflate = 32946, PackBits = 32773;

    public required int Height { get; init; }

    public required int Width { get; init; }

    /// <summary>[Height, Width, samples of a pixel].</summary>
    public required ushort[] Values { get; init; }

    public int Bits { get; init; } = 8;

    public bool BigEndian { get; init; }

    public int Packing { get; init; } = None;

    /// <summary>Whether values are stored as differences from the one on the left.</summary>
    public bool Predicted { get; init; }

    public bool Planar { get; init; }

    public int RowsPerStrip { get; init; } = 3;

    /// <summary>0 white is zero, 1 black is zero, 2 RGB.</summary>
    public int Photometric { get; init; } = 1;

    /// <summary>Tags in place of the usual ones, with one short value each.</summary>
    public IReadOnlyDictionary<int, int> Tags { get; init; } = new Dictionary<int, int>();

    /// <summary>Directories that point to the same strips.</summary>
    public int Pages { get; init; } = 1;

    private int Samples => Values.Length / (Height * Width);

    /// <summary>The file: header, strips, directories.</summary>
    public byte[] ToArray()
    {
        using var file = new MemoryStream();
        file.Write(BigEndian ? "MM\0*"u8 : "II*\0"u8);
        file.Write(Int(0));
        var offsets = new List<int>();
        var counts = new List<int>();
        int planes = Planar ? Samples : 1;
        for (int plane = 0; plane < planes; plane++)
        {
            for (int top = 0; top < Height; top += RowsPerStrip)
            {
                byte[] strip = Pack([.. Enumerable.Range(top, Math.Min(RowsPerStrip, Height - top)).SelectMany(y => Row(y, plane))]);
                offsets.Add((int)file.Position);
                counts.Add(strip.Length);
                file.Write(strip);
                if (file.Position % 2 == 1) file.WriteByte(0);
            }
        }
        byte[] bits = [.. Enumerable.Range(0, Samples).SelectMany(_ => Short(Bits))];
        long patch = 4;
        for (int page = 0; page < Pages; page++)
        {
            var entries = new SortedDictionary<int, (int Type, int Count, byte[] Value)>
            {
                [256] = (4, 1, Int(Width)),
                [257] = (4, 1, Int(Height)),
                [258] = (3, Samples, bits),
                [259] = (3, 1, Short(Packing)),
                [262] = (3, 1, Short(Photometric)),
                [273] = (4, offsets.Count, [.. offsets.SelectMany(Int)]),
                [277] = (3, 1, Short(Samples)),
                [278] = (4, 1, Int(RowsPerStrip)),
                [279] = (4, counts.Count, [.. counts.SelectMany(Int)]),
                [284] = (3, 1, Short(Planar ? 2 : 1)),
                [317] = (3, 1, Short(Predicted ? 2 : 1)),
            };
            foreach (var (tag, value) in Tags) entries[tag] = (3, 1, Short(value));
            long directory = file.Position, outside = directory + 2 + (12 * entries.Count) + 4;
            file.Position = patch;
            file.Write(Int((int)directory));
            file.Position = directory;
            file.Write(Short(entries.Count));
            var big = new List<byte>();
            foreach (var (tag, (type, count, value)) in entries)
            {
                file.Write([.. Short(tag), .. Short(type), .. Int(count)]);
                file.Write(value.Length <= 4 ? [.. value, .. new byte[4 - value.Length]] : Int((int)outside + big.Count));
                if (value.Length > 4) big.AddRange(value);
            }
            patch = file.Position;
            file.Write([.. Int(0), .. big]);
        }
        return file.ToArray();
    }

    private byte[] Row(int y, int plane)
    {
        int samples = Samples;
        ushort[] row = [.. Values.Skip(y * Width * samples).Take(Width * samples).Where((_, i) => !Planar || i % samples == plane)];
        int step = Planar ? 1 : samples;
        if (Predicted) row = [.. row.Select((v, i) => i < step ? v : (ushort)(v - row[i - step]))];
        return [.. row.SelectMany(v => Bits == 8 ? [(byte)v] : Short(v))];
    }

    private byte[] Pack(byte[] strip) => Packing switch { None => strip, PackBits => Packed(strip), Lzw => LzwCoded(strip), _ => Zlib(strip) };

    private static byte[] Zlib(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal)) zlib.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>Runs of two or more as runs, the rest as it is.</summary>
    private static byte[] Packed(byte[] bytes)
    {
        var packed = new List<byte>();
        for (int i = 0; i < bytes.Length;)
        {
            int run = 1;
            while (run < 128 && i + run < bytes.Length && bytes[i + run] == bytes[i]) run++;
            if (run > 1) packed.AddRange([(byte)(1 - run), bytes[i]]);
            else packed.AddRange([0, bytes[i]]);
            i += run;
        }
        return [.. packed];
    }

    private static byte[] LzwCoded(byte[] bytes)
    {
        var table = new Dictionary<string, int>(StringComparer.Ordinal);
        var packed = new List<byte>();
        int width = 9, bits = 0;
        ulong held = 0;
        Clear();
        string last = "";
        foreach (byte value in bytes)
        {
            string longer = last + (char)value;
            if (table.ContainsKey(longer))
            {
                last = longer;
                continue;
            }
            Put(table[last]);
            table[longer] = table.Count + 2; // 256 and 257 have a meaning of their own
            if (table.Count + 1 == (1 << width) - 1) width++;
            if (table.Count + 2 == 4094) Clear();
            last = $"{(char)value}";
        }
        Put(table[last]);
        if (table.Count + 2 == (1 << width) - 1) width++;
        Put(257);
        if (bits > 0) packed.Add((byte)(held << (8 - bits)));
        return [.. packed];

        void Clear()
        {
            Put(256);
            table.Clear();
            for (int i = 0; i < 256; i++) table[$"{(char)i}"] = i;
            width = 9;
        }

        void Put(int code)
        {
            held = (held << width) | (uint)code;
            for (bits += width; bits >= 8; bits -= 8) packed.Add((byte)(held >> (bits - 8)));
        }
    }

    private byte[] Short(int value) => BigEndian ? [(byte)(value >> 8), (byte)value] : [(byte)value, (byte)(value >> 8)];

    private byte[] Int(int value) => BigEndian ? [.. Short(value >> 16), .. Short(value)] : [.. Short(value), .. Short(value >> 16)];
}
