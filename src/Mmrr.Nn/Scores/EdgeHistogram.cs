namespace Mmrr.Nn;

/// <summary>
/// Describes an image's edges independently of the lighting: histograms of the directions of its gradient in the cells of a coarse grid (Dalal and Triggs,
/// Histograms of oriented gradients for human detection, CVPR 2005; one block, the whole image).
/// </summary>
internal static class EdgeHistogram
{
    /// <summary>Directions, from 0 to 2π: dark to bright and bright to dark are different.</summary>
    public const int Directions = 8;

    /// <summary>
    /// Lower limit of the norm of all cells: an image whose values, in [−1, 1], change less from pixel to pixel is treated as flat and not stretched.
    /// </summary>
    public const float LeastNorm = 0.01f;

    private const int PixelsOfCell = 4;

    /// <summary>Cells per side.</summary>
    /// <param name="size">Of the image, in pixels.</param>
    public static int Side(int size) => Math.Min(8, size);

    /// <summary>Pixels per side to which images are averaged first: in larger images, neighbouring pixels differ by noise.</summary>
    /// <param name="size">Of the image, in pixels.</param>
    public static int Pixels(int size) => Math.Min(PixelsOfCell * Side(size), size);

    /// <summary>
    /// The gradient of the channels' mean by central differences, 0 across the border; each pixel's magnitude goes to the two directions next to its own,
    /// in proportion; cells hold the mean over their pixels; all cells are divided by their norm. Cell c of a side holds the pixels from c·S/side up to
    /// (c + 1)·S/side. 30 operations per pixel.
    /// </summary>
    /// <param name="image">[S, S, C].</param>
    /// <param name="size">S.</param>
    /// <param name="side">Cells per side, 1 to S.</param>
    /// <param name="cells">[side, side, 8].</param>
    public static void Of(ReadOnlySpan<float> image, int size, int side, Span<float> cells)
    {
        int channels = image.Length / (size * size);
        if (image.Length != size * size * channels || side > size || cells.Length != side * side * Directions)
            throw new ArgumentException(
                $"EdgeHistogram: {image.Length} and {cells.Length} values, expected [{size}, {size}, C] and [{side}, {side}, {Directions}]");
        float[] grey = new float[size * size], directions = new float[size * size * Directions]; // [S, S], [S, S, 8]
        for (int p = 0; p < grey.Length; p++)
        {
            for (int c = 0; c < channels; c++) grey[p] += image[(p * channels) + c] / channels;
        }
        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++)
            {
                int p = (y * size) + x;
                float dx = x == 0 || x == size - 1 ? 0 : grey[p + 1] - grey[p - 1];
                float dy = y == 0 || y == size - 1 ? 0 : grey[p + size] - grey[p - size];
                Add(dx, dy, directions.AsSpan(p * Directions, Directions));
            }
        }
        CoarseGrid.Average(directions, size, side, cells);
        double squares = 0;
        foreach (float value in cells) squares += (double)value * value;
        float norm = Math.Max((float)Math.Sqrt(squares), LeastNorm);
        for (int i = 0; i < cells.Length; i++) cells[i] /= norm;
    }

    private static void Add(float dx, float dy, Span<float> pixel)
    {
        float magnitude = MathF.Sqrt((dx * dx) + (dy * dy));
        // A NaN gradient has no direction.
        if (float.IsNaN(magnitude))
        {
            pixel.Fill(float.NaN);
            return;
        }
        float place = (MathF.Atan2(dy, dx) + MathF.Tau) / MathF.Tau * Directions;
        int below = (int)place;
        float above = place - below;
        pixel[below % Directions] = magnitude * (1 - above);
        pixel[(below + 1) % Directions] = magnitude * above;
    }
}
