using Mmrr.Nn;
using Mmrr.Training.Data;

namespace Mmrr.Training.Pictures;

/// <summary>
/// The heatmap of a scored image: the image at its own size, shown in the run's range of values, coloured and outlined by the run's range of scores.
/// </summary>
internal static class ScoreHeatmap
{
    /// <summary>Draws the heatmap.</summary>
    /// <param name="scorer">The scorer.</param>
    /// <param name="range">The colours.</param>
    /// <param name="image">The image.</param>
    /// <param name="score">Its score, with a map.</param>
    /// <exception cref="ArgumentException">The score has no map or belongs to a different image.</exception>
    public static Tile Draw(Scorer scorer, HeatmapRange range, RasterImage image, ImageScore score)
    {
        float[] map = scorer.MapOnImage(score with { Map = Heatmap.Finite(score.Map!, range.High) }, image.Height, image.Width);
        // Places that the model did not see show the image unchanged.
        for (int i = 0; i < map.Length; i++) map[i] = float.IsNaN(map[i]) ? range.Low : map[i];
        var overlay = Heatmap.Overlay(
            new Tile(image.Height, image.Width, image.Channels, ImagePixels.ToBytes(image.Pixels, scorer.Options.Range)), map, range.Low, range.High);
        return Heatmap.Outline(overlay, map, range.Contour);
    }
}
