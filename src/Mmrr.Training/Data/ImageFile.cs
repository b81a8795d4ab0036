using System.Numerics;
using System.Runtime.InteropServices;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data.Integrity;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Bmp;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.Formats.Tiff;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.Memory;
using SixLabors.ImageSharp.PixelFormats;

namespace Mmrr.Training.Data;

/// <summary>A decoded image.</summary>
/// <param name="Height">Height in pixels, as displayed.</param>
/// <param name="Width">Width in pixels, as displayed.</param>
/// <param name="Channels">1 where every pixel is grey, else 3 (RGB).</param>
/// <param name="Pixels">[Height, Width, Channels]; 16 bits where the file has more than eight.</param>
public sealed record RasterImage(int Height, int Width, int Channels, PixelValues Pixels)
{
    /// <summary>The image prepared for a model.</summary>
    public PreparedImage PreparedFor(MmrrOptions model) =>
        Pixels.Bits == 8 ? PreparedImage.From(model, Pixels.Bytes, Height, Width, Channels) : PreparedImage.From(model, Pixels.Words, Height, Width, Channels);
}

/// <summary>Reads and writes image files; the only place that knows the imaging library.</summary>
public static class ImageFile
{
    // Decoders are not probed: the checks determine the format. Files are decoded on several threads, so each decoder uses one thread.
    private static readonly Configuration s_configuration = new()
    {
        MaxDegreeOfParallelism = 1,
        MemoryAllocator = MemoryAllocator.Create(new MemoryAllocatorOptions { AllocationLimitMegabytes = 1100, MaximumPoolSizeMegabytes = 128 }),
    };

    /// <summary>The message for a listed file that has no bytes to read.</summary>
    public const string NoContent = "an empty file, or not a regular file";

    /// <summary>Reads a file of a data set, which must be a regular file.</summary>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="InvalidDataException">The file is a pipe, a device or empty, or a condition of <see cref="Read"/> holds.</exception>
    public static RasterImage ReadFromDisk(string path) => ReadChanged(path, file => file);

    /// <summary>The same for a file that is changed before it is decoded.</summary>
    internal static RasterImage ReadChanged(string path, Func<byte[], byte[]> change) =>
        RealPath.IsWithoutContent(path) ? throw new InvalidDataException($"{path}: {NoContent}") : Load(path, change);

    /// <summary>Reads and decodes a file, see <see cref="Decode"/>.</summary>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="InvalidDataException">The file is not an image, not supported, not complete, or has more than
    /// <see cref="PictureHeader.MostPixels"/>; the message is one line with the reason and the remedy.</exception>
    public static RasterImage Read(string path) => Load(path, file => file);

