using Mmrr.Training.Data;

namespace Mmrr.Training.Pictures;

/// <summary>A table of images in one PNG: captions above the columns, a label to the left of each row.</summary>
public sealed class ContactSheet
{
    private const int TextScale = 2;
    private const int Margin = 16;
    private const int Gap = 12;
    private const int Frame = 1;

    private static readonly Rgb Background = new(250, 250, 248);
    private static readonly Rgb FrameColour = new(205, 205, 200);
    private static readonly Rgb TextColour = new(40, 42, 48);

    private readonly string[] _captions;
    private readonly int _scale;
    private readonly List<(string[] Label, Tile[] Tiles)> _rows = [];

    /// <summary>Starts a sheet.</summary>
    /// <param name="captions">One caption per column, printable ASCII, one line each; at least one.</param>
    /// <param name="scale">The factor that tiles are enlarged by, 1 or more.</param>
    /// <exception cref="ArgumentException">There is no caption or the scale is below 1.</exception>
    public ContactSheet(IReadOnlyList<string> captions, int scale)
    {
        ArgumentNullException.ThrowIfNull(captions);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scale);
        if (captions.Count == 0)
            throw new ArgumentException("no captions, expected one for each column", nameof(captions));
        _captions = [.. captions];
        _scale = scale;
    }

    /// <summary>Adds a row of tiles, which may differ in size.</summary>
    /// <param name="label">The text at the left, printable ASCII; line breaks (\n) start new lines.</param>
    /// <param name="tiles">One tile per column.</param>
    /// <exception cref="ArgumentException">The number of tiles differs from the number of captions.</exception>
    public void AddRow(string label, IReadOnlyList<Tile> tiles)
    {
        ArgumentNullException.ThrowIfNull(label);
        ArgumentNullException.ThrowIfNull(tiles);
        if (tiles.Count != _captions.Length)
            throw new ArgumentException($"{tiles.Count} tiles, expected one for each of {_captions.Length} columns", nameof(tiles));
        _rows.Add((label.Split('\n'), [.. tiles]));
    }

    /// <summary>Draws the sheet.</summary>
    /// <returns>The sheet as an RGB image.</returns>
    public Tile Render()
    {
        int labelWidth = _rows.SelectMany(row => row.Label).Select(TextWidth).DefaultIfEmpty(0).Max();
        int[] columnWidths = [.. _captions.Select((caption, column) =>
            _rows.Select(row => Framed(row.Tiles[column].Width)).Append(TextWidth(caption)).Max())];
        int[] rowHeights = [.. _rows.Select(row =>
            row.Tiles.Select(tile => Framed(tile.Height)).Append(TextHeight(row.Label.Length)).Max())];

        int tilesLeft = Margin + (labelWidth == 0 ? 0 : labelWidth + Gap);
        int width = tilesLeft + columnWidths.Sum() + Gap * (columnWidths.Length - 1) + Margin;
        int height = Margin + TextHeight(1) + rowHeights.Sum(rowHeight => rowHeight + Gap) + Margin;
        RgbCanvas canvas = new(height, width, Background);

        int top = Margin;
        for (int column = 0, left = tilesLeft; column < _captions.Length; left += columnWidths[column++] + Gap)
            canvas.Write(_captions[column], top, left + (columnWidths[column] - TextWidth(_captions[column])) / 2, TextScale, TextColour);
        top += TextHeight(1) + Gap;

        for (int row = 0; row < _rows.Count; top += rowHeights[row++] + Gap)
        {
            (string[] label, Tile[] tiles) = _rows[row];
            int labelTop = top + (rowHeights[row] - TextHeight(label.Length)) / 2;
            for (int line = 0; line < label.Length; line++)
                canvas.Write(label[line], labelTop + line * PixelFont.LineHeight * TextScale, Margin, TextScale, TextColour);
            for (int column = 0, left = tilesLeft; column < tiles.Length; left += columnWidths[column++] + Gap)
            {
                int tileTop = top + (rowHeights[row] - Framed(tiles[column].Height)) / 2;
                int tileLeft = left + (columnWidths[column] - Framed(tiles[column].Width)) / 2;
                DrawFramed(canvas, tiles[column], tileTop, tileLeft);
            }
        }

        return canvas.ToTile();
    }

    /// <summary>Draws the sheet and writes it as a PNG, replacing an existing file atomically.</summary>
    /// <param name="path">The PNG to write; its folder must exist.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        var image = Render();
        OwnOutput.WritePng(path, image.Pixels.Span, image.Height, image.Width, image.Channels);
    }

    private static int TextWidth(string line) => line.Length == 0 ? 0 : (line.Length * PixelFont.Advance - 1) * TextScale;

    private static int TextHeight(int lines) => ((lines - 1) * PixelFont.LineHeight + PixelFont.GlyphHeight) * TextScale;

    private int Framed(int pixels) => checked(pixels * _scale + 2 * Frame);

    // The frame makes a tile of the background's colour visible.
    private void DrawFramed(RgbCanvas canvas, Tile tile, int top, int left)
    {
        canvas.Fill(top, left, Framed(tile.Height), Framed(tile.Width), FrameColour);
        canvas.Draw(tile, top + Frame, left + Frame, _scale);
    }
}
