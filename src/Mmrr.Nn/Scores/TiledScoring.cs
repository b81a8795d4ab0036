namespace Mmrr.Nn;

/// <summary>What one rule makes of one prepared image; higher is more abnormal.</summary>
/// <param name="Refined">The score with refinement: that of the tile where it is largest.</param>
/// <param name="Restored">The same without refinement; its largest may be another tile's.</param>
/// <param name="WorstTile">The tile of <paramref name="Refined"/>, numbered as in <see cref="Tiling"/>.</param>
/// <param name="RefinedMap">[H, W] of the prepared image; empty where no maps were asked for.</param>
/// <param name="RestoredMap">The same without refinement.</param>
public sealed record RuleScore(double Refined, double Restored, int WorstTile, float[] RefinedMap, float[] RestoredMap);

/// <summary>The scores of one prepared image.</summary>
/// <param name="RefinedErrors">The errors at each level that the paper's score with refinement is the sum of, [L].</param>
/// <param name="RestoredErrors">Those of its score without, [L].</param>
/// <param name="Paper">By the paper's rule.</param>
/// <param name="Deviation">By <see cref="ScoreRule.Deviation"/>; null where there are no statistics of normal images.</param>
/// <param name="Neighbours">By <see cref="ScoreRule.Neighbours"/>; null where there are none, and of tiled images.</param>
public sealed record PreparedScore(float[] RefinedErrors, float[] RestoredErrors, RuleScore Paper, RuleScore? Deviation, RuleScore? Neighbours)
{
    /// <summary>What a rule makes of the image.</summary>
    /// <exception cref="InvalidOperationException">There are no statistics for the rule.</exception>
    public RuleScore Of(ScoreRule rule) =>
        Find(rule) ?? throw new InvalidOperationException($"the image was scored without the statistics of normal images that rule {rule.Name()} needs");

    /// <summary>What a rule makes of the image; null where there are no statistics for it.</summary>
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
/// An image's score is that of its worst tile, not the mean over the image: a mean falls with the area around a defect, so that a scratch on 4096² pixels
/// would hardly move it. Any defect of up to half a tile lies whole in at least one tile. The maps are blended, see <see cref="TileAxis"/>.
/// </para>
/// <para>Memory: on the device one batch of tiles, whatever the image's size; on the host the image and its maps.</para>
/// </summary>
public static class TiledScoring
{
    /// <summary>Scores images.</summary>
    /// <param name="model">The model. The device is taken for a batch of tiles at a time; several threads may call at once.</param>
    /// <param name="images">Of the model's channels.</param>
    /// <param name="method">The levels, and the statistics where there are any.</param>
    /// <param name="maps">Whether to compute the maps.</param>
    /// <exception cref="ArgumentException">An image does not have the model's channels, or not its size where the model is not tiled.</exception>
    public static IReadOnlyList<PreparedScore> Score(MmrrModel model, IReadOnlyList<PreparedImage> images, ScoreMethod method, bool maps)
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
            using (model.Device.Use.TakeTurn()) scores = Scoring.Score(model, values, method.Levels, maps, method.Statistics, scores);
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
            + $"expected [{size}, {options.Channels}]; Prepare makes it");
    }

    /// <summary>An image on the way through its tiles.</summary>
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
            RuleScore Nothing() => new(double.NegativeInfinity, double.NegativeInfinity, 0, Map(), Map());
            float[] Map() => new float[maps ? image.Height * image.Width : 0];
            _paper = Nothing();
            if (method.Statistics is not null) _deviation = Nothing();
            if (method.Statistics?.Neighbours is not null) _neighbours = Nothing();
        }

        public Tiling Tiling { get; }

        /// <summary>Of the whole image.</summary>
        public ImageLight Light { get; }

        public PreparedScore Score => new(_refinedErrors, _restoredErrors, _paper, _deviation, _neighbours);

        /// <summary>Takes what was found in a tile, number k among the scores.</summary>
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

        // A score that is not a number is worse than all that are.
        private static bool IsWorse(double score, double than) => !double.IsNaN(than) && !(score <= than);
    }
}
