using Mmrr.Nn.Checkpoints;
using SkiaSharp;

namespace Mmrr.App.Data;

/// <summary>A decoded image.</summary>
/// <param name="Height">Height in pixels, as displayed.</param>
/// <param name="Width">Width in pixels, as displayed.</param>
/// <param name="Channels">1 where every pixel is grey, else 3 (RGB).</param>
/// <param name="Pixels">[Height, Width, Channels].</param>
internal sealed record RasterImage(int Height, int Width, int Channels, byte[] Pixels);

/// <summary>Reads and writes image files; the only place that knows the imaging library.</summary>
internal static class ImageFile
{
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".bmp", ".webp"];

    /// <summary>Whether the name ends like an image file: .png .jpg .jpeg .bmp .webp, in any case.</summary>
    public static bool HasImageExtension(string path) => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Decodes a file, turned upright by its EXIF orientation. Alpha is dropped (colours un-premultiplied) and
    /// colour profiles are not applied.
    /// </summary>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="InvalidDataException">Not an image, truncated or damaged, or larger than 2^29 pixels.</exception>
    public static RasterImage Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        using var data = SKData.CreateCopy(file);
        using var codec = SKCodec.Create(data);
        if (codec is null)
            throw new InvalidDataException($"{path}: not an image; expected PNG, JPEG, BMP or WebP");
        int width = codec.Info.Width;
        int height = codec.Info.Height;
        if ((long)width * height > int.MaxValue / 4)
            throw new InvalidDataException($"{path}: image of {width}x{height}; expected at most {int.MaxValue / 4} pixels");

        // No colour space in the request: Skia then converts nothing and the stored values come out.
        var alpha = codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul;
        var info = new SKImageInfo(width, height, SKColorType.Rgba8888, alpha);
        var result = codec.GetPixels(info, out byte[] rgba);
        if (result != SKCodecResult.Success)
        {
            string problem = result == SKCodecResult.IncompleteInput ? "truncated" : $"damaged ({result})";
            throw new InvalidDataException($"{path}: {problem} image; expected a complete {codec.EncodedFormat} file");
        }

        return Upright(rgba, height, width, codec.EncodedOrigin);
    }

    /// <summary>Encodes an image as PNG.</summary>
    /// <param name="pixels">[height, width, channels].</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="channels">1 (grey) or 3 (RGB).</param>
    public static byte[] EncodePng(ReadOnlySpan<byte> pixels, int height, int width, int channels)
    {
        if (channels is not (1 or 3) || pixels.Length != height * width * channels)
            throw new ArgumentException($"{pixels.Length} bytes do not make an image of [{height}, {width}, {channels}]; channels must be 1 or 3");
        ReadOnlySpan<byte> encodable = pixels;
        if (channels == 3)
        {
            var rgba = new byte[height * width * 4];
            for (int i = 0; i < height * width; i++)
            {
                pixels.Slice(i * 3, 3).CopyTo(rgba.AsSpan(i * 4));
                rgba[(i * 4) + 3] = 255;
            }

            encodable = rgba;
        }

        var info = new SKImageInfo(width, height, channels == 1 ? SKColorType.Gray8 : SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var image = SKImage.FromPixelCopy(info, encodable);
        using var png = image.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    /// <summary>Writes a PNG file. A reader sees the old file or the complete new one, never a part of it.</summary>
    /// <param name="path">File to write; its folder must exist.</param>
    /// <param name="pixels">[height, width, channels].</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="channels">1 (grey) or 3 (RGB).</param>
    public static void WritePng(string path, ReadOnlySpan<byte> pixels, int height, int width, int channels)
    {
        byte[] png = EncodePng(pixels, height, width, channels);
        AtomicFile.Write(path, stream => stream.Write(png));
    }

    /// <summary>Drops alpha, undoes the stored orientation and reduces grey images to one channel.</summary>
    private static RasterImage Upright(byte[] rgba, int height, int width, SKEncodedOrigin origin)
    {
        // Values 5..8 are transposed; the names say where the first row and the first column of the file are shown.
        bool transposed = origin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        bool fromRight = origin is SKEncodedOrigin.TopRight or SKEncodedOrigin.BottomRight or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom;
        bool fromBottom = origin is SKEncodedOrigin.BottomRight or SKEncodedOrigin.BottomLeft or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        int channels = IsGrey(rgba) ? 1 : 3;
        var (shownHeight, shownWidth) = transposed ? (width, height) : (height, width);
        var pixels = new byte[shownHeight * shownWidth * channels];
        for (int y = 0; y < shownHeight; y++)
        {
            int row = fromBottom ? shownHeight - 1 - y : y;
            for (int x = 0; x < shownWidth; x++)
            {
                int column = fromRight ? shownWidth - 1 - x : x;
                int stored = transposed ? (column * width) + row : (row * width) + column;
                rgba.AsSpan(stored * 4, channels).CopyTo(pixels.AsSpan(((y * shownWidth) + x) * channels));
            }
        }

        return new RasterImage(shownHeight, shownWidth, channels, pixels);
    }

    private static bool IsGrey(byte[] rgba)
    {
        for (int i = 0; i < rgba.Length; i += 4)
        {
            if (rgba[i] != rgba[i + 1] || rgba[i] != rgba[i + 2])
                return false;
        }

        return true;
    }
}
