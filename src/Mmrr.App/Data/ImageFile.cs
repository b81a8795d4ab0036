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
    /// <summary>
    /// The most pixels an image may have: 2^27, such as 16,384 x 8,192. A file of a few bytes may claim any size; decoding takes up to seven bytes a pixel.
    /// </summary>
    public const int MostPixels = 1 << 27;

    // Those of the second line are not supported, but are images: to leave them out of a folder in silence would be a surprise.
    private static readonly string[] Extensions =
    [
        ".png", ".jpg", ".jpeg", ".bmp", ".webp",
        ".tif", ".tiff", ".gif", ".heic", ".heif", ".avif", ".jp2", ".jxl",
    ];

    /// <summary>
    /// Whether the name ends like that of an image file, in any case: .png .jpg .jpeg .bmp .webp, or of one that <see cref="Read"/> refuses with its reason (.tif .gif .heic and the like).
    /// </summary>
    public static bool HasImageExtension(string path) => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Decodes a file, turned upright by its EXIF orientation, whatever its extension. Transparent images are laid over black: what is cut away has no colour of its own, only what the program that
    /// cut it away left there. Of 16-bit values the high byte is taken, v/256 rounded down: 65,535 becomes 255, and bytes that were stored as 16 bits (v·257) come back exactly. CMYK becomes
    /// RGB by C·K/255 of the inverted inks. Colour profiles are not applied.
    /// </summary>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="InvalidDataException">Not an image, not a supported one, truncated, damaged, or of more than <see cref="MostPixels"/>; one line that says which and what to do.</exception>
    public static RasterImage Read(string path)
    {
        if (Directory.Exists(path))
            throw new InvalidDataException($"{path}: a folder; expected an image file");
        if (File.Exists(path) && new FileInfo(path).Length > Array.MaxLength)
            throw new InvalidDataException($"{path}: a file of {new FileInfo(path).Length} bytes; expected an image of at most 2 GB");
        byte[] file = File.ReadAllBytes(path);
        using var data = SKData.CreateCopy(file);
        using var codec = SKCodec.Create(data);
        if (codec is null || codec.EncodedFormat is not (SKEncodedImageFormat.Png or SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Bmp or SKEncodedImageFormat.Webp))
            throw new InvalidDataException($"{path}: {ImageSignature.Explain(file)}");
        if (codec.FrameCount > 1)
            throw new InvalidDataException($"{path}: an animation of {codec.FrameCount} frames; expected one image: save its frames as PNG files");
        if (codec.EncodedFormat == SKEncodedImageFormat.Jpeg && ImageSignature.IsUnmarkedCmyk(file))
            throw new InvalidDataException($"{path}: a CMYK JPEG without Adobe's marker: whether its inks are inverted cannot be told; convert it to RGB");
        int width = codec.Info.Width;
        int height = codec.Info.Height;
        if ((long)width * height > MostPixels)
            throw new InvalidDataException($"{path}: image of {width}x{height}; expected at most {MostPixels} pixels: scale it down or cut it into parts");

        // No colour space in the request: Skia then converts nothing and the stored values come out.
        var alpha = codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul;
        var info = new SKImageInfo(width, height, SKColorType.Rgba8888, alpha);
        var result = codec.GetPixels(info, out byte[] rgba);
        if (result != SKCodecResult.Success)
        {
            string problem = result == SKCodecResult.IncompleteInput ? "truncated" : $"damaged ({result})";
            throw new InvalidDataException($"{path}: {problem} image; expected a complete {codec.EncodedFormat} file");
        }

        if (alpha != SKAlphaType.Opaque)
            LayOverBlack(rgba);
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

    /// <summary>Multiplies colours by alpha. Where it is 0 everywhere it is not meant: 32-bit BMP files often leave it unset.</summary>
    private static void LayOverBlack(byte[] rgba)
    {
        bool meant = false;
        for (int i = 3; i < rgba.Length && !meant; i += 4)
            meant = rgba[i] != 0;
        for (int i = 0; meant && i < rgba.Length; i++)
        {
            if (i % 4 != 3)
                rgba[i] = (byte)(((rgba[i] * rgba[i | 3]) + 127) / 255);
        }
    }

    /// <summary>Undoes the stored orientation and reduces grey images to one channel.</summary>
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
