namespace Mmrr.Nn;

/// <summary>
/// A square image averaged over the cells of a coarser grid. Structure finer than a cell, noise and texture, averages out; missing or unexpected objects do
/// not.
/// </summary>
internal static class CoarseGrid
{
    /// <summary>For values in [−1, 1]: an image with less variation is treated as flat and not stretched.</summary>
    public const double LeastDeviation = 0.05;

    /// <summary>Cells per side: about 256 values per image, so 16 for grey images and 8 for colour; fewer for images with fewer pixels.</summary>
    /// <param name="model">The model's options, for size and channels.</param>
    public static int Side(MmrrOptions model) => Math.Min(model.Channels == 1 ? 16 : 8, model.Size);

    /// <summary>Averages over cells; cell c of a side holds the pixels from c·S/side up to (c + 1)·S/side.</summary>
    /// <param name="image">[S, S, C].</param>
    /// <param name="size">S.</param>
    /// <param name="side">Cells per side, 1 to S.</param>
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

    /// <summary>Removes brightness and contrast: subtracts the mean of all values and divides by their standard deviation, at least 0.05.</summary>
    /// <param name="cells">The values; changed in place.</param>
    public static void TakeLight(Span<float> cells)
    {
        var (mean, measured) = ImageLight.Measure(cells);
        double deviation = Math.Max(measured, LeastDeviation);
        for (int i = 0; i < cells.Length; i++) cells[i] = (float)((cells[i] - mean) / deviation);
    }
}
