using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Mmrr.Kernels;

/// <summary>The 4×4 tiles that cover the images of a batch, numbered image by image, row by row; those at the edges may extend beyond the image.</summary>
internal readonly unsafe struct TileGrid(int images, int height, int width)
{
    private readonly int _across = (width + WinogradTransforms.Tile - 1) / WinogradTransforms.Tile;
    private readonly int _inImage =
        ((height + WinogradTransforms.Tile - 1) / WinogradTransforms.Tile) * ((width + WinogradTransforms.Tile - 1) / WinogradTransforms.Tile);

    /// <summary>Of an image.</summary>
    public int Height => height;

    /// <summary>Of an image.</summary>
    public int Width => width;

    /// <summary>Tiles of the whole batch.</summary>
    public int Tiles => images * _inImage;

    /// <summary>Where a tile lies; of one after the last, an image that is not there.</summary>
    public TilePlace Place(int tile)
    {
        int inImage = tile % _inImage;
        return new TilePlace(tile / _inImage, inImage / _across * WinogradTransforms.Tile, inImage % _across * WinogradTransforms.Tile);
    }

    /// <summary>Where the next tile lies. A place takes four divisions, as long as a tenth of a tile's work with 16 channels; this takes none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TilePlace After(TilePlace place)
    {
        int left = place.Left + WinogradTransforms.Tile;
        if (left < width) return new TilePlace(place.Image, place.Top, left);
        int top = place.Top + WinogradTransforms.Tile;
        return top < height ? new TilePlace(place.Image, top, 0) : new TilePlace(place.Image + 1, 0, 0);
    }

    /// <summary>
    /// Prefetches a tile's pixels into the L2 cache. A training step's tensors come from memory, and a block that is transformed at once would wait for
    /// them; during the matrix products the memory is idle. Tiles after the last one are skipped.
    /// </summary>
    /// <param name="place">Where the tile lies.</param>
    /// <param name="image">[N, H, W, channels].</param>
    /// <param name="channels">Channels of the images.</param>
    /// <param name="first">The first wanted channel.</param>
    /// <param name="count">Number of channels, a multiple of 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Prefetch(TilePlace place, float* image, int channels, int first, int count)
    {
        var (n, top, left) = place;
        if (!Sse.IsSupported || n >= images) return;
        int bottom = Math.Min(height, top + WinogradTransforms.Tile), right = Math.Min(width, left + WinogradTransforms.Tile);
        for (int i = top; i < bottom; i++)
        {
            float* pixel = image + ((((((nint)n * height) + i) * width) + left) * channels) + first;
            for (int j = left; j < right; j++, pixel += channels)
            {
                for (int c = 0; c < count; c += 16) Sse.Prefetch1(pixel + c);
            }
        }
    }
}

/// <summary>A tile's image, first row and first column.</summary>
internal readonly record struct TilePlace(int Image, int Top, int Left);
