namespace Mmrr.Nn;

/// <summary>Overlapping square tiles over an image, in rows from the top left, and the seamless sum of their results. See <see cref="TileAxis"/>.</summary>
public sealed class Tiling
{
    private readonly TileAxis _rows;
    private readonly TileAxis _columns;
    private readonly int _tile;

    /// <summary>Covers an image with tiles.</summary>
    /// <param name="height">Its height in pixels.</param>
    /// <param name="width">Its width in pixels.</param>
    /// <param name="tile">Side of a tile in pixels.</param>
    public Tiling(int height, int width, int tile)
    {
        _rows = new TileAxis(height, tile);
        _columns = new TileAxis(width, tile);
        _tile = tile;
    }

    /// <summary>Number of tiles.</summary>
    public int Count => _rows.Count * _columns.Count;

    /// <summary>The top left pixel of a tile; negative if the image is smaller.</summary>
    public (int Top, int Left) Place(int index) => (_rows.Start(index / _columns.Count), _columns.Start(index % _columns.Count));

    /// <summary>Copies a square from an image, which is reflected beyond its borders.</summary>
    /// <param name="image">[height, width, channels].</param>
    /// <param name="height">The image's height.</param>
    /// <param name="width">The image's width.</param>
    /// <param name="channels">Interleaved channels.</param>
    /// <param name="place">The square's top left pixel.</param>
    /// <param name="side">The square's side.</param>
    /// <param name="target">[side, side, channels].</param>
    public static void Cut<T>(ReadOnlySpan<T> image, int height, int width, int channels, (int Top, int Left) place, int side, Span<T> target)
    {
        bool inside = place.Left >= 0 && place.Left + side <= width;
        for (int y = 0; y < side; y++)
        {
            var row = image.Slice(TileAxis.Reflect(place.Top + y, height) * width * channels, width * channels);
            var into = target.Slice(y * side * channels, side * channels);
            if (inside)
            {
                row.Slice(place.Left * channels, into.Length).CopyTo(into);
                continue;
            }
            for (int x = 0; x < side; x++)
                row.Slice(TileAxis.Reflect(place.Left + x, width) * channels, channels).CopyTo(into[(x * channels)..]);
        }
    }

    /// <summary>Adds a tile's weighted map to the image's. The sum over all tiles is the seamless map.</summary>
    /// <param name="index">The tile.</param>
    /// <param name="values">[tile, tile].</param>
    /// <param name="map">The image's map, [height, width], zero before the first tile.</param>
    public void Add(int index, ReadOnlySpan<float> values, Span<float> map)
    {
        var (top, left) = Place(index);
        var down = _rows.Shares(index / _columns.Count);
        var across = _columns.Shares(index % _columns.Count);
        int first = Math.Max(0, -left), last = Math.Min(_tile, _columns.Length - left);
        for (int y = Math.Max(0, -top); y < Math.Min(_tile, _rows.Length - top); y++)
        {
            var row = map.Slice((top + y) * _columns.Length, _columns.Length);
            for (int x = first; x < last; x++) row[left + x] += down[y] * across[x] * values[(y * _tile) + x];
        }
    }
}
