namespace Mmrr.App.Tests.Data.Fixtures;

/// <summary>Baseline JPEG files of 8×8 blocks of one colour each, with any number of components, which the imaging library does not write.</summary>
internal static class JpegBytes
{
    // A table with the codes 00000000 to 11111110 for the lengths 0 to 11 (all eight bits long) is valid and simple.
    private const int CodeBits = 8;

    /// <summary>A file of 8 rows; component c of block b has the value blocks[b][c] all over.</summary>
    /// <param name="blocks">The stored values of each block, from left to right.</param>
    /// <param name="adobeTransform">The transform byte of Adobe's marker: 0 as stored, 2 YCCK; null leaves the marker out.</param>
    /// <param name="restart">Blocks from one restart marker to the next; 0 for none.</param>
    public static byte[] Make(byte[][] blocks, byte? adobeTransform, int restart = 0)
    {
        int components = blocks[0].Length, width = 8 * blocks.Length;
        List<byte> file = [0xff, 0xd8];
        if (adobeTransform is { } transform) Segment(0xee, [.. "Adobe"u8, 0, 100, 0, 0, 0, 0, transform]);
        Segment(0xdb, [0, .. Enumerable.Repeat((byte)1, 64)]); // quantisation by 1
        byte[] identifiers = [.. Enumerable.Range(1, components).Select(c => (byte)c)];
        Segment(0xc0, [8, 0, 8, (byte)(width >> 8), (byte)width, (byte)components, .. identifiers.SelectMany(c => new byte[] { c, 0x11, 0 })]);
        byte[] counts = new byte[16];
        counts[CodeBits - 1] = 12;
        Segment(0xc4, [0x00, .. counts, .. Enumerable.Range(0, 12).Select(i => (byte)i)]); // DC: the code is the length
        counts = new byte[16];
        counts[0] = 1;
        Segment(0xc4, [0x10, .. counts, 0]); // AC: the code 0 ends a block
        if (restart > 0) Segment(0xdd, [0, (byte)restart]);
        Segment(0xda, [(byte)components, .. identifiers.SelectMany(c => new byte[] { c, 0 }), 0, 63, 0]);

        var bits = new List<bool>();
        var last = new int[components];
        for (int b = 0; b < blocks.Length; b++)
        {
            byte[] block = blocks[b];
            if (restart > 0 && b > 0 && b % restart == 0)
            {
                Flush();
                file.AddRange([0xff, (byte)(0xd0 + (((b / restart) - 1) % 8))]);
                Array.Clear(last);
            }
            for (int c = 0; c < components; c++)
            {
                int value = 8 * (block[c] - 128), difference = value - last[c]; // the DC coefficient is eight times the mean
                last[c] = value;
                int length = difference == 0 ? 0 : (int)Math.Log2(Math.Abs(difference)) + 1;
                Put(length, CodeBits);
                Put(difference > 0 ? difference : difference + (1 << length) - 1, length);
                Put(0, 1);
            }
        }
        Flush();
        return [.. file, 0xff, 0xd9];

        void Flush()
        {
            while (bits.Count % 8 != 0) bits.Add(true);
            for (int i = 0; i < bits.Count; i += 8)
            {
                int value = 0;
                for (int b = 0; b < 8; b++) value = (2 * value) + (bits[i + b] ? 1 : 0);
                file.Add((byte)value);
                if (value == 255) file.Add(0);
            }
            bits.Clear();
        }

        void Segment(byte marker, byte[] content) => file.AddRange([0xff, marker, (byte)((content.Length + 2) >> 8), (byte)(content.Length + 2), .. content]);

        void Put(int value, int length)
        {
            for (int b = length - 1; b >= 0; b--) bits.Add(((value >> b) & 1) != 0);
        }
    }
}
