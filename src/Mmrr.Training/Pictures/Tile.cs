using Mmrr.Nn;

namespace Mmrr.Training.Pictures;

/// <summary>A grey or RGB byte image, [height, width, channels] row-major.</summary>
public sealed class Tile
{
    /// <summary>Wraps pixels without copying them.</summary>
    /// <param name="height">Rows, 1 or more.</param>
    /// <param name="width">Columns, 1 or more.</param>
    /// <param name="channels">1 (grey) or 3 (RGB).</param>
    /// <param name="pixels">height × width × channels values, 0 to 255.</param>
    /// <exception cref="ArgumentException">A size is out of range or the pixel count does not match.</exception>
    public Tile(int height, int width, int channels, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentNullException.ThrowIfNull(pixels);
        if (channels is not (1 or 3))
            throw new ArgumentException($"{channels} channels, expected 1 (grey) or 3 (RGB)", nameof(channels));
        if (pixels.Length != (long)height * width * channels)
            throw new ArgumentException($"{pixels.Length} values, expected {height} x {width} x {channels}", nameof(pixels));
        Height = height;
        Width = width;
        Channels = channels;
        Pixels = pixels;
    }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>1 (grey) or 3 (RGB).</summary>
    public int Channels { get; }

    /// <summary>The values, [height, width, channels] row-major.</summary>
    public ReadOnlyMemory<byte> Pixels { get; }

    /// <summary>The colour of one pixel; a grey value fills all three channels.</summary>
    /// <param name="row">0 to height − 1.</param>
    /// <param name="column">0 to width − 1.</param>
    public Rgb this[int row, int column]
    {
        get
        {
            ReadOnlySpan<byte> pixel = Pixels.Span.Slice((row * Width + column) * Channels, Channels);
            return new Rgb(pixel[0], pixel[Channels / 2], pixel[Channels - 1]);
        }
    }

    /// <summary>The tile reduced for viewing: antialiased, in its proportions, with a limited longer side.</summary>
    /// <param name="longest">The longer side in pixels, at least 1.</param>
    /// <returns>The tile itself where it is no larger.</returns>
    public Tile Reduce(int longest)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(longest);
        int side = Math.Max(Height, Width);
        if (side <= longest) return this;
        int height = Math.Max(1, (int)((long)Height * longest / side)), width = Math.Max(1, (int)((long)Width * longest / side));
        return new Tile(height, width, Channels, new Resampling(Height, Width, height, width).Resize(Pixels.Span, Channels));
    }
}
