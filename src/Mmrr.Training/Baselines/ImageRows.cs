using Mmrr.Nn;
using Mmrr.Training.Data;

namespace Mmrr.Training.Baselines;

/// <summary>Images as rows of numbers: the pixels that the networks see, optionally normalised.</summary>
internal static class ImageRows
{
    /// <summary>One of the 255 grey levels of the range, in units of pixels in [−1, 1]; the smallest divisor in normalisation.</summary>
    public const double GreyLevel = 1 / 127.5;

    /// <summary>The variance of a pixel due to rounding to grey levels; the lower bound for the variance of every direction in image space.</summary>
    public const double RoundingVariance = GreyLevel * GreyLevel / 12;

    /// <summary>The pixels of images.</summary>
    /// <param name="set">The images, all of one size.</param>
    /// <param name="range">The values that become −1 and 1.</param>
    /// <param name="normalised">Whether each image's mean, over all pixels and channels, is subtracted, and the rest divided by its standard deviation.</param>
    /// <param name="grey">Whether colour is converted to grey first.</param>
    /// <returns>[N][H·W·C]; values in [−1, 1] unless normalised.</returns>
    public static float[][] Of(ImageSet set, PixelRange range, bool normalised, bool grey = false)
    {
        var rows = new float[set.Samples.Count][];
        Parallel.For(0, rows.Length, i =>
        {
            var pixels = grey ? ImagePixels.WithChannels(set.Samples[i].Pixels, set.Channels, 1) : set.Samples[i].Pixels;
            float[] row = rows[i] = new float[pixels.Length];
            ImagePixels.ToFloats(pixels, range, row);
            if (!normalised) return;
            var (mean, deviation) = ImageLight.Measure(row);
            double scale = 1 / Math.Max(deviation, GreyLevel);
            for (int k = 0; k < row.Length; k++) row[k] = (float)((row[k] - mean) * scale);
        });
        return rows;
    }

    /// <summary>Subtracts the mean of some rows from them and from others, in place.</summary>
    /// <param name="rows">[N][D], at least one.</param>
    /// <param name="others">[M][D].</param>
    /// <returns>The mean, [D].</returns>
    public static float[] SubtractMean(float[][] rows, float[][] others)
    {
        var sums = new double[rows[0].Length];
        foreach (float[] row in rows)
        {
            for (int k = 0; k < row.Length; k++) sums[k] += row[k];
        }
        float[] mean = [.. sums.Select(s => (float)(s / rows.Length))];
        Parallel.For(0, rows.Length + others.Length, i =>
        {
            float[] row = i < rows.Length ? rows[i] : others[i - rows.Length];
            for (int k = 0; k < row.Length; k++) row[k] -= mean[k];
        });
        return mean;
    }
}
