namespace Mmrr.Training.Pictures;

/// <summary>An RGB byte image for drawing rectangles, tiles and pixel text.</summary>
internal sealed class RgbCanvas
{
    private readonly byte[] _pixels;

    /// <summary>A canvas filled with one colour.</summary>
    public RgbCanvas(int height, int width, Rgb background)
    {
        // Array.MaxLength keeps the product within an int; a sheet that large could not be viewed anyway.
        if ((long)height * width * 3 > Array.MaxLength)
            throw new InvalidDataException($"an image of {height} x {width} pixels is too large to draw");
        Height = height;
        Width = width;
        _pixels = new byte[height * width * 3];
        Fill(0, 0, height, width, background);
    }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>The image as a tile; shares the pixels.</summary>
    public Tile ToTile() => new(Height, Width, 3, _pixels);

    /// <summary>Fills a rectangle, which must lie on the canvas.</summary>
    public void Fill(int top, int left, int height, int width, Rgb colour)
    {
        for (int y = top; y < top + height; y++)
        {
            for (int x = left; x < left + width; x++)
                Set(y, x, colour);
        }
    }

    /// <summary>Draws a tile enlarged by an integer factor, nearest neighbour.</summary>
    public void Draw(Tile tile, int top, int left, int scale)
    {
        for (int y = 0; y < tile.Height; y++)
        {
            for (int x = 0; x < tile.Width; x++)
                Fill(top + y * scale, left + x * scale, scale, scale, tile[y, x]);
        }
    }

    /// <summary>Draws one line of text with its top left corner at the given place.</summary>
    public void Write(string text, int top, int left, int scale, Rgb colour)
    {
        for (int i = 0; i < text.Length; i++)
        {
            for (int row = 0; row < PixelFont.GlyphHeight; row++)
            {
                for (int column = 0; column < PixelFont.GlyphWidth; column++)
                {
                    if (PixelFont.IsSet(text[i], row, column))
                        Fill(top + row * scale, left + (i * PixelFont.Advance + column) * scale, scale, scale, colour);
                }
            }
        }
    }

    private void Set(int y, int x, Rgb colour)
    {
        int at = (y * Width + x) * 3;
        _pixels[at] = colour.R;
        _pixels[at + 1] = colour.G;
        _pixels[at + 2] = colour.B;
    }
}
