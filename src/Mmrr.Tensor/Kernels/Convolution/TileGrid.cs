namespace Mmrr.Kernels;

/// <summary>The 4×4 tiles that cover the images of a batch, counted through image by image, row by row; those at the edges may reach beyond.</summary>
internal readonly struct TileGrid(int images, int height, int width)
{
    private readonly int _across = (width + WinogradTransforms.Tile - 1) / WinogradTransforms.Tile;
    private readonly int _inImage = ((height + WinogradTransforms.Tile - 1) / WinogradTransforms.Tile) * ((width + WinogradTransforms.Tile - 1) / WinogradTransforms.Tile);

    /// <summary>Of an image.</summary>
    public int Height => height;

    /// <summary>Of an image.</summary>
    public int Width => width;

    /// <summary>Tiles of the whole batch.</summary>
    public int Tiles => images * _inImage;

    /// <summary>A tile's image, first row and first column.</summary>
    public (int Image, int Top, int Left) Place(int tile)
    {
        int inImage = tile % _inImage;
        return (tile / _inImage, inImage / _across * WinogradTransforms.Tile, inImage % _across * WinogradTransforms.Tile);
    }
}
