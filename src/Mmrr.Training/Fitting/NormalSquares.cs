using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;

namespace Mmrr.Training.Fitting;

/// <summary>Training images as the model sees them, for the statistics of normal images.</summary>
internal static class NormalSquares
{
    // Enough to estimate the spread at every place; for small images more are used, as neighbours. Scoring them takes seconds.
    private const int Most = 512;
    private const int MostSmall = 4096;

    /// <summary>Draws images, or tiles for a tiled model, by the run's seed.</summary>
    public static IReadOnlyList<(PreparedImage Image, ImageLight Light)> Draw(ImageSet set, TrainingOptions options)
    {
        int side = options.Model.Size;
        (Sample Sample, Tiling Tiling, int Tile)[] all =
        [
            .. TrainingData.TrainingImages(set).SelectMany(sample =>
            {
                var tiling = new Tiling(sample.Height, sample.Width, side);
                return Enumerable.Range(0, tiling.Count).Select(tile => (sample, tiling, tile));
            }),
        ];
        return [.. Sampling.Permutation(all.Length, options.Seed).Take(side <= 32 ? MostSmall : Most)
            .Order().Select(i => Square(all[i].Sample, all[i].Tiling.Place(all[i].Tile), options.Model))];
    }

    private static (PreparedImage Image, ImageLight Light) Square(Sample sample, (int Top, int Left) place, MmrrOptions model)
    {
        var pixels = PixelValues.Zeros(sample.Pixels.Bits, model.Size * model.Size * model.Channels);
        sample.Pixels.CutSquare(sample.Height, sample.Width, model.Channels, place, model.Size, pixels);
        return (new PreparedImage(pixels, model.Size, model.Size), ImageLight.Of(model, sample.Prepared));
    }
}
