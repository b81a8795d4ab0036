using System.Runtime.InteropServices;

namespace Mmrr.Nn;

/// <summary>The layout of a pixel in memory: one byte for each channel, or two in the machine's byte order (little-endian).</summary>
public enum PixelFormat
{
    /// <summary>One grey value.</summary>
    Grey8,

    /// <summary>Red, green, blue.</summary>
    Rgb24,

    /// <summary>Blue, green, red, as in many cameras and Windows bitmaps.</summary>
    Bgr24,

    /// <summary>Red, green, blue, and a fourth byte that is ignored.</summary>
    Rgba32,

    /// <summary>Blue, green, red, and a fourth byte that is ignored.</summary>
    Bgra32,

    /// <summary>
    /// One grey value of 16 bits. Values of 10, 12 or 14 bits are stored unchanged; the run's <see cref="MmrrOptions.Range"/> specifies black and white.
    /// </summary>
    Grey16,

    /// <summary>Red, green, blue, each of 16 bits.</summary>
    Rgb48,
}

/// <summary>
/// An image in memory, for example a camera's buffer: rows from the top, each <see cref="Stride"/> bytes after the previous one. Nothing is copied here;
/// <see cref="Scorer.Prepare(ImageFrame)"/> reads the bytes and does not need them after it returns.
/// </summary>
public readonly ref struct ImageFrame
{
    private readonly ReadOnlySpan<byte> _bytes;

    /// <summary>Describes an image in memory.</summary>
    /// <param name="bytes">From the first byte of the top row to at least the last pixel of the bottom one. For unmanaged memory: <c>new
    /// ReadOnlySpan&lt;byte&gt;(pointer, length)</c>; for an array of ushorts: <c>MemoryMarshal.AsBytes(values.AsSpan())</c>.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="width">Pixels in a row, at least 1.</param>
    /// <param name="format">The layout of a pixel.</param>
    /// <param name="stride">Bytes from one row to the next; 0, the default: rows are contiguous.</param>
    /// <exception cref="ArgumentException">A size is below 1, the stride is smaller than a row, or there are fewer bytes than the image needs.</exception>
    public ImageFrame(ReadOnlySpan<byte> bytes, int height, int width, PixelFormat format, int stride = 0)
    {
        if (height < 1 || width < 1) throw new ArgumentException($"ImageFrame: {height} rows of {width} pixels, expected at least 1 of each");
        BytesPerPixel = format switch
        {
            PixelFormat.Grey8 => 1,
            PixelFormat.Grey16 => 2,
            PixelFormat.Rgb48 => 6,
            PixelFormat.Rgb24 or PixelFormat.Bgr24 => 3,
            PixelFormat.Rgba32 or PixelFormat.Bgra32 => 4,
            _ => throw new ArgumentException($"ImageFrame: unknown pixel format {format}"),
        };
        long row = (long)width * BytesPerPixel;
        if (stride == 0 && row <= int.MaxValue) stride = (int)row;
        if (stride < row) throw new ArgumentException($"ImageFrame: the stride is {stride} bytes, expected at least {row} for {width} pixels of {format}");
        long needed = ((height - 1L) * stride) + row;
        if (bytes.Length < needed)
        {
            throw new ArgumentException(
                $"ImageFrame: {bytes.Length} bytes, expected at least {needed} for {height} rows of {width} pixels of {format} with a stride of {stride}");
        }
        _bytes = bytes;
        Height = height;
        Width = width;
        Format = format;
        Stride = stride;
    }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>The layout of a pixel.</summary>
    public PixelFormat Format { get; }

    /// <summary>Bytes from one row to the next.</summary>
    public int Stride { get; }

    /// <summary>The channels that <see cref="Pack"/> returns: 1 (grey) or 3 (RGB).</summary>
    public int Channels => Format is PixelFormat.Grey8 or PixelFormat.Grey16 ? 1 : 3;

    /// <summary>The depth that <see cref="Pack"/> returns: 8 or 16 bits.</summary>
    public int Bits => Format is PixelFormat.Grey16 or PixelFormat.Rgb48 ? 16 : 8;

    private int BytesPerPixel { get; }

    /// <summary>Copies the image to contiguous values, grey or in the order red, green, blue.</summary>
    /// <returns>[Height, Width, Channels].</returns>
    public PixelValues Pack() => Bits == 8 ? Pack<byte>() : Pack<ushort>();

    private T[] Pack<T>()
        where T : unmanaged
    {
        int channels = Channels, row = Width * channels, step = BytesPerPixel * 8 / Bits;
        var packed = new T[checked(Height * row)];
        bool reversed = Format is PixelFormat.Bgr24 or PixelFormat.Bgra32;
        for (int y = 0; y < Height; y++)
        {
            var source = MemoryMarshal.Cast<byte, T>(_bytes.Slice(y * Stride, Width * BytesPerPixel));
            var target = packed.AsSpan(y * row, row);
            if (step == channels && !reversed)
            {
                source.CopyTo(target);
                continue;
            }
            for (int x = 0, from = 0; x < row; x += 3, from += step)
            {
                target[x] = source[reversed ? from + 2 : from];
                target[x + 1] = source[from + 1];
                target[x + 2] = source[reversed ? from : from + 2];
            }
        }
        return packed;
    }
}
