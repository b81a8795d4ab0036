using System.Globalization;

namespace Mmrr.Training.Pictures;

/// <summary>
/// A <see cref="LevelGrid"/> as one picture: the image at the top, with what does not depend on the level, of MMRR the embedding; then bands of levels with
/// a row for each step, of MMRR mask, restored and refined image.
/// </summary>
internal static class LevelSheet
{
    /// <summary>Levels per band.</summary>
    private const int BandLevels = 15;

    /// <summary>Draws the sheet.</summary>
    public static Tile Render(LevelGrid grid)
    {
        // Small images are enlarged so that captions fit between them and pixels can be seen.
        int scale = Math.Max(1, (64 + grid.Image.Width - 1) / grid.Image.Width);
        var top = new ContactSheet(["image", .. grid.Once.Select(step => step.Name)], grid.Image.Width <= 64 ? 2 * scale : scale);
        top.AddRow("", [grid.Image, .. grid.Once.Select(step => step.Tiles[0])]);
        var parts = new List<Tile> { top.Render() };
        for (int first = 0; first < grid.Levels.Count && grid.Rows.Count > 0; first += BandLevels)
        {
            int count = Math.Min(BandLevels, grid.Levels.Count - first);
            var band = new ContactSheet([.. grid.Levels.Skip(first).Take(count).Select(l => l.ToString("0.00#", CultureInfo.InvariantCulture))], scale);
            foreach (var row in grid.Rows) band.AddRow(row.Name, [.. row.Tiles.Skip(first).Take(count)]);
            parts.Add(band.Render());
        }
        var canvas = new RgbCanvas(parts.Sum(p => p.Height), parts.Max(p => p.Width), parts[0][0, 0]);
        int y = 0;
        foreach (var part in parts)
        {
            canvas.Draw(part, y, 0, 1);
            y += part.Height;
        }
        return canvas.ToTile();
    }
}
