using System.Globalization;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Pictures;

namespace Mmrr.Training.Evaluation;

/// <summary>
/// <c>examples.png</c>: for some normal and abnormal images a row with the image, the steps of the method (of MMRR its mask level by level, the restored and
/// refined images), the map of scores and, if available, the ground truth. One range of colours for all rows: the run's, or that of the normal images shown,
/// so that normal images look uniform. Of a tiled image, the tile with the highest score is shown.
/// </summary>
internal static class ExampleSheet
{
    private const int NormalRows = 3;
    private const int AbnormalRows = 9;

    // Number of levels, evenly spread, whose masks are shown; the restored and refined images are those of the middle level.
    private const int Masks = 5;

    /// <summary>Draws the sheet.</summary>
    /// <param name="path">The PNG.</param>
    /// <param name="model">The model.</param>
    /// <param name="samples">The test images, some of which are shown.</param>
    /// <param name="method">How the run scores.</param>
    /// <param name="range">The run's colours; null where it has none.</param>
    public static void Save(string path, AnomalyModel model, IReadOnlyList<Sample> samples, ScoreMethod method, HeatmapRange? range)
    {
        var (o, levels) = (model.Options, method.Levels);
        int[] shown = [.. Enumerable.Range(0, Masks).Select(i => (int)((i + 0.5) * levels.Count / Masks)).Distinct()];
        var chosen = Choose(samples);
        var rows = new List<(Sample Sample, float[] Map, ImageLight Light)>();
        TestScores.Visit(model, chosen, method, (sample, image, score) =>
        {
            var (seen, map) = WorstTile(sample, score.Of(method.Rule), o);
            rows.Add((seen, map, ImageLight.Of(o, image)));
        });
        bool masks = chosen.Exists(s => s.Mask is not null);
        range ??= RangeOf([.. rows.Where(r => !r.Sample.Abnormal).SelectMany(r => r.Map).Where(float.IsFinite).DefaultIfEmpty().Order()]);

        ContactSheet? sheet = null;
        foreach (var (sample, map, light) in rows)
        {
            var grid = LevelGrid.Compute(model, sample.Pixels, light, levels);
            // Masks at several levels, the other steps at the middle one.
            int middle = shown[shown.Length / 2];
            (string Caption, Tile Tile)[] steps =
            [
                .. grid.Rows.SelectMany(row => row.IsMask
                    ? shown.Select(l => ($"{row.Name} {levels.Levels[l].ToString("0.00#", CultureInfo.InvariantCulture)}", row.Tiles[l]))
                    : [(row.Name, row.Tiles[middle])]),
            ];
            if (sheet is null)
            {
                string[] captions = ["image", .. steps.Select(s => s.Caption), "heatmap"];
                sheet = new ContactSheet(masks ? [.. captions, "ground truth"] : captions, Math.Max(1, 128 / o.Size));
            }
            var overlay = Heatmap.Overlay(grid.Image, Heatmap.Finite(map, range.High), range.Low, range.High);
            List<Tile> tiles = [grid.Image, .. steps.Select(s => s.Tile), overlay];
            if (masks) tiles.Add(new Tile(o.Size, o.Size, 1, [.. sample.Mask!.Select(m => (byte)(m * 255))]));
            sheet.AddRow($"{sample.Kind}\n{sample.Name.Split('/')[^1]}", tiles);
        }
        sheet!.Save(path);
    }

    private static HeatmapRange RangeOf(float[] calm) => new(calm[calm.Length / 2], (2 * calm[^1]) - calm[calm.Length / 2], calm[^1]);

    /// <summary>
    /// The part of an image, its mask and its map that the model sees at once: the highest-scoring tile of a tiled image, else the whole image.
    /// </summary>
    private static (Sample Sample, float[] Map) WorstTile(Sample sample, RuleScore score, MmrrOptions options)
    {
        var place = new Tiling(sample.Height, sample.Width, options.Size).Place(score.WorstTile);
        T[] Cut<T>(T[] image)
        {
            var tile = new T[options.Size * options.Size];
            Tiling.Cut(image, sample.Height, sample.Width, 1, place, options.Size, tile.AsSpan());
            return tile;
        }
        var whole = sample.Pixels;
        var pixels = PixelValues.Zeros(whole.Bits, options.Size * options.Size * options.Channels);
        whole.CutSquare(sample.Height, sample.Width, options.Channels, place, options.Size, pixels);
        var seen = sample with
        {
            Height = options.Size,
            Width = options.Size,
            Pixels = pixels,
            Mask = sample.Mask is { } mask ? Cut(mask) : null,
        };
        return (seen, Cut(score.RefinedMap));
    }

    /// <summary>The first normal images, then the kinds of abnormal images in turn.</summary>
    private static List<Sample> Choose(IReadOnlyList<Sample> samples)
    {
        var rows = samples.Where(s => !s.Abnormal).Take(NormalRows).ToList();
        var kinds = samples.Where(s => s.Abnormal).GroupBy(s => s.Kind).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => g.ToArray()).ToArray();
        var turns = Enumerable.Range(0, AbnormalRows).SelectMany(turn => kinds.Where(k => turn < k.Length).Select(k => (Kind: k[0].Kind, Sample: k[turn])));
        rows.AddRange(turns.Take(AbnormalRows).OrderBy(t => t.Kind, StringComparer.Ordinal).Select(t => t.Sample));
        return rows;
    }
}
