using Mmrr.Nn;

namespace Mmrr.Training.Data;

/// <summary>Resizes ground-truth masks by covered area.</summary>
internal static class MaskResampling
{
    /// <summary>
    /// Resizes a mask: a pixel is 1 where at least half of its area is 1. A defect too thin to cover half of any pixel keeps the pixels it covers most, so
    /// a mask that is not empty never becomes empty.
    /// </summary>
    /// <param name="mask">[height, width], 0 or 1.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="newHeight">New height, at least 1.</param>
    /// <param name="newWidth">New width, at least 1.</param>
    /// <returns>[newHeight, newWidth], 0 or 1.</returns>
    public static byte[] Resize(ReadOnlySpan<byte> mask, int height, int width, int newHeight, int newWidth)
    {
        const double Tolerance = 1e-9; // sums of fractions that should be exactly one half
        var coverage = new double[newHeight * newWidth];
        double areaScale = (double)newHeight * newWidth / ((double)height * width);
        for (int y = 0; y < newHeight; y++)
        {
            var (top, bottom) = Extent(y, newHeight, height);
            for (int x = 0; x < newWidth; x++)
            {
                var (left, right) = Extent(x, newWidth, width);
                double area = 0;
                for (int sy = (int)top; sy < Math.Min(Math.Ceiling(bottom), height); sy++)
                {
                    double rowShare = Math.Min(bottom, sy + 1) - Math.Max(top, sy);
                    for (int sx = (int)left; sx < Math.Min(Math.Ceiling(right), width); sx++)
                    {
                        if (mask[(sy * width) + sx] != 0)
                            area += rowShare * (Math.Min(right, sx + 1) - Math.Max(left, sx));
                    }
                }

                coverage[(y * newWidth) + x] = area * areaScale;
            }
        }

        double largest = coverage.Max();
        double threshold = Math.Min(0.5, largest) - Tolerance;
        return Array.ConvertAll(coverage, c => largest > 0 && c >= threshold ? (byte)1 : (byte)0);
    }

    /// <summary>
    /// Rotates and cuts out a mask with its part: as in <see cref="Resize"/>, a pixel is 1 where at least half of it is 1, and the most covered pixels are
    /// kept.
    /// </summary>
    /// <param name="mask">[height, width], 0 or 1.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="box">The box of the part.</param>
    /// <param name="size">Side of the square.</param>
    /// <returns>[size, size], 0 or 1.</returns>
    public static byte[] Cut(byte[] mask, int height, int width, PartBox box, int size)
    {
        byte[] coverage = box.Cut<byte>(Array.ConvertAll(mask, v => v == 0 ? byte.MinValue : byte.MaxValue), height, width, 1, size);
        byte threshold = Math.Min((byte)128, coverage.Max());
        // For a defect that lies between the samples of a large image or below its rounding.
        for (int p = 0; p < mask.Length && threshold == 0; p++)
        {
            if (mask[p] == 0) continue;
            var (along, across) = box.OnBox((p / width) + 0.5, (p % width) + 0.5);
            if (Math.Abs(along) < 0.5 && Math.Abs(across) < 0.5) coverage[((int)((across + 0.5) * size) * size) + (int)((along + 0.5) * size)] = 1;
        }
        return Array.ConvertAll(coverage, c => c > 0 && c >= threshold ? (byte)1 : (byte)0);
    }

    private static (double Low, double High) Extent(int position, int to, int from) =>
        ((double)position * from / to, (double)(position + 1) * from / to);
}
