using Mmrr.App.Data;
using Mmrr.Nn;

namespace Mmrr.App.Training;

/// <summary>Normal images that were trained on, as the model sees them: what the statistics of normal images are measured on.</summary>
internal static class NormalSquares
{
    // Enough for a spread at every place; to score them takes seconds.
    private const int Most = 512;

    /// <summary>Draws images, or of a tiled model tiles of images, by the run's seed.</summary>
    public static IReadOnlyList<PreparedImage> Draw(ImageSet set, TrainingOptions options)
    {
        var (training, _) = Sampling.TrainValidation(set.Samples.Count, options.Seed);
        int side = options.Model.Size;
        (Sample Sample, Tiling Tiling, int Tile)[] all =
        [
            .. training.Select(i => set.Samples[i]).SelectMany(sample =>
            {
                var tiling = new Tiling(sample.Height, sample.Width, side);
                return Enumerable.Range(0, tiling.Count).Select(tile => (sample, tiling, tile));
            }),
        ];
        return [.. Sampling.Permutation(all.Length, options.Seed).Take(Most).Order().Select(i => Square(all[i].Sample, all[i].Tiling.Place(all[i].Tile), side, set.Channels))];
    }

    private static PreparedImage Square(Sample sample, (int Top, int Left) place, int side, int channels)
    {
        var pixels = new byte[side * side * channels];
        Tiling.Cut<byte>(sample.Pixels, sample.Height, sample.Width, channels, place, side, pixels);
        return new PreparedImage(pixels, side, side);
    }
}
