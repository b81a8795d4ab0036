using Mmrr.Nn;

namespace Mmrr.Training.Pictures;

/// <summary>A step of a method at every level.</summary>
/// <param name="Symbol">Its symbol.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsMask">Whether it shows what of the image is seen, so that it is of interest at several levels.</param>
/// <param name="Tiles">One for each level.</param>
internal sealed record LevelRow(string Symbol, string Name, bool IsMask, IReadOnlyList<Tile> Tiles);

/// <summary>
/// The intermediate images of a model for one image, for MMRR Figures 4 to 35 of the paper: x, e, and at every level μ the mask m, the restored image x̂ and
/// the refined one x̂ + r, with the noise used for the image's score; of another method those that it has.
/// </summary>
/// <param name="Levels">μ, [L].</param>
/// <param name="Image">x, as the networks see it.</param>
/// <param name="Once">The steps that do not depend on the level, a tile each.</param>
/// <param name="Rows">The other steps.</param>
internal sealed record LevelGrid(IReadOnlyList<float> Levels, Tile Image, IReadOnlyList<LevelRow> Once, IReadOnlyList<LevelRow> Rows)
{
    /// <summary>The tiles of a step, by its name.</summary>
    public IReadOnlyList<Tile> Tiles(string name) => Once.Concat(Rows).Single(row => row.Name == name).Tiles;

    /// <summary>Restores one image at the levels of a schedule.</summary>
    /// <param name="model">The model; one call at a time on a device.</param>
    /// <param name="pixels">[S, S, C] of the model, with the depth of its range.</param>
    /// <param name="light">The light of the whole image, of which the pixels may be a tile.</param>
    /// <param name="levels">The levels.</param>
    public static LevelGrid Compute(AnomalyModel model, PixelValues pixels, ImageLight light, LevelSchedule levels)
    {
        var o = model.Options;
        int length = o.Size * o.Size * o.Channels;
        if (pixels.Length != length) throw new ArgumentException($"LevelGrid: {pixels.Length} values, expected {length} ([{o.Size}, {o.Size}, {o.Channels}])");
        var image = new float[length];
        ImagePixels.ToFloats(pixels, o.Range, light, image);
        var (once, rows) = (new List<LevelRow>(), new List<(LevelPicture Picture, List<Tile> Tiles)>());
        using var scope = new DisposeScope();
        model.Visit(image, levels, group =>
        {
            int next = 0;
            foreach (var picture in group.Pictures())
            {
                if (picture.OncePerImage && group.First > 0) continue;
                float[] values = picture.Values.Value.ToArray();
                Tile At(int level) => Draw(values[(level * length)..((level + 1) * length)], o, picture.Scale);
                if (picture.OncePerImage)
                {
                    once.Add(new LevelRow(picture.Symbol, picture.Name, IsMask: false, [At(0)]));
                    continue;
                }
                if (group.First == 0) rows.Add((picture, []));
                rows[next++].Tiles.AddRange(Enumerable.Range(0, group.Count).Select(At));
            }
        });
        return new LevelGrid(
            levels.Levels.ToArray(), ToTile(image, o, -1, 1), once,
            [.. rows.Select(r => new LevelRow(r.Picture.Symbol, r.Picture.Name, r.Picture.Scale == PictureScale.Share, r.Tiles))]);
    }

    private static Tile Draw(float[] values, MmrrOptions o, PictureScale scale) => scale switch
    {
        PictureScale.Image => ToTile(values, o, -1, 1),
        PictureScale.Share => Grey(values, o),
        _ => ToTile(values, o, values.Min(), values.Max()),
    };

    private static Tile Grey(float[] values, MmrrOptions o)
    {
        var mean = new float[o.Size * o.Size];
        for (int i = 0; i < values.Length; i++) mean[i / o.Channels] += values[i] / o.Channels;
        return new Tile(o.Size, o.Size, 1, Bytes(mean, 0, 1));
    }

    private static Tile ToTile(float[] values, MmrrOptions o, float low, float high) => new(o.Size, o.Size, o.Channels, Bytes(values, low, high));

    private static byte[] Bytes(float[] values, float low, float high)
    {
        float range = Math.Max(high - low, 1e-6f);
        return Array.ConvertAll(values, v => (byte)((Math.Clamp((v - low) / range, 0, 1) * 255) + 0.5f));
    }
}
