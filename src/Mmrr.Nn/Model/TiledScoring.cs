namespace Mmrr.Nn;

/// <summary>The scores of one prepared image; higher is more abnormal.</summary>
/// <param name="Refined">The score with refinement: that of the tile where it is largest.</param>
/// <param name="Restored">The same without refinement; its largest may be another tile's.</param>
/// <param name="WorstTile">The tile of <paramref name="Refined"/>, numbered as in <see cref="Tiling"/>.</param>
/// <param name="RefinedMap">[H, W] of the prepared image; empty where no maps were asked for.</param>
/// <param name="RestoredMap">The same without refinement.</param>
public sealed record PreparedScore(double Refined, double Restored, int WorstTile, float[] RefinedMap, float[] RestoredMap);

/// <summary>
/// Scores prepared images of any size by tiles of the model's size. An image of exactly that size is one tile, and its scores and maps are those of
/// <see cref="Scoring"/>, bit for bit.
/// <para>
/// An image's score is that of its worst tile, not the mean over the image: a mean falls with the area around a defect, so that a scratch on 4096² pixels would hardly move it.
/// Any defect of up to half a tile lies whole in at least one tile. The maps are blended, see <see cref="TileAxis"/>.
/// </para>
/// <para>Memory: on the device one batch of tiles, whatever the image's size; on the host the image and its maps.</para>
/// </summary>
public static class TiledScoring
{
    /// <summary>Scores images.</summary>
    /// <param name="model">The model. The device is taken for a batch of tiles at a time.</param>
    /// <param name="images">Of the model's channels.</param>
    /// <param name="levels">Mask levels, at least 2.</param>
    /// <param name="maps">Whether to compute the maps.</param>
    /// <exception cref="ArgumentException">An image does not have the model's channels, or not its size where the model is not tiled.</exception>
    public static IReadOnlyList<PreparedScore> Score(MmrrModel model, IReadOnlyList<PreparedImage> images, int levels, bool maps)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 2);
        var options = model.Options;
        int size = options.Size, channels = options.Channels, pixels = size * size, length = pixels * channels;
        for (int i = 0; i < images.Count; i++) Check(images[i], i, options);
        ImageLight[] lights = [.. images.Select(image => ImageLight.Of(options, image))];
        Tiling[] tilings = [.. images.Select(image => new Tiling(image.Height, image.Width, size))];
        PreparedScore[] results = [.. images.Select(image => new PreparedScore(
            double.NegativeInfinity, double.NegativeInfinity, 0, new float[maps ? image.Height * image.Width : 0], new float[maps ? image.Height * image.Width : 0]))];
        var bytes = new byte[length];
        foreach (var batch in Tiles(tilings).Chunk(Scoring.BatchSize(options, levels, model.Device.Kind)))
        {
            var values = new float[batch.Length * length];
            for (int k = 0; k < batch.Length; k++)
            {
                var (i, tile) = batch[k];
                Tiling.Cut(images[i].Pixels.Span, images[i].Height, images[i].Width, channels, tilings[i].Place(tile), size, bytes);
                ImagePixels.ToFloats(bytes, lights[i], values.AsSpan(k * length, length));
            }
            Scores scores;
            lock (model.Device.Gate) scores = Scoring.Score(model, values, levels, maps);
            for (int k = 0; k < batch.Length; k++)
            {
                var (i, tile) = batch[k];
                var old = results[i];
                bool worse = !(scores.Refined[k] <= old.Refined); // NaN stays visible
                results[i] = old with
                {
                    Refined = worse ? scores.Refined[k] : old.Refined,
                    WorstTile = worse ? tile : old.WorstTile,
                    Restored = Math.Max(old.Restored, scores.Restored[k]),
                };
                if (!maps) continue;
                tilings[i].Add(tile, scores.RefinedMap.AsSpan(k * pixels, pixels), old.RefinedMap);
                tilings[i].Add(tile, scores.RestoredMap.AsSpan(k * pixels, pixels), old.RestoredMap);
            }
        }
        return results;
    }

    private static IEnumerable<(int Image, int Tile)> Tiles(Tiling[] tilings) =>
        Enumerable.Range(0, tilings.Length).SelectMany(i => Enumerable.Range(0, tilings[i].Count).Select(tile => (i, tile)));

    private static void Check(PreparedImage image, int index, MmrrOptions options)
    {
        bool fits = options.Fit == ImageFit.Tile ? image is { Height: > 0, Width: > 0 } : image.Height == options.Size && image.Width == options.Size;
        if (fits && image.Pixels.Length == (long)image.Height * image.Width * options.Channels) return;
        string size = options.Fit == ImageFit.Tile ? $"{image.Height}, {image.Width}" : $"{options.Size}, {options.Size}";
        throw new ArgumentException($"Score: image {index} is [{image.Height}, {image.Width}] of {image.Pixels.Length} bytes, expected [{size}, {options.Channels}]; Prepare makes it");
    }
}
