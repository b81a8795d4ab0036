namespace Mmrr.Nn;

/// <summary>
/// Signed errors x − x̂ of a square image, averaged over the cells of a coarser grid. What is finer than a cell, noise and texture, averages out; what an image shows where none or
/// another is expected does not.
/// </summary>
public static class ErrorGrid
{
    /// <summary>Cells a side of the grids of an image: 16 and 8, fewer for an image that has no more pixels.</summary>
    /// <param name="size">S.</param>
    public static IReadOnlyList<int> Sides(int size) => [.. new[] { 16, 8 }.Select(side => Math.Min(side, size)).Distinct()];

    /// <summary>Averages x − x̂; cell c of a side holds the pixels from c·S/side up to (c + 1)·S/side.</summary>
    /// <param name="image">x, [S, S, C].</param>
    /// <param name="prediction">x̂, [S, S, C].</param>
    /// <param name="size">S.</param>
    /// <param name="side">Cells a side, 1 to S.</param>
    /// <param name="errors">[side, side, C].</param>
    public static void Average(ReadOnlySpan<float> image, ReadOnlySpan<float> prediction, int size, int side, Span<float> errors)
    {
        int channels = image.Length / (size * size);
        if (image.Length != size * size * channels || prediction.Length != image.Length || errors.Length != side * side * channels)
            throw new ArgumentException($"ErrorGrid: {image.Length}, {prediction.Length} and {errors.Length} values, expected [{size}, {size}, C] twice and [{side}, {side}, C]");
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
                        for (int x = left; x < right; x++) sum += image[(((y * size) + x) * channels) + c] - prediction[(((y * size) + x) * channels) + c];
                    }
                    errors[(((row * side) + column) * channels) + c] = sum / ((bottom - top) * (right - left));
                }
            }
        }
    }
}
