using System.Numerics;

namespace Mmrr.Nn;

/// <summary>An image in the form that a model takes: with the model's size and channels or, for a tiled model, its own size and the model's channels.</summary>
public sealed class PreparedImage
{
    /// <summary>Wraps an image that already has the form that the model takes.</summary>
    /// <param name="pixels">[height, width, channels of the model], of the depth of <see cref="MmrrOptions.Range"/>; not copied.</param>
    /// <param name="height">Its height.</param>
    /// <param name="width">Its width.</param>
    public PreparedImage(PixelValues pixels, int height, int width)
    {
        Pixels = pixels;
        Height = height;
        Width = width;
    }

    /// <summary>[Height, Width, C].</summary>
    public PixelValues Pixels { get; }

    /// <summary>The height: the model's size or, for a tiled model, the image's own.</summary>
    public int Height { get; }

    /// <summary>Its width.</summary>
    public int Width { get; }

    /// <summary>The square's position on the image, with <see cref="ImageFit.Align"/>; otherwise null.</summary>
    public PartBox? Box { get; init; }

    /// <summary>
    /// Converts an image to the form that a model takes: to its depth (see <see cref="PixelValues.WithBits"/>), and stretched, cropped, aligned or left for
    /// tiling, as <see cref="MmrrOptions.Fit"/> specifies.
    /// </summary>
    /// <param name="options">The model's options.</param>
    /// <param name="pixels">[height, width, channels], bytes 0 to 255, interleaved.</param>
    /// <param name="height">Its height.</param>
    /// <param name="width">Its width.</param>
    /// <param name="channels">1 (grey) or 3 (RGB).</param>
    /// <exception cref="ArgumentException">The bytes do not match these sizes.</exception>
    public static PreparedImage From(MmrrOptions options, ReadOnlySpan<byte> pixels, int height, int width, int channels)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Range.Bits == 8
            ? Fitted(options, pixels, height, width, channels)
            : Fitted<ushort>(options, new PixelValues(pixels.ToArray()).WithBits(16).Words, height, width, channels);
    }

    /// <summary>The same conversion for an image of 16-bit values.</summary>
    /// <param name="options">The model's options.</param>
    /// <param name="pixels">[height, width, channels], values 0 to 65,535, interleaved.</param>
    /// <param name="height">Its height.</param>
    /// <param name="width">Its width.</param>
    /// <param name="channels">1 (grey) or 3 (RGB).</param>
    /// <exception cref="ArgumentException">The values do not match these sizes.</exception>
    public static PreparedImage From(MmrrOptions options, ReadOnlySpan<ushort> pixels, int height, int width, int channels)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Range.Bits == 16
            ? Fitted(options, pixels, height, width, channels)
            : Fitted<byte>(options, new PixelValues(pixels.ToArray()).WithBits(8).Bytes, height, width, channels);
    }

    /// <summary>Stretches, crops, aligns or copies an image; channels and depth are unchanged.</summary>
    /// <param name="fit">The kind of fit.</param>
    /// <param name="size">Side of the square.</param>
    /// <param name="pixels">[height, width, channels].</param>
    /// <param name="height">Its height, at least 1.</param>
    /// <param name="width">Its width, at least 1.</param>
    /// <param name="channels">1 or 3.</param>
    /// <returns>[Height, Width, channels]: a square of this size, except for <see cref="ImageFit.Tile"/>.</returns>
    public static PreparedImage Fit(ImageFit fit, int size, PixelValues pixels, int height, int width, int channels) =>
        pixels.Bits == 8 ? Fit<byte>(fit, size, pixels.Bytes, height, width, channels) : Fit<ushort>(fit, size, pixels.Words, height, width, channels);

    private static PreparedImage Fitted<T>(MmrrOptions options, ReadOnlySpan<T> pixels, int height, int width, int channels)
        where T : IBinaryInteger<T>, IMinMaxValue<T>
    {
        var fitted = Fit(options.Fit, options.Size, pixels, height, width, channels);
        return new PreparedImage(ImagePixels.WithChannels(fitted.Pixels, channels, options.Channels), fitted.Height, fitted.Width) { Box = fitted.Box };
    }

    private static PreparedImage Fit<T>(ImageFit fit, int size, ReadOnlySpan<T> pixels, int height, int width, int channels)
        where T : IBinaryInteger<T>, IMinMaxValue<T>
    {
        if (channels is not (1 or 3)) throw new ArgumentException($"image: {channels} channels, expected 1 or 3");
        if (height < 1 || width < 1) throw new ArgumentException($"image: {height} rows and {width} columns, expected 1 or more");
        if (pixels.Length != (long)height * width * channels)
            throw new ArgumentException($"image: {pixels.Length} values, expected {(long)height * width * channels} ([{height}, {width}, {channels}])");
        if (fit == ImageFit.Tile) return new PreparedImage(PixelValues.Of(pixels.ToArray()), height, width);
        if (fit == ImageFit.Align)
        {
            var box = PartFinder.Find(pixels, height, width, channels);
            return new PreparedImage(PixelValues.Of(box.Cut(pixels, height, width, channels, size)), size, size) { Box = box };
        }
        var region = ImageRegion.Of(fit, height, width);
        var seen = region.Height == height && region.Width == width ? pixels : region.Cut(pixels, width, channels);
        return new PreparedImage(PixelValues.Of(new Resampling(region.Height, region.Width, size, size).Resize(seen, channels)), size, size);
    }
}
