using Mmrr.Nn;

namespace Mmrr.Training.Evaluation;

/// <summary>The number of images to score together.</summary>
internal static class ScoreBatch
{
    // Small enough that the first results come soon, large enough that the cost of starting a pass is negligible.
    private const int Least = 8;

    /// <summary>Whole batches of the device, or one image where images are tiled.</summary>
    public static int Of(Scorer scorer, LevelSchedule levels)
    {
        if (scorer.Options.Fit == ImageFit.Tile) return 1;
        int batch = scorer.BatchSize(levels);
        return (Least + batch - 1) / batch * batch;
    }
}
