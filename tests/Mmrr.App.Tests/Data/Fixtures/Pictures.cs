using Mmrr.Training.Data;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Bmp;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.PixelFormats;

namespace Mmrr.App.Tests.Data.Fixtures;

/// <summary>The same coloured texture in each format that is read.</summary>
internal static class Pictures
{
    public const int Height = 16, Width = 24;

    // ImageSharp 2.1 writes no progressive JPEG: a texture of this size by libjpeg, ten scans with successive approximation.
    private const string Progressive =
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMjIy" +
        "MjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjL/wgARCAAQABgDASIAAhEBAxEB/8QAFwAAAwEAAAAAAAAAAAAAAAAAAAMFBv/EABYBAQEBAAAAAAAAAAAAAAAA" +
        "AAQCA//aAAwDAQACEAMQAAABz9h1gcILhs//xAAXEAEBAQEAAAAAAAAAAAAAAAADAAIB/9oACAEBAAEFAjKMoyjKMbJ8zn//xAAYEQADAQEAAAAAAAAAAAAAAAAAAQMCIf/aAAgBAwEBPwGVjFG1" +
        "w//EABkRAAIDAQAAAAAAAAAAAAAAAAABAgMEMf/aAAgBAgEBPwFaCNzfD//EABkQAAEFAAAAAAAAAAAAAAAAAAEAESAhMf/aAAgBAQAGPwLIuaC//8QAGhABAQEBAAMAAAAAAAAAAAAAAQARQTFR" +
        "kf/aAAgBAQABPyHvNsMtfJfOb1NGANV5f//aAAwDAQACAAMAAAAQwz//xAAYEQEBAAMAAAAAAAAAAAAAAAABABFBgf/aAAgBAwEBPxBdNmwXl//EABURAQEAAAAAAAAAAAAAAAAAAAAB/9oACAEC" +
        "AQE/EBPP/8QAHBABAAICAwEAAAAAAAAAAAAAAREhADFBUfCB/9oACAEBAAE/ELCSbR37bkZ41Rjwjtrjvr15cEDs0GEhLrtNzX3JhAigAWq0FZ//2Q==";

    /// <summary>The names that <see cref="Of"/> knows.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
    [
        "png", "png-interlaced", "jpeg", "jpeg-420", "jpeg-progressive", "jpeg-restart", "bmp", "webp", "webp-lossless",
        "tiff", "tiff-lzw", "tiff-deflate", "tiff-packbits", "ppm", "ppm-plain",
    ];

    /// <summary>RGB. [<see cref="Height"/>, <see cref="Width"/>, 3].</summary>
    public static byte[] Pixels { get; } =
        [.. Enumerable.Range(0, Height * Width * 3).Select(i =>
            (byte)((i / 3 % Width * (9 - (i % 3 * 2))) + (i / 3 / Width * (3 + (i % 3))) + (i * 7919 % 40)))];

    /// <summary>The picture as a file of a kind.</summary>
    public static byte[] Of(string kind) => kind switch
    {
        "png" => ImageFile.EncodePng(Pixels, Height, Width, 3),
        "png-interlaced" => Encode(
            new SixLabors.ImageSharp.Formats.Png.PngEncoder { InterlaceMethod = SixLabors.ImageSharp.Formats.Png.PngInterlaceMode.Adam7 }),
        "jpeg" => Encode(new JpegEncoder { Quality = 90, ColorType = JpegColorType.YCbCrRatio444 }),
        "jpeg-420" => Encode(new JpegEncoder { Quality = 80, ColorType = JpegColorType.YCbCrRatio420 }),
        "jpeg-progressive" => Convert.FromBase64String(Progressive),
        "jpeg-restart" => JpegBytes.Make([[10, 128, 90], [200, 90, 128], [30, 128, 128], [90, 1, 255], [250, 7, 7]], null, restart: 2),
        "bmp" => Encode(new BmpEncoder { BitsPerPixel = BmpBitsPerPixel.Pixel24 }),
        "webp" => Encode(new WebpEncoder { FileFormat = WebpFileFormatType.Lossy }),
        "webp-lossless" => Encode(new WebpEncoder { FileFormat = WebpFileFormatType.Lossless }),
        "ppm" => [.. "P6\n24 16\n255\n"u8, .. Pixels],
        "ppm-plain" => [.. System.Text.Encoding.ASCII.GetBytes($"P3\n# a comment\n24 16\n255\n{string.Join(' ', Pixels)}\n")],
        _ => new TiffBytes
        {
            Height = Height,
            Width = Width,
            Values = [.. Pixels.Select(p => (ushort)p)],
            Photometric = 2,
            Predicted = kind is "tiff-lzw" or "tiff-deflate",
            Packing = kind switch
            {
                "tiff-lzw" => TiffBytes.Lzw,
                "tiff-deflate" => TiffBytes.Deflate,
                "tiff-packbits" => TiffBytes.PackBits,
                _ => TiffBytes.None
            },
        }.ToArray(),
    };

    /// <summary>A picture by an encoder of the imaging library.</summary>
    public static byte[] Encode(IImageEncoder encoder)
    {
        using var image = Image.LoadPixelData<Rgb24>(Pixels, Width, Height);
        return Encode(image, encoder);
    }

    /// <summary>An image by an encoder of the imaging library.</summary>
    public static byte[] Encode(Image image, IImageEncoder encoder)
    {
        using var file = new MemoryStream();
        image.Save(file, encoder);
        return file.ToArray();
    }
}
