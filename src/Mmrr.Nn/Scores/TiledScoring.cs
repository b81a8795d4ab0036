namespace Mmrr.Nn;

/// <summary>The score of one prepared image by one rule; higher is more anomalous.</summary>
/// <param name="Refined">The score with refinement: the largest of all tiles.</param>
/// <param name="Restored">The same without refinement; the tile may be a different one.</param>
/// <param name="WorstTile">The tile of <paramref name="Refined"/>, numbered as in <see cref="Tiling"/>.</param>
/// <param name="RefinedMap">Pixel scores, [H, W] of the prepared image; empty if no maps were requested.</param>
/// <param name="RestoredMap">The same without refinement.</param>
public sealed record RuleScore(double Refined, double Restored, int WorstTile, float[] RefinedMap, float[] RestoredMap);

/// <summary>The scores of one prepared image.</summary>
/// <param name="RefinedErrors">The errors at each level whose sum is the paper's score with refinement, [L].</param>
/// <param name="RestoredErrors">The same without refinement, [L].</param>
/// <param name="Paper">The score by the paper's rule.</param>
/// <param name="Deviation">The score by <see cref="ScoreRule.Deviation"/>; null if there are no statistics of normal images.</param>
/// <param name="Neighbours">The score by <see cref="ScoreRule.Neighbours"/>; null if there are no statistics, and for tiled images.</param>
public sealed record PreparedScore(float[] RefinedErrors, float[] RestoredErrors, RuleScore Paper, RuleScore? Deviation, RuleScore? Neighbours)
{
    /// <summary>The score by a rule.</summary>
    /// <exception cref="InvalidOperationException">There are no statistics for the rule.</exception>
    public RuleScore Of(ScoreRule rule) =>
        Find(rule) ?? throw new InvalidOperationException($"the image was scored without the statistics of normal images that rule {rule.Name()} needs");

    /// <summary>The score by a rule; null if there are no statistics for it.</summary>
    public RuleScore? Find(ScoreRule rule) => rule switch
    {
        ScoreRule.Paper => Paper,
        ScoreRule.Deviation => Deviation,
        _ => Neighbours,
    };
}

