using Mmrr.App.Tests.Data.Fixtures;
using Mmrr.Training.Data;
using Mmrr.Training.Data.Integrity;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.PixelFormats;
using Xunit;

namespace Mmrr.App.Tests.Data;

public class ImageFileTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void PngRoundTripIsExact(int channels)
    {
        using var folder = new TemporaryFolder();
        byte[] pixels = Noise(5 * 7 * channels);
        ImageFile.WritePng(folder["a.png"], pixels, 5, 7, channels);
        ImageFile.WritePng(folder["a.png"], pixels, 5, 7, channels);
        Assert.Equal([folder["a.png"]], Directory.GetFiles(folder.Path));
        var image = ImageFile.Read(folder["a.png"]);
        Assert.Equal((5, 7, channels), (image.Height, image.Width, image.Channels));
        Assert.Equal(pixels, image.Pixels.Bytes);
    }

    [Fact]
    public void WrongShapesAreRefused()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<ArgumentException>(() => ImageFile.EncodePng(new byte[5], 2, 2, 1));
        Assert.Throws<ArgumentException>(() => ImageFile.EncodePng(new byte[8], 2, 2, 2));
        Assert.Throws<DirectoryNotFoundException>(() => ImageFile.WritePng(folder["none/a.png"], new byte[4], 2, 2, 1));
    }

    [Fact]
    public void GreyStoredAsRgbIsGrey()
    {
        using var folder = new TemporaryFolder();
        string path = folder.WritePlain("grey.png", 2, 2, 80, 80, 80);
        Assert.Equal(1, ImageFile.Read(path).Channels);
    }

    [Fact]
    public void ExifOrientationIsApplied()
    {
        // The upright picture: dark left half, bright right half with a darker lower part; stored as each orientation.
        using var folder = new TemporaryFolder();
        const int Height = 32;
        const int Width = 48;
        for (int orientation = 1; orientation <= 8; orientation++)
        {
            bool transposed = orientation >= 5;
            var (rows, columns) = transposed ? (Width, Height) : (Height, Width);
            var stored = new byte[rows * columns];
            for (int r = 0; r < rows; r++)
            {
                for (int c = 0; c < columns; c++)
                {
                    // EXIF: where row 0 and column 0 of the file are shown.
                    var (y, x) = orientation switch
                    {
                        1 => (r, c),
                        2 => (r, Width - 1 - c),
                        3 => (Height - 1 - r, Width - 1 - c),
                        4 => (Height - 1 - r, c),
                        5 => (c, r),
                        6 => (c, Width - 1 - r),
                        7 => (Height - 1 - c, Width - 1 - r),
                        _ => (Height - 1 - c, r),
                    };
                    stored[(r * columns) + c] = Upright(y, x);
                }
            }

            string path = folder.Write("exif.jpg", WithOrientation(Jpeg(stored, rows, columns), (byte)orientation));
            var image = ImageFile.Read(path);
            Assert.Equal((Height, Width, 1), (image.Height, image.Width, image.Channels));
            for (int i = 0; i < image.Pixels.Length; i++)
                Assert.InRange(Math.Abs(image.Pixels.Bytes[i] - Upright(i / Width, i % Width)), 0, 12);
        }

        static byte Upright(int y, int x) => (byte)(x < 24 ? 40 : y < 16 ? 220 : 140);
    }

    [Fact]
    public void BmpIsReadAndChecked()
    {
        using var folder = new TemporaryFolder();
        byte[] bmp =
        [
            (byte)'B', (byte)'M', 62, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24, 0,
            0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 0,
        ];
        Assert.Equal([6, 5, 4, 3, 2, 1], ImageFile.Read(folder.Write("a.BMP", bmp)).Pixels.Bytes);
        string path = folder.Write("cut.bmp", bmp.AsSpan(0, 56));
        BadInput.Throws<InvalidDataException>(() => ImageFile.Read(path), path, "truncated");
    }

    [Fact]
    public void OtherFilesAreNamed()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.png", "<svg/>"u8);
        BadInput.Throws<InvalidDataException>(() => ImageFile.Read(path), path, "not an image");
        BadInput.Throws<FileNotFoundException>(() => ImageFile.Read(folder["b.png"]), folder["b.png"]);
        Assert.True(ImageFolder.HasImageExtension("x.JPeG"));
        Assert.True(ImageFolder.HasImageExtension("x.GIF")); // refused with its reason, not left out in silence
        Assert.False(ImageFolder.HasImageExtension("x.txt"));
    }

    private static byte[] Noise(int length)
    {
        var random = new SplitMix64(7);
        var bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = (byte)random.NextInt(256);
        return bytes;
    }

    private static byte[] Jpeg(byte[] grey, int height, int width)
    {
        using var image = Image.LoadPixelData<L8>(grey, width, height);
        return Pictures.Encode(image, new JpegEncoder { Quality = 100 });
    }

    // The standard wants two bytes; TIFF's own decoders read four as well.
    [Fact]
    public void AnOrientationOfFourBytesIsApplied()
    {
        byte[] exif = [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 4, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0];
        Assert.Equal(6, ExifOrientation.Read(exif));
        exif[11] = 0x13; // another field
        Assert.Equal(1, ExifOrientation.Read(exif));
    }

    /// <summary>Inserts an EXIF segment with one entry, the orientation, after the start marker.</summary>
    private static byte[] WithOrientation(byte[] jpeg, byte orientation)
    {
        byte[] exif =
        [
            0xff, 0xe1, 0, 34, .. "Exif\0\0"u8, .. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
        ];
        return [.. jpeg[..2], .. exif, .. jpeg[2..]];
    }
}
