using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Evaluation;
using Mmrr.Training.Pictures;

namespace Mmrr.App.Reports;

/// <summary>An image, its score map and its ground truth.</summary>
/// <param name="Image">Its scores.</param>
/// <param name="Picture">The image as the model sees it.</param>
/// <param name="Heatmap">The image with its score map in the run's colours, outlined where the map is above the contour.</param>
/// <param name="Truth">The ground truth, white where it is defective; null where it is not known.</param>
internal sealed record ImageCard(ScoredImage Image, Tile Picture, Tile Heatmap, Tile? Truth);

/// <summary>An image at every level.</summary>
internal sealed record GridCard(ImageCard Card, LevelGrid Grid);

/// <summary>The pictures of a report, which need the run's data and its model.</summary>
/// <param name="Misses">The abnormal images that score lowest, the lowest first.</param>
/// <param name="FalseAlarms">The normal images that score highest, the highest first.</param>
/// <param name="Grids">Typical images at every level, normal ones first.</param>
internal sealed record ReportPictures(IReadOnlyList<ImageCard> Misses, IReadOnlyList<ImageCard> FalseAlarms, IReadOnlyList<GridCard> Grids)
{
    private const int Worst = 6;
    private const int AbnormalGrids = 4;

    // A card is about 180 pixels wide on a screen.
    private const int LongestSide = 192;

    private static readonly double[] s_normalGrids = [0.5, 0.9];

    /// <summary>Draws the pictures.</summary>
    /// <param name="model">The run's model.</param>
    /// <param name="samples">Images of its data.</param>
    /// <param name="scored">The images that have scores.</param>
    /// <param name="method">How they were scored.</param>
    /// <param name="range">The run's colours; null where it has none.</param>
    /// <param name="chosen">Names of the images to show level by level; typical ones if there are none.</param>
    /// <exception cref="UsageException">A chosen image does not exist.</exception>
    public static ReportPictures Draw(
        AnomalyModel model, IReadOnlyList<Sample> samples, IReadOnlyList<ScoredImage> scored, ScoreMethod method,
        HeatmapRange? range, IReadOnlyList<string> chosen)
    {
        var byName = samples.GroupBy(s => s.Name).ToDictionary(g => g.Key, g => g.First());
        ScoredImage[] known = [.. scored.Where(i => byName.ContainsKey(i.Name))];
        ScoredImage[] misses = [.. known.Where(i => i.Abnormal).OrderBy(i => i.Score).Take(Worst)],
            alarms = [.. known.Where(i => !i.Abnormal).OrderByDescending(i => i.Score).Take(Worst)];
        ScoredImage[] grids = chosen.Count == 0 ? [.. Typical(known)] : [.. chosen.Select(name => Array.Find(known, i => i.Name == name)
            ?? throw new UsageException(
                $"--images: there is no '{name}' among the scored images; they are named as in scores.csv, such as '{known.FirstOrDefault()?.Name}'"))];

        ScoredImage[] all = [.. misses.Concat(alarms).Concat(grids).Distinct()];
        RuleScore[] scores = [.. TiledScoring.Score(model, [.. all.Select(i => byName[i.Name].Prepared)], method, maps: true).Select(s => s.Of(method.Rule))];
        range ??= RangeOf([.. all.Index().Where(i => !i.Item.Abnormal).SelectMany(i => scores[i.Index].RefinedMap).Order()]);
        var cards = all.Index().ToDictionary(i => i.Item, i => Card(i.Item, byName[i.Item.Name], scores[i.Index].RefinedMap, range, model.Options));
        return new ReportPictures(
            [.. misses.Select(i => cards[i])], [.. alarms.Select(i => cards[i])],
            [.. grids.Select(i => new GridCard(cards[i], Grid(model, byName[i.Name].Prepared, scores[Array.IndexOf(all, i)].WorstTile, method.Levels)))]);
    }

    /// <summary>The model's view of an image at every level: the worst tile of a tiled image, else the whole image.</summary>
    public static LevelGrid Grid(AnomalyModel model, PreparedImage image, int tile, LevelSchedule levels)
    {
        var options = model.Options;
        var seen = PixelValues.Zeros(options.Range.Bits, options.Size * options.Size * options.Channels);
        var place = new Tiling(image.Height, image.Width, options.Size).Place(tile);
        image.Pixels.CutSquare(image.Height, image.Width, options.Channels, place, options.Size, seen);
        return LevelGrid.Compute(model, seen, ImageLight.Of(options, image), levels);
    }

    /// <summary>A normal image with a median score and one with a high score, and the median one of some kinds of abnormal images.</summary>
    private static IEnumerable<ScoredImage> Typical(ScoredImage[] known)
    {
        ScoredImage[] normal = [.. known.Where(i => !i.Abnormal).OrderBy(i => i.Score)];
        var kinds = known.Where(i => i.Abnormal).GroupBy(i => i.Kind)
            .OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => g.OrderBy(i => i.Score).ToArray()).ToArray();
        int count = Math.Min(AbnormalGrids, kinds.Length);
        return s_normalGrids.Where(_ => normal.Length > 0).Select(q => normal[(int)Math.Round(q * (normal.Length - 1))]).Distinct()
            .Concat(Enumerable.Range(0, count).Select(k => kinds[k * kinds.Length / count]).Select(kind => kind[kind.Length / 2]));
    }

    private static HeatmapRange RangeOf(float[] calm) => calm.Length == 0
        ? new(0, 1, 1)
        : new(calm[calm.Length / 2], Math.Max((2 * calm[^1]) - calm[calm.Length / 2], calm[calm.Length / 2]), calm[^1]);

    private static ImageCard Card(ScoredImage image, Sample sample, float[] map, HeatmapRange range, MmrrOptions model)
    {
        var picture = new Tile(sample.Height, sample.Width, model.Channels, ImagePixels.ToBytes(sample.Pixels, model.Range));
        var truth = image.Abnormal && sample.Mask is { } mask
            ? new Tile(sample.Height, sample.Width, 1, [.. mask.Select(m => (byte)(m * 255))]).Reduce(LongestSide)
            : null;
        return new ImageCard(
            image, picture.Reduce(LongestSide),
            Heatmap.Outline(Heatmap.Overlay(picture, map, range.Low, range.High), map, range.Contour).Reduce(LongestSide), truth);
    }
}
