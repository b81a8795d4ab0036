using Mmrr.App.Tests.Data.Fixtures;
using Mmrr.Training.Data;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.PixelFormats;
using Xunit;

namespace Mmrr.App.Tests.Data.Integrity;

/// <summary>A picture that is not whole is refused in every format, or it is the same picture.</summary>
public sealed class WholePictureTests
{
    public static TheoryData<string> Kinds => [.. Pictures.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TheWholePictureIsRead(string kind)
    {
        var image = ImageFile.Decode(Pictures.Of(kind));
        if (kind == "jpeg-restart")
        {
            Assert.Equal((8, 40, 3), (image.Height, image.Width, image.Channels));
            return;
        }
        Assert.Equal((Pictures.Height, Pictures.Width, 3), (image.Height, image.Width, image.Channels));
        bool exact = !kind.StartsWith("jpeg", StringComparison.Ordinal) && kind != "webp";
        if (exact) Assert.Equal(Pictures.Pixels, image.Pixels.Bytes);
        // Coarser ones are near it: the mean difference of noise of this kind to another texture would be about 80.
        else if (kind != "jpeg-progressive") Assert.InRange(image.Pixels.Bytes.Zip(Pictures.Pixels, (a, b) => Math.Abs(a - b)).Average(), 0, 20);
    }

    // Every length that a copy may have been stopped at.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryBeginningOfAFile(string kind)
    {
        byte[] file = Pictures.Of(kind), pixels = ImageFile.Decode(file).Pixels.Bytes;
        int passed = 0;
        for (int length = 0; length < file.Length; length++)
        {
            if (!RefusedOrTheSame(file[..length], pixels, $"{kind} cut to {length} of {file.Length} bytes")) passed++;
        }
        // What ends a file and is not the picture's: an end marker, bytes that fill up a row.
        Assert.InRange(passed, 0, kind.StartsWith("jpeg", StringComparison.Ordinal) ? 3 : kind == "bmp" ? 3 : 0);
    }

    // A card or a disk that lost its last blocks: the file has its size and its end.
    [Theory]
    [InlineData("png")]
    [InlineData("png-interlaced")]
    [InlineData("jpeg")]
    [InlineData("jpeg-420")]
    [InlineData("jpeg-progressive")]
    [InlineData("jpeg-restart")]
    [InlineData("tiff-deflate")]
    [InlineData("ppm-plain")]
    public void HalfOfTheFileIsZeros(string kind)
    {
        byte[] file = Pictures.Of(kind), pixels = ImageFile.Decode(file).Pixels.Bytes;
        for (int from = file.Length / 2; from < file.Length - 40; from += 5)
        {
            byte[] tail = [.. file[..from], .. new byte[file.Length - from - 2], .. file[^2..]];
            Assert.True(RefusedOrTheSame(tail, pixels, $"{kind}, zeros from {from} on"), $"{kind}: zeros from {from} on are not noticed");
        }
    }

    [Theory]
    [InlineData("png")]
    [InlineData("png-interlaced")]
    [InlineData("tiff-deflate")]
    public void AnyChangedByteOfDataWithSums(string kind)
    {
        byte[] file = Pictures.Of(kind), pixels = ImageFile.Decode(file).Pixels.Bytes;
        // Of the TIFF the strips, which lie behind the header of eight bytes.
        int from = kind == "tiff-deflate" ? 8 : 0, to = kind == "tiff-deflate" ? 8 + (file.Length / 2) : file.Length;
        for (int i = from; i < to; i++)
        {
            byte[] changed = [.. file];
            changed[i] ^= 0x10;
            RefusedOrTheSame(changed, pixels, $"{kind}, byte {i} changed");
        }
    }

    [Theory]
    [InlineData("jpeg", "baseline")]
    [InlineData("jpeg-progressive", "progressive")]
    public void AJpegThatLacksOnlyItsEndMarkerIsWhole(string kind, string what)
    {
        byte[] file = Pictures.Of(kind);
        Assert.True(ImageFile.Decode(file[..^2]).Pixels.Bytes.SequenceEqual(ImageFile.Decode(file).Pixels.Bytes), what);
    }

    [Fact]
    public void HalfOfAJpegAndItsEndMarker()
    {
        foreach (string kind in new[] { "jpeg", "jpeg-420", "jpeg-progressive", "jpeg-restart" })
        {
            byte[] file = Pictures.Of(kind), pixels = ImageFile.Decode(file).Pixels.Bytes;
            for (int length = 20; length < file.Length - 3; length++)
                Assert.True(
                    RefusedOrTheSame([.. file[..length], 0xff, 0xd9], pixels, $"{kind} cut to {length}, with an end"),
                    $"{kind} cut to {length}, with an end, is not noticed");
        }
    }

    // A tool that cut a file and mended its sizes, or a card that lost its last block.
    [Theory]
    [InlineData("webp")]
    [InlineData("webp-lossless")]
    public void AWebpWhoseDataEndEarlyInSizesThatAgree(string kind)
    {
        byte[] file = Pictures.Of(kind), pixels = ImageFile.Decode(file).Pixels.Bytes;
        const int data = 20;
        int passed = 0;
        for (int length = data + 10; length < file.Length; length++)
        {
            byte[] cut = file[..(length + (length % 2))];
            BitConverter.GetBytes(cut.Length - 8).CopyTo(cut, 4);
            BitConverter.GetBytes(cut.Length - data).CopyTo(cut, 16);
            if (!RefusedOrTheSame(cut, pixels, $"{kind} cut to {length} of {file.Length} bytes")) passed++;
        }
        // What the encoder flushes after the last bit that counts: the picture is the same, else this failed above.
        Assert.InRange(passed, 0, 16);
    }

    [Fact]
    public void AWebpOfAFewBytesThatClaimsManyPixels()
    {
        byte[] file = Pictures.Of("webp");
        // Width and height of the frame, behind the chunk's name, its size, the tag and the signature.
        (file[26], file[27], file[28], file[29]) = (0xff, 0x1f, 0xff, 0x1f);
        Refuses(file, "truncated WebP image: its data end early");
        // The emptiest that an encoder makes is read.
        using var black = new Image<Rgb24>(4096, 2048);
        Assert.Equal(4096, ImageFile.Decode(Pictures.Encode(black, new WebpEncoder { FileFormat = WebpFileFormatType.Lossy, Quality = 1 })).Width);
    }

    [Theory]
    [InlineData("webp")]
    [InlineData("webp-lossless")]
    public void AWebpThatEndsInZeros(string kind)
    {
        byte[] file = Pictures.Of(kind), pixels = ImageFile.Decode(file).Pixels.Bytes;
        for (int from = file.Length / 2; from < file.Length - 100; from += 5)
            Assert.True(
                RefusedOrTheSame([.. file[..from], .. new byte[file.Length - from]], pixels, $"{kind}, zeros from {from} on"),
                $"{kind}: zeros from {from} on are not noticed");
    }

    [Fact]
    public void AWebpWhoseAlphaEndsEarlyInSizesThatAgree()
    {
        using var image = new Image<Rgba32>(40, 32);
        for (int i = 0; i < 40 * 32; i++) image[i % 40, i / 40] = new Rgba32((byte)(i * 7), (byte)(i * 5), 90, (byte)(i * 7919 % 251));
        byte[] file = Pictures.Encode(image, new WebpEncoder { FileFormat = WebpFileFormatType.Lossy });
        byte[] pixels = ImageFile.Decode(file).Pixels.Bytes;
        int at = file.AsSpan().IndexOf("ALPH"u8), length = BitConverter.ToInt32(file, at + 4), passed = 0;
        for (int keep = 2; keep < length; keep += 2)
        {
            byte[] cut = [.. file[..(at + 8 + keep)], .. file[(at + 8 + length + (length % 2))..]];
            BitConverter.GetBytes(cut.Length - 8).CopyTo(cut, 4);
            BitConverter.GetBytes(keep).CopyTo(cut, at + 4);
            if (!RefusedOrTheSame(cut, pixels, $"alpha cut to {keep} of {length} bytes")) passed++;
        }
        Assert.InRange(passed, 0, 8);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(2)]
    [InlineData(1)]
    public void AnIndexBeyondThePalette(int depth)
    {
        byte[] Of(ushort last, int entries) => PngBytes.Make(
            2, 3, PngBytes.Palette, depth, [0, 1, 0, 0, 1, last], ("PLTE", [.. Enumerable.Range(0, 3 * entries).Select(i => (byte)(i * 9))]));
        Assert.Equal(27, ImageFile.Decode(Of(1, 2)).Pixels.Bytes[^3]);
        Refuses(Of(1, 1), "a colour that its palette lacks");
    }

    // Were a filter undone wrongly, an index of seventeen in a byte would lie beyond the palette.
    [Theory]
    [InlineData(PngFilterMethod.Sub)]
    [InlineData(PngFilterMethod.Up)]
    [InlineData(PngFilterMethod.Average)]
    [InlineData(PngFilterMethod.Paeth)]
    public void IndexedColoursInFilteredRows(PngFilterMethod filter)
    {
        using var image = Image.LoadPixelData<L8>([.. Enumerable.Range(0, 16 * 24).Select(i => (byte)(i * 7919 % 17 * 15))], 24, 16);
        foreach (var interlaced in (PngInterlaceMode[])[PngInterlaceMode.None, PngInterlaceMode.Adam7])
        {
            byte[] file = Pictures.Encode(
                image,
                new PngEncoder { ColorType = PngColorType.Palette, BitDepth = PngBitDepth.Bit8, FilterMethod = filter, InterlaceMethod = interlaced });
            Assert.Equal(24, ImageFile.Decode(file).Width);
        }
    }

    [Fact]
    public void ARestartMarkerThatIsMissingOrOutOfOrder()
    {
        byte[] file = Pictures.Of("jpeg-restart");
        int marker = Array.FindIndex(file, b => b == 0xd0);
        Refuses([.. file[..(marker - 1)], .. file[(marker + 1)..]], "JPEG");
        file[marker] = 0xd3;
        Refuses(file, "a restart marker is missing");
    }

    [Fact]
    public void SizesOfContainersThatDoNotAgree()
    {
        byte[] webp = Pictures.Of("webp");
        Refuses([.. webp[..4], .. BitConverter.GetBytes(webp.Length), .. webp[8..]], "8 bytes are missing");
        byte[] bmp = Pictures.Of("bmp");
        bmp[22]++; // one row more
        Refuses(bmp, "bytes of its rows are missing");
        Refuses(new TiffBytes { Height = 4, Width = 4, Values = new ushort[16], Tags = new Dictionary<int, int> { [278] = 1 } }.ToArray(), "2 strips");
        Refuses([.. "P5\n2 2\n255\n"u8, 1, 2, 3], "1 bytes of its values are missing");
    }

    /// <summary>Fails where the file gives another picture; tells whether it was refused.</summary>
    private static bool RefusedOrTheSame(byte[] file, byte[] pixels, string what)
    {
        try
        {
            Assert.True(ImageFile.Decode(file).Pixels.Bytes.SequenceEqual(pixels), $"{what}: another picture, and no complaint");
            return false;
        }
        catch (InvalidDataException e)
        {
            Assert.DoesNotContain('\n', e.Message);
            return true;
        }
    }

    private static void Refuses(byte[] file, string word) =>
        Assert.Contains(word, Assert.Throws<InvalidDataException>(() => ImageFile.Decode(file)).Message, StringComparison.Ordinal);
}
