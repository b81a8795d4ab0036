using Mmrr.App.Tests.Data.Fixtures;
using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Data.Integrity;

/// <summary>The kinds of TIFF and PNM files that are read, value for value, and what is said of those that are not.</summary>
public sealed class TiffAndPnmTests
{
    private const int Height = 7, Width = 5;

    [Theory]
    [InlineData(false, false, 7)]
    [InlineData(false, true, 7)]
    [InlineData(true, false, 7)]
    [InlineData(true, true, 3)]
    [InlineData(false, true, 1)]
    public void EveryTiffOfTheKindsThatAreRead(bool bigEndian, bool predicted, int strips)
    {
        foreach (int packing in new[] { TiffBytes.None, TiffBytes.Lzw, TiffBytes.Deflate, TiffBytes.OldDeflate, TiffBytes.PackBits })
        {
            foreach (int bits in new[] { 8, 16 })
            {
                foreach (int samples in new[] { 1, 3 })
                {
                    if (predicted && packing is TiffBytes.None or TiffBytes.PackBits) continue;
                    var tiff = new TiffBytes
                    {
                        Height = Height,
                        Width = Width,
                        Values = Values(samples, bits),
                        Bits = bits,
                        BigEndian = bigEndian,
                        Packing = packing,
                        Predicted = predicted,
                        RowsPerStrip = strips,
                        Photometric = samples == 3 ? 2 : 1,
                    };
                    var image = ImageFile.Decode(tiff.ToArray());
                    Assert.Equal((Height, Width, samples), (image.Height, image.Width, image.Channels));
                    Assert.True(
                        bits == 8
                            ? image.Pixels.Bytes.SequenceEqual(tiff.Values.Select(v => (byte)v))
                            : image.Pixels.Words.SequenceEqual(tiff.Values),
                        $"{tiff}");
                }
            }
        }
    }

    [Fact]
    public void StripsOfManyCodes()
    {
        // Noise of 60,000 bytes in a strip: the codes of LZW grow to twelve bits and begin anew several times.
        var tiff = new TiffBytes
        {
            Height = 200,
            Width = 300,
            Values = [.. Enumerable.Range(0, 60_000).Select(i => (ushort)((i * 7919 >> 3) + (i / 300) & 255))],
            Packing = TiffBytes.Lzw,
            RowsPerStrip = 200
        };
        Assert.Equal(tiff.Values.Select(v => (byte)v), ImageFile.Decode(tiff.ToArray()).Pixels.Bytes);
    }

    [Fact]
    public void WhiteMayBeZeroAndPlanesMayBeApart()
    {
        ushort[] grey = Values(1, 8), rgb = Values(3, 16);
        var inverted = new TiffBytes { Height = Height, Width = Width, Values = grey, Photometric = 0 };
        Assert.Equal(grey.Select(v => (byte)(255 - v)), ImageFile.Decode(inverted.ToArray()).Pixels.Bytes);
        ushort[] wide = Values(1, 16);
        Assert.Equal(wide.Select(v => (ushort)(65535 - v)), ImageFile.Decode((inverted with { Values = wide, Bits = 16 }).ToArray()).Pixels.Words);
        var planar = new TiffBytes { Height = Height, Width = Width, Values = rgb, Bits = 16, Photometric = 2, Planar = true, RowsPerStrip = Height };
        Assert.Equal(rgb, ImageFile.Decode(planar.ToArray()).Pixels.Words);
        Refuses((planar with { Tags = new Dictionary<int, int> { [317] = 2 } }).ToArray(), "a predictor on separate planes");
    }

    [Fact]
    public void TransparencyAndOrientation()
    {
        var tiff = new TiffBytes
        {
            Height = 1,
            Width = 2,
            Values = [200, 100, 50, 128, 10, 20, 30, 255],
            Photometric = 2,
            Tags = new Dictionary<int, int> { [338] = 2 }
        };
        Assert.Equal([100, 50, 25, 10, 20, 30], ImageFile.Decode(tiff.ToArray()).Pixels.Bytes);
        var turned = ImageFile.Decode(new TiffBytes { Height = 1, Width = 3, Values = [1, 2, 3], Tags = new Dictionary<int, int> { [274] = 8 } }.ToArray());
        Assert.Equal((3, 1), (turned.Height, turned.Width));
        Assert.Equal([3, 2, 1], turned.Pixels.Bytes);
    }

