using Mmrr.Nn;

namespace Mmrr.Training.Pictures;

/// <summary>
/// The intermediate images of a model for one image (Figures 4 to 35 of the paper): x, e, and at every level μ the mask m, the restored image x̂ and the
/// refined one x̂ + r, with the noise used for the image's score.
/// </summary>
internal sealed class LevelGrid
{
    private LevelGrid(float[] levels, Tile image, Tile embedding, IReadOnlyList<Tile> masks, IReadOnlyList<Tile> restored, IReadOnlyList<Tile> refined)
    {
        Levels = levels;
        Image = image;
        Embedding = embedding;
        Masks = masks;
        Restored = restored;
        Refined = refined;
    }

    /// <summary>μ, [L].</summary>
    public IReadOnlyList<float> Levels { get; }

    /// <summary>x, as the networks see it.</summary>
    public Tile Image { get; }

    /// <summary>e, stretched from its smallest value (black) to its largest (white).</summary>
    public Tile Embedding { get; }

    /// <summary>m at every level, the mean of its channels: black 0, white 1.</summary>
    public IReadOnlyList<Tile> Masks { get; }

    /// <summary>x̂ at every level.</summary>
    public IReadOnlyList<Tile> Restored { get; }

    /// <summary>x̂ + r at every level, clamped to the range of images.</summary>
    public IReadOnlyList<Tile> Refined { get; }

    /// <summary>Restores one image at the levels of a schedule.</summary>
    /// <param name="model">The model; one call at a time on a device.</param>
    /// <param name="pixels">[S, S, C] of the model, with the depth of its range.</param>
    /// <param name="light">The light of the whole image, of which the pixels may be a tile.</param>
    /// <param name="levels">The levels.</param>
    public static LevelGrid Compute(MmrrModel model, PixelValues pixels, ImageLight light, LevelSchedule levels)
    {
        var o = model.Options;
        int length = o.Size * o.Size * o.Channels;
        if (pixels.Length != length) throw new ArgumentException($"LevelGrid: {pixels.Length} values, expected {length} ([{o.Size}, {o.Size}, {o.Channels}])");
        float[] image = new float[length], e = [];
        ImagePixels.ToFloats(pixels, o.Range, light, image);
        var (masks, restored, refined) = (new List<Tile>(), new List<Tile>(), new List<Tile>());
        using var scope = new DisposeScope();
        LevelWalk.Run(model, image, levels, group =>
        {
            var restoration = group.Restoration;
            if (group.First == 0) e = restoration.Embedding.Value.ToArray()[..length];
            float[] m = restoration.Mask.Value.ToArray(), plain = restoration.Restored.Value.ToArray(), mended = group.Refined.Value.ToArray();
            for (int l = 0; l < group.Count; l++)
            {
                var row = (l * length)..((l + 1) * length);
                masks.Add(Grey(m[row], o));
                restored.Add(ToTile(plain[row], o, -1, 1));
                refined.Add(ToTile(mended[row], o, -1, 1));
            }
        });
        return new LevelGrid(levels.Levels.ToArray(), ToTile(image, o, -1, 1), ToTile(e, o, e.Min(), e.Max()), masks, restored, refined);
    }

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
