namespace Mmrr.Nn;

/// <summary>The part of an image that a model sees: a range of rows and columns.</summary>
/// <param name="Top">The first row.</param>
/// <param name="Left">The first column.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct ImageRegion(int Top, int Left, int Height, int Width)
{
    /// <summary>The region of an image that is seen: the centre square with <see cref="ImageFit.Crop"/>, otherwise all of it.</summary>
    public static ImageRegion Of(ImageFit fit, int height, int width)
    {
        int side = Math.Min(height, width);
        return fit == ImageFit.Crop ? new((height - side) / 2, (width - side) / 2, side, side) : new(0, 0, height, width);
    }

    /// <summary>Copies the region from an image.</summary>
    /// <param name="image">[height, width, channels].</param>
    /// <param name="width">The image's width.</param>
    /// <param name="channels">Interleaved channels.</param>
    /// <returns>[Height, Width, channels].</returns>
    public T[] Cut<T>(ReadOnlySpan<T> image, int width, int channels)
    {
        var part = new T[Height * Width * channels];
        int length = Width * channels;
        for (int y = 0; y < Height; y++) image.Slice((((Top + y) * width) + Left) * channels, length).CopyTo(part.AsSpan(y * length));
        return part;
    }

    /// <summary>Maps a model's output back to the image; bilinear if the image was resized.</summary>
    /// <param name="fit">How the image was fitted.</param>
    /// <param name="box">The rectangle of the part that the model saw; null except for <see cref="ImageFit.Align"/>.</param>
    /// <param name="map">[mapHeight, mapWidth].</param>
    /// <param name="mapHeight">Rows of the map.</param>
    /// <param name="mapWidth">Columns of the map.</param>
    /// <param name="height">The image's height.</param>
    /// <param name="width">The image's width.</param>
    /// <returns>[height, width]; NaN outside the region that the model saw.</returns>
    /// <exception cref="ArgumentException">The map of a tiled image does not have the image's size.</exception>
    public static float[] PutBack(ImageFit fit, PartBox? box, float[] map, int mapHeight, int mapWidth, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (fit == ImageFit.Tile)
        {
            return mapHeight == height && mapWidth == width
                ? [.. map]
                : throw new ArgumentException(
                    $"MapOnImage: the map is [{mapHeight}, {mapWidth}], the image [{height}, {width}]; a tiled run's map has the image's size");
        }
        if (fit == ImageFit.Align && box is null)
            throw new ArgumentException("MapOnImage: the score does not state the part's position; use images made by Prepare");
        if (box is { } part) return part.PutBack(map, mapHeight, mapWidth, height, width);
        var region = Of(fit, height, width);
        float[] resized = new Resampling(mapHeight, mapWidth, region.Height, region.Width).Resize(map);
        if (region.Height == height && region.Width == width) return resized;
        var whole = new float[height * width];
        Array.Fill(whole, float.NaN);
        for (int y = 0; y < region.Height; y++)
            resized.AsSpan(y * region.Width, region.Width).CopyTo(whole.AsSpan(((region.Top + y) * width) + region.Left));
        return whole;
    }
}