/// <summary>
/// Scores prepared images of any size by tiles of the model's size. An image of exactly that size is one tile, and its scores and maps are those of
/// <see cref="Scoring"/>, bit for bit.
/// <para>
/// An image's score is that of its worst tile, not the mean over the image: a mean decreases with the area around a defect, so that a scratch on 4096²
/// pixels would hardly change it. Any defect of up to half a tile lies entirely in at least one tile. The maps are blended; see <see cref="TileAxis"/>.
/// </para>
/// <para>Memory: on the device one batch of tiles, for any image size; on the host the image and its maps.</para>
/// </summary>
public static class TiledScoring
{
    /// <summary>Scores images.</summary>
    /// <param name="model">The model. The device is locked for one batch of tiles at a time; several threads may call at once.</param>
    /// <param name="images">Images with the model's channels.</param>
    /// <param name="method">The levels and, if available, the statistics.</param>
    /// <param name="maps">Whether to compute the maps.</param>
    /// <exception cref="ArgumentException">An image does not have the model's channels or, if the model is not tiled, its size.</exception>
    public static IReadOnlyList<PreparedScore> Score(AnomalyModel model, IReadOnlyList<PreparedImage> images, ScoreMethod method, bool maps)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(method);
        var options = model.Options;
        int size = options.Size, channels = options.Channels, length = size * size * channels;
        for (int i = 0; i < images.Count; i++) Check(images[i], i, options);
        ImageTiles[] results = [.. images.Select(image => new ImageTiles(image, options, method, maps))];
        var cut = PixelValues.Zeros(options.Range.Bits, length);
        float[] all = [];
        Scores? scores = null;
        foreach (var batch in Tiles(results).Chunk(Scoring.BatchSize(options, method.Levels.Count, model.Device.Kind)))
        {
            if (all.Length < batch.Length * length) all = new float[batch.Length * length];
            var values = all.AsSpan(0, batch.Length * length);
            for (int k = 0; k < batch.Length; k++)
            {
                var (i, tile) = batch[k];
                images[i].Pixels.CutSquare(images[i].Height, images[i].Width, channels, results[i].Tiling.Place(tile), size, cut);
                ImagePixels.ToFloats(cut, options.Range, results[i].Light, values.Slice(k * length, length));
            }
            using (model.Device.Use.TakeTurn()) scores = Scoring.Score(model, values, method, maps, scores);
            for (int k = 0; k < batch.Length; k++) results[batch[k].Image].Add(batch[k].Tile, scores, k);
        }
        return [.. results.Select(r => r.Score)];
    }

    private static IEnumerable<(int Image, int Tile)> Tiles(ImageTiles[] images) =>
        Enumerable.Range(0, images.Length).SelectMany(i => Enumerable.Range(0, images[i].Tiling.Count).Select(tile => (i, tile)));

    private static void Check(PreparedImage image, int index, MmrrOptions options)
    {
        bool fits = options.Fit == ImageFit.Tile ? image is { Height: > 0, Width: > 0 } : image.Height == options.Size && image.Width == options.Size;
        options.Range.Check(image.Pixels);
        if (fits && image.Pixels.Length == (long)image.Height * image.Width * options.Channels) return;
        string size = options.Fit == ImageFit.Tile ? $"{image.Height}, {image.Width}" : $"{options.Size}, {options.Size}";
        throw new ArgumentException(
            $"Score: image {index} is [{image.Height}, {image.Width}] of {image.Pixels.Length} values, "
            + $"expected [{size}, {options.Channels}]; use Prepare");
    }

    /// <summary>Collects the results of an image's tiles.</summary>
    private sealed class ImageTiles
    {
        private readonly int _levels;
        private RuleScore _paper;
        private RuleScore? _deviation;
        private RuleScore? _neighbours;
        private float[] _refinedErrors = [];
        private float[] _restoredErrors = [];

        public ImageTiles(PreparedImage image, MmrrOptions options, ScoreMethod method, bool maps)
        {
            Tiling = new Tiling(image.Height, image.Width, options.Size);
            Light = ImageLight.Of(options, image);
            _levels = method.Levels.Count;
            RuleScore Nothing(bool mapped) => new(double.NegativeInfinity, double.NegativeInfinity, 0, Map(mapped), Map(mapped));
            float[] Map(bool mapped) => mapped ? new float[image.Height * image.Width] : [];
            _paper = Nothing(maps && method.SumsErrors);
            if (method.Has(ScoreRule.Deviation)) _deviation = Nothing(maps);
            if (method.Has(ScoreRule.Neighbours)) _neighbours = Nothing(maps);
        }

        public Tiling Tiling { get; }

        /// <summary>The light of the whole image.</summary>
        public ImageLight Light { get; }

        public PreparedScore Score => new(_refinedErrors, _restoredErrors, _paper, _deviation, _neighbours);

        /// <summary>Adds the result of a tile, index k in the scores.</summary>
        public void Add(int tile, Scores scores, int k)
        {
            var errors = (k * _levels)..((k + 1) * _levels);
            if (IsWorse(scores.Paper.Refined[k], _paper.Refined)) _refinedErrors = scores.RefinedErrors[errors];
            if (IsWorse(scores.Paper.Restored[k], _paper.Restored)) _restoredErrors = scores.RestoredErrors[errors];
            _paper = Worse(_paper, tile, scores.Paper, k);
            if (_deviation is not null) _deviation = Worse(_deviation, tile, scores.Deviation!, k);
            if (_neighbours is not null) _neighbours = Worse(_neighbours, tile, scores.Neighbours!, k);
        }

        private RuleScore Worse(RuleScore old, int tile, RuleScores scores, int k)
        {
            bool refined = IsWorse(scores.Refined[k], old.Refined), restored = IsWorse(scores.Restored[k], old.Restored);
            int pixels = scores.RefinedMap.Length / scores.Refined.Length;
            if (pixels > 0)
            {
                Tiling.Add(tile, scores.RefinedMap.AsSpan(k * pixels, pixels), old.RefinedMap);
                Tiling.Add(tile, scores.RestoredMap.AsSpan(k * pixels, pixels), old.RestoredMap);
            }
            return old with
            {
                Refined = refined ? scores.Refined[k] : old.Refined,
                WorstTile = refined ? tile : old.WorstTile,
                Restored = restored ? scores.Restored[k] : old.Restored
            };
        }

        // NaN is worse than any number.
        private static bool IsWorse(double score, double than) => !double.IsNaN(than) && !(score <= than);
    }
}
