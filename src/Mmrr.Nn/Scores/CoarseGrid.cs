namespace Mmrr.Nn;

/// <summary>
/// A square image averaged over the cells of a coarser grid. What is finer than a cell, noise and texture, averages out; what an image shows where none or
/// another is expected does not.
/// </summary>
internal static class CoarseGrid
{
    // Values have the range [−1, 1]: an image that varies less is as good as flat, and is not stretched.
    private const double LeastDeviation = 0.05;

    /// <summary>Cells a side: about 256 values an image, so 16 of a grey image and 8 of one in colour; fewer for an image that has no more pixels.</summary>
    /// <param name="model">Its size and channels.</param>
    public static int Side(MmrrOptions model) => Math.Min(model.Channels == 1 ? 16 : 8, model.Size);

    /// <summary>Averages; cell c of a side holds the pixels from c·S/side up to (c + 1)·S/side.</summary>
    /// <param name="image">[S, S, C].</param>
    /// <param name="size">S.</param>
    /// <param name="side">Cells a side, 1 to S.</param>
    /// <param name="cells">[side, side, C].</param>
    public static void Average(ReadOnlySpan<float> image, int size, int side, Span<float> cells)
    {
        int channels = image.Length / (size * size);
        if (image.Length != size * size * channels || side > size || cells.Length != side * side * channels)
            throw new ArgumentException($"CoarseGrid: {image.Length} and {cells.Length} values, expected [{size}, {size}, C] and [{side}, {side}, C]");
        for (int row = 0; row < side; row++)
        {
            int top = row * size / side, bottom = (row + 1) * size / side;
            for (int column = 0; column < side; column++)
            {
                int left = column * size / side, right = (column + 1) * size / side;
                for (int c = 0; c < channels; c++)
                {
                    float sum = 0;
                    for (int y = top; y < bottom; y++)
                    {
                        for (int x = left; x < right; x++) sum += image[(((y * size) + x) * channels) + c];
                    }
                    cells[(((row * side) + column) * channels) + c] = sum / ((bottom - top) * (right - left));
                }
            }
        }
    }

    /// <summary>Takes the light away: the mean of all values is subtracted, and what is left is divided by its standard deviation, 0.05 at least.</summary>
    /// <param name="cells">Any; changed in place.</param>
    public static void TakeLight(Span<float> cells)
    {
        var (mean, measured) = ImageLight.Measure(cells);
        double deviation = Math.Max(measured, LeastDeviation);
        for (int i = 0; i < cells.Length; i++) cells[i] = (float)((cells[i] - mean) / deviation);
    }
}
