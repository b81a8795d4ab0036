using System.IO.Compression;
using System.Text;
using Mmrr.App.Tests.Data.Fixtures;
using Mmrr.Training.Data;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.PixelFormats;
using Xunit;

namespace Mmrr.App.Tests.Data;

/// <summary>Every kind of image file that is read, value for value, and a plain reason for each that is not.</summary>
public sealed class ImageKindTests : IDisposable
{
    private static readonly (string, byte[]) s_palette = ("PLTE", [1, 2, 3, 4, 5, 6, 7, 8, 9, 250, 251, 252]);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(PngBytes.Grey, 1, new ushort[] { 0, 1, 1, 0 }, new byte[] { 0, 255, 255, 0 })]
    [InlineData(PngBytes.Grey, 2, new ushort[] { 0, 1, 2, 3 }, new byte[] { 0, 85, 170, 255 })]
    [InlineData(PngBytes.Grey, 4, new ushort[] { 0, 7, 15 }, new byte[] { 0, 119, 255 })]
    [InlineData(PngBytes.Grey, 8, new ushort[] { 0, 7, 255 }, new byte[] { 0, 7, 255 })]
    [InlineData(PngBytes.Rgb, 8, new ushort[] { 1, 2, 3, 4, 5, 255 }, new byte[] { 1, 2, 3, 4, 5, 255 })]
    public void PngOfEachDepth(byte colorType, int depth, ushort[] samples, byte[] expected) => Check(Png(colorType, depth, samples), expected);

    // The high byte, v/256 rounded down: full brightness stays full.
    [Theory]
    [InlineData(PngBytes.Grey, new ushort[] { 0, 255, 256, 384, 32767, 32768, 65279, 65280, 65535 }, new byte[] { 0, 0, 1, 1, 127, 128, 254, 255, 255 })]
    [InlineData(PngBytes.Rgb, new ushort[] { 65535, 32768, 257, 1000, 40000, 9 }, new byte[] { 255, 128, 1, 3, 156, 0 })]
    [InlineData(PngBytes.Rgba, new ushort[] { 65535, 32768, 257, 65535, 1000, 40000, 9, 65535 }, new byte[] { 255, 128, 1, 3, 156, 0 })]
    public void PngOfSixteenBits(byte colorType, ushort[] samples, byte[] expected) => Check(Png(colorType, 16, samples), expected);

    [Fact]
    public void BytesStoredAsSixteenBitsComeBackExactly() =>
        Check(Png(PngBytes.Grey, 16, [.. Enumerable.Range(0, 256).Select(v => (ushort)(v * 257))]), [.. Enumerable.Range(0, 256).Select(v => (byte)v)]);

    [Fact]
    public void PngWithAPalette() => Check(Png(PngBytes.Palette, 2, [3, 0, 2, 1], s_palette), [250, 251, 252, 1, 2, 3, 7, 8, 9, 4, 5, 6]);

    // c·a/255, rounded.
    [Fact]
    public void TransparentImagesAreLaidOverBlack()
    {
        Check(Png(PngBytes.Rgba, 8, [200, 100, 50, 128, 10, 20, 30, 255, 9, 9, 9, 0]), [100, 50, 25, 10, 20, 30, 0, 0, 0]);
        Check(Png(PngBytes.GreyAlpha, 8, [200, 128, 10, 255, 9, 0]), [100, 10, 0]);
        Check(Png(PngBytes.Palette, 2, [0, 1, 2, 3], s_palette, ("tRNS", [255, 128, 0])), [1, 2, 3, 2, 3, 3, 0, 0, 0, 250, 251, 252]);
        Check(Png(PngBytes.Grey, 8, [1, 2, 3], ("tRNS", [0, 2])), [1, 0, 3]);
        Check(Webp(2, [200, 100, 50, 128, 10, 20, 30, 255]), [100, 50, 25, 10, 20, 30]);
    }

    [Fact]
    public void AlphaThatIsZeroEverywhereIsNotMeant() => Check(Png(PngBytes.Rgba, 8, [200, 100, 50, 0, 1, 2, 3, 0]), [200, 100, 50, 1, 2, 3]);

    [Fact]
    public void GammaIsNotApplied() => Check(Png(PngBytes.Grey, 8, [10, 100, 200], ("gAMA", [0, 1, 0x86, 0xa0])), [10, 100, 200]);

    // Row [10, 20, 30] with EXIF orientation 3 or 2 comes back reversed: both turn it or mirror it from the right.
    [Fact]
    public void EveryPlaceOfAnOrientationInAPngIsRead()
    {
        byte[] exif = [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 3, 0, 0, 0, 0, 0, 0];
        byte[] prefixed = [.. "Exif\0\0"u8, .. exif], text = Encoding.Latin1.GetBytes($"\nexif\n {prefixed.Length,8}\n{Convert.ToHexStringLower(prefixed)}\n");
        byte[] keyword = "Raw profile type exif\0"u8.ToArray();
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true)) zlib.Write(text);
        byte[] Picture(params (string, byte[])[] chunks) => Png(PngBytes.Grey, 8, [10, 20, 30], chunks);
        byte[] turned = [30, 20, 10], asStored = [10, 20, 30];
        Check(Picture(("eXIf", exif)), turned);
        Check(Picture(("tEXt", [.. keyword, .. text])), turned);
        Check(Picture(("zTXt", [.. keyword, 0, .. packed.ToArray()])), turned);
        Check(Picture(("zTXt", [.. "Raw profile type APP1\0"u8, 0, .. packed.ToArray()])), turned);
        exif[19] = 1;
        Check(Picture(("tEXt", [.. keyword, .. text]), ("eXIf", exif)), asStored); // the chunk made for it counts
        // What is no such profile, or a damaged one, says nothing.
        Check(Picture(("tEXt", [.. "Comment\0"u8, .. text])), asStored);
        Check(Picture(("zTXt", [.. keyword, 0, .. packed.ToArray()[..^9]])), asStored);
        Check(Picture(("zTXt", [.. keyword, 9, .. packed.ToArray()])), asStored);
        Check(Picture(("tEXt", [.. keyword, .. "\nexif\n 99999999\n45"u8])), asStored);
        Check(Picture(("tEXt", [.. keyword, .. "\nexif\n many\n45"u8])), asStored);
    }

    [Fact]
    public void ColourProfilesAndExtensionsDoNotMatter()
    {
        string path = _folder.Write("a.bmp", Png(PngBytes.Grey, 8, [10, 100]));
        Assert.Equal([10, 100], ImageFile.Read(path).Pixels.Bytes);
    }

    [Fact]
    public void GreyAndColourJpeg()
    {
        CheckBlocks(JpegBytes.Make([[10], [200]], null), [10], [200]);
        // Y, Cb, Cr by JFIF: R = Y + 1.402 (Cr − 128), G = Y − 0.344136 (Cb − 128) − 0.714136 (Cr − 128), B = Y + 1.772 (Cb − 128).
        CheckBlocks(JpegBytes.Make([[100, 128, 128], [200, 90, 128]], null), [100, 100, 100], [200, 213, 133]);
    }

    // Adobe stores inks inverted: R = C·K/255 of the stored values.
    [Fact]
    public void CmykJpegByAdobe()
    {
        CheckBlocks(JpegBytes.Make([[255, 200, 100, 255], [50, 60, 70, 128]], 0), [255, 200, 100], [25, 30, 35]);
        // YCCK: C = 255 − R of (Y, Cb, Cr), then as above.
        CheckBlocks(JpegBytes.Make([[100, 128, 128, 255], [150, 120, 128, 128]], 2), [155, 155, 155], [53, 51, 60]);
    }

    [Fact]
    public void ACmykJpegWithoutAdobesMarkerIsRefused() => Refuses(JpegBytes.Make([[255, 200, 100, 255]], null), "CMYK", "convert it to RGB");

    [Theory]
    [InlineData(24, new byte[] { 3, 2, 1, 6, 5, 4, 0, 0 }, new byte[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData(32, new byte[] { 3, 2, 1, 0, 6, 5, 4, 0 }, new byte[] { 1, 2, 3, 4, 5, 6 })]
    // Without a mask for alpha the fourth byte has no meaning, whatever a program left there.
    [InlineData(32, new byte[] { 3, 2, 1, 0, 6, 5, 4, 128 }, new byte[] { 1, 2, 3, 4, 5, 6 })]
    public void BmpWithoutPalette(int bits, byte[] stored, byte[] expected) => Check(Bmp(bits, [], stored), expected);

    [Fact]
    public void BmpWithAPalette() => Check(Bmp(8, [30, 20, 10, 0, 200, 201, 202, 0], [1, 0, 0, 0]), [202, 201, 200, 10, 20, 30]);

    public static TheoryData<string, byte[], string> Unsupported => new()
    {
        { "empty", [], "an empty file" },
        { "a.tif", [.. "II*\0"u8, 8, 0, 0, 0], "truncated TIFF image" },
        { "b.tif", [.. "MM\0+"u8, 0, 8, 0, 0], "BigTIFF" },
        { "a.gif", [.. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b], "GIF" },
        { "a.heic", [0, 0, 0, 24, .. "ftypheic"u8, 0, 0, 0, 0], "HEIC" },
        { "a.avif", [0, 0, 0, 24, .. "ftypavif"u8, 0, 0, 0, 0], "AVIF" },
        { "a.jp2", [0, 0, 0, 12, .. "jP  \r\n"u8, 0x87, 10], "JPEG 2000" },
        { "a.jxl", [0xff, 0x0a, 1, 2, 3], "JPEG XL" },
        { "a.pam", [.. "P7\nWIDTH 1\n"u8, 7], "PAM" },
        { "a.psd", [.. "8BPS"u8, 0, 1], "Photoshop" },
        { "a.pdf", [.. "%PDF-1.7"u8], "PDF" },
        { "a.exr", [0x76, 0x2f, 0x31, 0x01, 2], "OpenEXR" },
        { "a.dcm", [.. new byte[128], .. "DICM"u8, 2, 0], "DICOM" },
        { "a.ico", [0, 0, 1, 0, 1, 0, 16, 16], "icon" },
        { "pointer.png", [.. "version https://git-lfs.github.com/spec/v1\n"u8], "git lfs pull" },
        { "page.png", [.. "<html>"u8], "not an image" },
        { "header.png", PngBytes.Make(1, 1, PngBytes.Grey, 8, [1])[..20], "truncated PNG image" },
        { "zero.png", PngBytes.Assemble(0, 4, PngBytes.Grey, 8, ("IDAT", [])), "its size is 4x0" },
        { "header.jpg", JpegBytes.Make([[1]], null)[..40], "truncated JPEG image" },
        { "header.bmp", [.. "BM"u8, 1, 2, 3], "truncated BMP image" },
        { "header.webp", [.. "RIFF"u8, 9, 0, 0, 0, .. "WEBPVP8 "u8], "truncated WebP image" },
    };

    [Theory]
    [MemberData(nameof(Unsupported))]
    public void WhatIsNotSupportedIsNamedByItsContent(string name, byte[] file, string word) => Refuses(file, word, name);

    [Fact]
    public void AnAnimationIsRefused()
    {
        // Two frames of one pixel: an extended header with the animation bit, then ANIM and two ANMF chunks around the picture's own chunk.
        byte[] picture = Webp(1, [9, 9, 9, 255])[12..];
        byte[] frame = Chunk("ANMF", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, .. picture]);
        byte[] body = [.. "WEBP"u8, .. Chunk("VP8X", [2, 0, 0, 0, 0, 0, 0, 0, 0, 0]), .. Chunk("ANIM", [0, 0, 0, 0, 0, 0]), .. frame, .. frame];
        Refuses([.. "RIFF"u8, .. BitConverter.GetBytes(body.Length), .. body], "animation of 2 frames");

        static byte[] Chunk(string name, byte[] content) =>
            [.. name.Select(c => (byte)c), .. BitConverter.GetBytes(content.Length), .. content, .. new byte[content.Length % 2]];
    }

    [Fact]
    public void AFileThatClaimsToBeHugeIsRefusedBeforeAnythingIsAllocated()
    {
        byte[] file = PngBytes.Assemble(60_000, 60_000, PngBytes.Grey, 8, ("IDAT", [0x78, 0x9c, 3, 0, 0, 0, 0, 1]));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refuses(file, "60000x60000", "134217728 pixels");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void AFolderIsNoImage() => BadInput.Throws<InvalidDataException>(() => ImageFile.Read(_folder.Path), _folder.Path, "a folder");

    private static byte[] Png(byte colorType, int depth, ushort[] samples, params (string, byte[])[] chunks)
    {
        int perPixel = colorType switch { PngBytes.Rgb => 3, PngBytes.Rgba => 4, PngBytes.GreyAlpha => 2, _ => 1 };
        return PngBytes.Make(1, samples.Length / perPixel, colorType, depth, samples, chunks);
    }

    private static byte[] Webp(int width, byte[] rgba)
    {
        using var image = Image.LoadPixelData<Rgba32>(rgba, width, 1);
        return Pictures.Encode(image, new WebpEncoder { FileFormat = WebpFileFormatType.Lossless });
    }

    /// <summary>One row of two pixels.</summary>
    private static byte[] Bmp(int bits, byte[] palette, byte[] row) =>
    [
        .. "BM"u8, .. BitConverter.GetBytes(54 + palette.Length + row.Length), 0, 0, 0, 0, .. BitConverter.GetBytes(54 + palette.Length),
        40, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, (byte)bits, 0, 0, 0, 0, 0, .. BitConverter.GetBytes(row.Length),
        0, 0, 0, 0, 0, 0, 0, 0, .. BitConverter.GetBytes(palette.Length / 4), 0, 0, 0, 0, .. palette, .. row,
    ];

    private void Check(byte[] file, byte[] expected) => Assert.Equal(expected, ImageFile.Read(_folder.Write("image", file)).Pixels.WithBits(8).Bytes);

    /// <summary>Each block of eight columns has one colour; a JPEG's may be off by one.</summary>
    private void CheckBlocks(byte[] file, params byte[][] colors)
    {
        var image = ImageFile.Read(_folder.Write("image.jpg", file));
        Assert.Equal((8, 8 * colors.Length, colors.Max(c => c.Length)), (image.Height, image.Width, image.Channels));
        for (int p = 0; p < 8 * image.Width; p++)
        {
            byte[] color = colors[p % image.Width / 8];
            for (int c = 0; c < image.Channels; c++) Assert.InRange(image.Pixels.Bytes[(p * image.Channels) + c], color[c] - 1, color[c] + 1);
        }
    }

    private void Refuses(byte[] file, params string[] words)
    {
        string path = _folder.Write(words.Length > 1 && words[^1].Contains('.', StringComparison.Ordinal) ? words[^1] : "image", file);
        BadInput.Throws<InvalidDataException>(() => ImageFile.Read(path), path, words);
    }
}
