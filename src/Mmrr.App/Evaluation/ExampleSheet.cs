using System.Globalization;
using Mmrr.App.Data;
using Mmrr.App.Reports;
using Mmrr.Autograd;
using Mmrr.Nn;

namespace Mmrr.App.Evaluation;

/// <summary>
/// <c>examples.png</c>: for some normal and abnormal images a row with the image, its mask level by level, what was restored and refined, the map of
/// scores and, where there is one, the ground truth. One range of colours for all rows: the run's, or that of the normal images shown, so that a normal image looks calm.
/// Of a tiled image the tile that scored highest is shown.
/// </summary>
internal static class ExampleSheet
{
    private const int NormalRows = 3;
    private const int AbnormalRows = 9;

    // The levels whose masks are shown; the restored and refined images are those of the middle one.
    private static readonly float[] s_levels = [0.1f, 0.3f, 0.5f, 0.7f, 0.9f];

    /// <summary>Draws the sheet.</summary>
    /// <param name="path">The PNG.</param>
    /// <param name="model">The model.</param>
    /// <param name="samples">The test images, some of which are drawn.</param>
    /// <param name="levels">Mask levels.</param>
    /// <param name="range">The run's colours; null where it has none.</param>
    public static void Save(string path, MmrrModel model, IReadOnlyList<Sample> samples, int levels, HeatmapRange? range)
    {
        var o = model.Options;
        int pixels = o.Size * o.Size, length = pixels * o.Channels;
        var chosen = Choose(samples);
        PreparedImage[] prepared = [.. chosen.Select(s => new PreparedImage(s.Pixels, s.Height, s.Width))];
        var scores = TiledScoring.Score(model, prepared, levels, maps: true);
        (Sample Sample, float[] Map)[] rows = [.. chosen.Select((s, i) => WorstTile(s, scores[i], o))];
        bool masks = chosen.Exists(s => s.Mask is not null);
        range ??= RangeOf([.. rows.Where(r => !r.Sample.Abnormal).SelectMany(r => r.Map).Order()]);

        string[] captions = ["image", .. s_levels.Select(l => $"mask {l.ToString("0.0", CultureInfo.InvariantCulture)}"), "restored", "refined", "heatmap"];
        var sheet = new ContactSheet(masks ? [.. captions, "ground truth"] : captions, Math.Max(1, 128 / o.Size));
        var values = new float[length];
        foreach (var (i, (sample, map)) in rows.Index())
        {
            ImagePixels.ToFloats(sample.Pixels, ImageLight.Of(o, prepared[i]), values);
            var image = ToTile(values, 0, o, -1);
            List<Tile> tiles = [image, .. Restorations(model, values), Heatmap.Overlay(image, map, range.Low, range.High)];
            if (masks) tiles.Add(new Tile(o.Size, o.Size, 1, [.. sample.Mask!.Select(m => (byte)(m * 255))]));
            sheet.AddRow($"{sample.Kind}\n{sample.Name.Split('/')[^1]}", tiles);
        }
        sheet.Save(path);
    }

    private static HeatmapRange RangeOf(float[] calm) => new(calm[calm.Length / 2], (2 * calm[^1]) - calm[calm.Length / 2], calm[^1]);

    /// <summary>The part of an image, its mask and its map that a model sees at a time: of a tiled image the tile that scored highest, else all of it.</summary>
    private static (Sample Sample, float[] Map) WorstTile(Sample sample, PreparedScore score, MmrrOptions options)
    {
        var place = new Tiling(sample.Height, sample.Width, options.Size).Place(score.WorstTile);
        T[] Cut<T>(T[] image, int channels)
        {
            var tile = new T[options.Size * options.Size * channels];
            Tiling.Cut(image, sample.Height, sample.Width, channels, place, options.Size, tile.AsSpan());
            return tile;
        }
        var seen = sample with
        {
            Height = options.Size,
            Width = options.Size,
            Pixels = Cut(sample.Pixels, options.Channels),
            Mask = sample.Mask is null ? null : Cut(sample.Mask, 1),
        };
        return (seen, Cut(score.RefinedMap, 1));
    }

    /// <summary>The first normal images, and then the kinds of abnormal ones in turn.</summary>
    private static List<Sample> Choose(IReadOnlyList<Sample> samples)
    {
        var rows = samples.Where(s => !s.Abnormal).Take(NormalRows).ToList();
        var kinds = samples.Where(s => s.Abnormal).GroupBy(s => s.Kind).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => g.ToArray()).ToArray();
        var turns = Enumerable.Range(0, AbnormalRows).SelectMany(turn => kinds.Where(k => turn < k.Length).Select(k => (Kind: k[0].Kind, Sample: k[turn])));
        rows.AddRange(turns.Take(AbnormalRows).OrderBy(t => t.Kind, StringComparer.Ordinal).Select(t => t.Sample));
        return rows;
    }

    private static List<Tile> Restorations(MmrrModel model, ReadOnlySpan<float> image)
    {
        using var scope = new DisposeScope();
        using var guard = new NoGradient();
        var o = model.Options;
        using var x = Variable.Constant(Tensor.From(model.Device, new Shape(1, o.Size, o.Size, o.Channels), image));
        using var e = model.Embed(x);
        using var logits = model.MaskLogits(x);
        var levels = Tensor.From(model.Device, new Shape(1, s_levels.Length), s_levels);
        using var restoration = model.Restore(x, e, logits, levels, new NoiseSource(Scoring.NoiseSeed, 0, SameForEveryImage: true));
        using var refined = model.Refine(restoration);
        var tiles = new List<Tile>();
        for (int l = 0; l < s_levels.Length; l++) tiles.Add(ToTile(restoration.Mask.Value.ToArray(), l, o, 0));
        tiles.Add(ToTile(restoration.Restored.Value.ToArray(), s_levels.Length / 2, o, -1));
        tiles.Add(ToTile(refined.Value.ToArray(), s_levels.Length / 2, o, -1));
        return tiles;
    }

    private static Tile ToTile(float[] images, int row, MmrrOptions o, float low)
    {
        int length = o.Size * o.Size * o.Channels;
        float[] values = images[(row * length)..((row + 1) * length)];
        return new Tile(o.Size, o.Size, o.Channels, [.. values.Select(v => (byte)((Math.Clamp((v - low) / (1 - low), 0, 1) * 255) + 0.5f))]);
    }
}