    [Fact]
    public void SeveralPagesAreCountedButNotThumbnails()
    {
        var tiff = new TiffBytes { Height = 2, Width = 2, Values = [1, 2, 3, 4], Pages = 3 };
        Refuses(tiff.ToArray(), "a TIFF of 3 pages");
        Refuses((tiff with { Pages = 1, Tags = new Dictionary<int, int> { [254] = 1 } }).ToArray(), "does not begin with its image");
    }

    [Theory]
    [InlineData(259, 7, "compressed with method 7")]
    [InlineData(262, 5, "CMYK")]
    [InlineData(258, 4, "4 bits")]
    [InlineData(339, 3, "not unsigned integers")]
    [InlineData(324, 8, "in tiles")]
    [InlineData(277, 2, "2 values a pixel")]
    [InlineData(317, 3, "predictor")]
    public void OtherTiffsAreNamed(int tag, int value, string word) =>
        Refuses(new TiffBytes { Height = 2, Width = 2, Values = [1, 2, 3, 4], Tags = new Dictionary<int, int> { [tag] = value } }.ToArray(), word);

    [Fact]
    public void PagesThatGoInACircle()
    {
        byte[] file = new TiffBytes { Height = 2, Width = 2, Values = [1, 2, 3, 4] }.ToArray();
        int directory = BitConverter.ToInt32(file, 4), next = directory + 2 + (12 * BitConverter.ToInt16(file, directory));
        BitConverter.GetBytes(directory).CopyTo(file, next);
        Refuses(file, "cycle");
    }

    [Theory]
    [InlineData("P2\n3 1\n255\n0 128 255\n", new byte[] { 0, 128, 255 })]
    [InlineData("P2 # why\n3 1 15 0 7 15 ", new byte[] { 0, 119, 255 })]
    [InlineData("P2 3 1 4095 0 2048 4095\n", new byte[] { 0, 128, 255 })]
    [InlineData("P1\n4 1\n0110", new byte[] { 255, 0, 0, 255 })]
    [InlineData("P3 1 1 255 1 2 3\n", new byte[] { 1, 2, 3 })]
    public void PlainPnm(string text, byte[] expected) => Assert.Equal(expected, ImageFile.Decode([.. text.Select(c => (byte)c)]).Pixels.WithBits(8).Bytes);

    // A first value that looks like a space or the beginning of a comment, and values of two bytes, the higher one first.
    [Theory]
    [InlineData("P5\n3 1\n255\n", new byte[] { 32, 35, 10 }, new byte[] { 32, 35, 10 })]
    [InlineData("P5\n2 1\n65535\n", new byte[] { 0x80, 0x01, 0x02, 0xff }, new byte[] { 0x80, 0x02 })]
    [InlineData("P5\n2 1\n4095\n", new byte[] { 0x0f, 0xff, 0x08, 0x00 }, new byte[] { 255, 128 })]
    [InlineData("P6\n1 2\n255\n", new byte[] { 9, 8, 7, 6, 5, 4 }, new byte[] { 9, 8, 7, 6, 5, 4 })]
    [InlineData(
        "P4\n9 2\n",
        new byte[] { 0x80, 0x80, 0x00, 0x00 },
        new byte[] { 0, 255, 255, 255, 255, 255, 255, 255, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255 })]
    public void RawPnm(string header, byte[] values, byte[] expected) =>
        Assert.Equal(expected, ImageFile.Decode([.. header.Select(c => (byte)c), .. values]).Pixels.WithBits(8).Bytes);

    [Theory]
    [InlineData("P5\n1 1\n255\n\u0007P5\n1 1\n255\n\u0007", "several images")]
    [InlineData("P2\n2 1\n9\n5 10\n", "a value is 10")]
    [InlineData("P2\n2 1\n9\n5 x", "no number")]
    [InlineData("P2\n2 1\n70000\n5 6", "largest value is 70000")]
    [InlineData("P5\n99999 99999\n255\n", "99999x99999")]
    [InlineData("P5\n0 5\n255\n", "0x5")]
    public void OtherPnmsAreNamed(string text, string word) => Refuses([.. text.Select(c => (byte)c)], word);

    private static ushort[] Values(int samples, int bits) =>
        [.. Enumerable.Range(0, Height * Width * samples).Select(i => (ushort)(i / 6 * 40503 + (i % 3 * 977) & ((1 << bits) - 1)))];

    private static void Refuses(byte[] file, string word) =>
        Assert.Contains(word, Assert.Throws<InvalidDataException>(() => ImageFile.Decode(file)).Message, StringComparison.Ordinal);
}