    private static RasterImage Load(string path, Func<byte[], byte[]> change)
    {
        if (Directory.Exists(path))
            throw new InvalidDataException($"{path}: a folder; expected an image file");
        if (File.Exists(path) && new FileInfo(path).Length > Array.MaxLength)
            throw new InvalidDataException($"{path}: a file of {new FileInfo(path).Length} bytes; expected an image of at most 2 GB");
        if (path.Contains('\uFFFD', StringComparison.Ordinal) && !File.Exists(path))
            throw new InvalidDataException($"{path}: its name is not UTF-8, so it cannot be opened; rename it");
        byte[] file = File.ReadAllBytes(path);
        if (OwnOutput.IsPicture(file))
            throw new InvalidDataException($"{path}: a picture that mmrr made (a heatmap, figure or sheet); expected a camera image");
        try
        {
            return Decode(change(file));
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>
    /// Decodes a file's bytes, rotated upright by the EXIF orientation. Transparent images are composited over black: transparent pixels have no colour of
    /// their own, only leftovers of the program that made them. Values of more than eight bits are kept as in the file; those of PGM and PPM are scaled so
    /// that the file's maximum value becomes 65,535. CMYK becomes RGB by C·K/255 of the inverted inks. Colour profiles are not applied.
    /// </summary>
    /// <exception cref="InvalidDataException">As for <see cref="Read"/>; the message lacks the file's name.</exception>
    public static RasterImage Decode(byte[] file) => DecodeWithin(file, enter: null);

    /// <summary>The same, bounded by a gate.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="enter">Called with the stored height and width before any memory is taken for the pixels; may wait, or throw. The result is disposed when
    /// the image is decoded.</param>
    internal static RasterImage DecodeWithin(byte[] file, Func<int, int, IDisposable>? enter)
    {
        if (PnmImage.Is(file))
        {
            var (header, values) = PnmImage.Read(file);
            // Too late for these values, which take at most sixteen bytes for each byte of the file.
            using var entered = enter?.Invoke(header.Height, header.Width);
            int samples = values.Length / (header.Width * header.Height);
            return header.Bits == 8 ? Upright(Array.ConvertAll(values, v => (byte)(v >> 8)), samples, header) : Upright(values, samples, header);
        }

        var checkedHeader = PictureCheck.Check(file);
        using var room = enter?.Invoke(checkedHeader.Height, checkedHeader.Width);
        try
        {
            return checkedHeader switch
            {
                { Bits: 16, Alpha: true } => Decode<Rgba64, ushort>(file, checkedHeader, 4),
                { Bits: 16 } => Decode<Rgb48, ushort>(file, checkedHeader, 3),
                { Alpha: true } => Decode<Rgba32, byte>(file, checkedHeader, 4),
                _ => Decode<Rgb24, byte>(file, checkedHeader, 3),
            };
        }
        catch (Exception e) when (e is not (OutOfMemoryException or InvalidDataException))
        {
            // The library may throw any exception, such as an index out of range, besides its own. The cause is always the file.
            throw new InvalidDataException($"a {checkedHeader.Format} file that cannot be decoded: damaged or of a rare kind; save it as a plain PNG", e);
        }
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
        using Image image = channels == 1
            ? Image.LoadPixelData<L8>(s_configuration, pixels, width, height)
            : Image.LoadPixelData<Rgb24>(s_configuration, pixels, width, height);
        using var png = new MemoryStream();
        image.Save(png, new PngEncoder
        {
            BitDepth = PngBitDepth.Bit8,
            ColorType = channels == 1 ? PngColorType.Grayscale : PngColorType.Rgb,
            ChunkFilter = PngChunkFilter.ExcludeAll
        });
        return png.ToArray();
    }

    /// <summary>Writes a PNG file. A reader sees the old file or the complete new one, never a partial one.</summary>
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

    private static RasterImage Decode<TPixel, T>(byte[] file, PictureHeader header, int samples)
        where TPixel : unmanaged, IPixel<TPixel>
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        IImageDecoder decoder = header.Format switch
        {
            PngCheck.Format => new PngDecoder { IgnoreMetadata = true },
            JpegCheck.Format => new JpegDecoder { IgnoreMetadata = true },
            BmpCheck.Format => new BmpDecoder(),
            WebpCheck.Format => new WebpDecoder { IgnoreMetadata = true },
            _ => new TiffDecoder { IgnoreMetadata = true, DecodingMode = SixLabors.ImageSharp.Metadata.FrameDecodingMode.First },
        };
        // Without an end marker the library stops before the last block.
        if (header.Format == JpegCheck.Format && file is not [.., 0xff, 0xd9])
            file = [.. file, 0xff, 0xd9];
        var stored = Decode<TPixel, T>(decoder, file, header, samples);
        if (header.Format == WebpCheck.Format)
        {
            bool whole = WebpTail.Longer(file).All(longer => Decode<TPixel, T>(decoder, longer, header, samples).AsSpan().SequenceEqual(stored));
            if (!whole || (WebpTail.Other(file) is { } other && Decode<TPixel, T>(decoder, other, header, samples).AsSpan().SequenceEqual(stored)))
                throw WebpTail.Flaw();
        }

        if (samples == 4)
            LayOverBlack(stored);
        return Upright(stored, samples, header);
    }

    /// <summary>The pixel values as stored in the file, [Height, Width, samples].</summary>
    private static T[] Decode<TPixel, T>(IImageDecoder decoder, byte[] file, PictureHeader header, int samples)
        where TPixel : unmanaged, IPixel<TPixel>
        where T : unmanaged
    {
        using var image = decoder.Decode<TPixel>(s_configuration, new MemoryStream(file), CancellationToken.None);
        if (image.Width != header.Width || image.Height != header.Height)
            throw new InvalidDataException($"a {header.Format} file of {header.Width}x{header.Height} that decodes to {image.Width}x{image.Height}");
        var stored = new T[checked((long)header.Width * header.Height * samples)];
        int at = 0;
        image.ProcessPixelRows(rows =>
        {
            for (int y = 0; y < rows.Height; y++)
            {
                var row = MemoryMarshal.Cast<TPixel, T>(rows.GetRowSpan(y));
                row.CopyTo(stored.AsSpan(at));
                at += row.Length;
            }
        });
        return stored;
    }

    /// <summary>Multiplies colours by alpha. Alpha that is 0 everywhere is ignored: 32-bit BMP files often leave it unset.</summary>
    private static void LayOverBlack<T>(T[] rgba)
        where T : IBinaryInteger<T>, IMinMaxValue<T>
    {
        bool meant = false;
        for (int i = 3; i < rgba.Length && !meant; i += 4)
            meant = rgba[i] != T.Zero;
        long white = long.CreateTruncating(T.MaxValue);
        for (int i = 0; meant && i < rgba.Length; i++)
        {
            if (i % 4 != 3)
                rgba[i] = T.CreateTruncating(((long.CreateTruncating(rgba[i]) * long.CreateTruncating(rgba[i | 3])) + (white / 2)) / white);
        }
    }

    /// <summary>Undoes the stored orientation and reduces grey images to one channel.</summary>
    /// <param name="stored">[Height, Width, samples]: 1, 3, or 4 with alpha already applied.</param>
    /// <param name="samples">Values of a pixel.</param>
    /// <param name="header">Sizes as stored, and the orientation.</param>
    private static RasterImage Upright<T>(T[] stored, int samples, PictureHeader header)
        where T : IBinaryInteger<T>
    {
        // EXIF's numbers specify where the first row and the first column of the file are shown; 5 to 8 are transposed.
        bool transposed = header.Orientation >= 5;
        bool fromRight = header.Orientation is 2 or 3 or 6 or 7;
        bool fromBottom = header.Orientation is 3 or 4 or 7 or 8;
        int channels = samples == 1 || IsGrey(stored, samples) ? 1 : 3;
        var (height, width) = transposed ? (header.Width, header.Height) : (header.Height, header.Width);
        if (header.Orientation == 1 && channels == samples)
            return new RasterImage(height, width, channels, PixelValues.Of(stored));
        var pixels = new T[height * width * channels];
        for (int y = 0; y < height; y++)
        {
            int row = fromBottom ? height - 1 - y : y;
            for (int x = 0; x < width; x++)
            {
                int column = fromRight ? width - 1 - x : x;
                int from = transposed ? (column * header.Width) + row : (row * header.Width) + column;
                stored.AsSpan(from * samples, channels).CopyTo(pixels.AsSpan(((y * width) + x) * channels));
            }
        }

        return new RasterImage(height, width, channels, PixelValues.Of(pixels));
    }

    private static bool IsGrey<T>(T[] pixels, int samples)
        where T : IBinaryInteger<T>
    {
        for (int i = 0; i < pixels.Length; i += samples)
        {
            if (pixels[i] != pixels[i + 1] || pixels[i] != pixels[i + 2])
                return false;
        }

        return true;
    }
}
