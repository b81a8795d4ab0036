using System.Numerics;

namespace Mmrr.Nn;

/// <summary>
/// Finds the part on an image and its rotation. Pixels that differ from the background (the median of the border, channel by channel) by more than Otsu's
/// threshold (1979) are foreground; the largest connected region, holes filled, is the part. Its second moments give the direction of its length; its third
/// moment decides which end is on the left: the one that the part's mass is farther from.
/// </summary>
internal static class PartFinder
{
    /// <summary>Margin around the part on each side, as a fraction of its extent.</summary>
    private const double Margin = 0.05;

    // More pixels would not improve the moments.
    private const int MostSide = 256;

    // A smaller region is dust on an empty image; this fraction of pixels may be brighter than the whole part without hiding it.
    private const double LeastShare = 0.002;

    // Otsu's threshold splits pure noise as well. The median difference of normal noise is 0.67 of its deviation: a part differs by three deviations.
    private const double LeastContrast = 3 / 0.6745;

    // Second moments that differ by less than this fraction of their mean, such as those of a disc or a square, give no direction: sides of 1 to 1.1.
    private const double LeastElongation = 0.1;

    /// <summary>The rectangle around the part; the whole image if there is none.</summary>
    /// <param name="image">[height, width, channels].</param>
    /// <param name="height">Its height.</param>
    /// <param name="width">Its width.</param>
    /// <param name="channels">1 or 3.</param>
    public static PartBox Find<T>(ReadOnlySpan<T> image, int height, int width, int channels)
        where T : IBinaryInteger<T>, IMinMaxValue<T>
    {
        double scale = Math.Min(1, (double)MostSide / Math.Max(height, width));
        int rows = Math.Max(1, (int)((height * scale) + 0.5)), columns = Math.Max(1, (int)((width * scale) + 0.5));
        var small = new Resampling(height, width, rows, columns).Resize(image, channels);
        var differences = new double[rows * columns];
        for (int c = 0; c < channels; c++) TakeDifferences(small, channels, c, rows, columns, differences);
        double usual = Quantile(Border(differences, rows, columns), 0.5), most = Quantile(differences, 1 - LeastShare);
        for (int i = 0; i < differences.Length; i++) differences[i] = Math.Min(differences[i], most);
        double threshold = Otsu(differences);
        if (threshold < LeastContrast * usual) return PartBox.Whole(height, width);
        bool[]? part = Largest(Array.ConvertAll(differences, v => v > threshold), rows, columns);
        return part is null || part.Count(inside => inside) < LeastShare * differences.Length
            ? PartBox.Whole(height, width)
            : Around(part, rows, columns, (double)height / rows, (double)width / columns);
    }

    /// <summary>The threshold with the largest between-class variance (Otsu 1979), in 256 steps of the largest value.</summary>
    internal static double Otsu(double[] values)
    {
        const int Bins = 256;
        double step = values.Max() / (Bins - 1), total = 0, best = -1;
        if (step == 0) return 0;
        var histogram = new int[Bins];
        foreach (double value in values) histogram[(int)((value / step) + 0.5)]++;
        for (int i = 0; i < Bins; i++) total += (double)i * histogram[i];
        long below = 0;
        double sum = 0;
        int chosen = 0;
        for (int i = 0; i < Bins - 1; i++)
        {
            below += histogram[i];
            sum += (double)i * histogram[i];
            if (below == 0 || below == values.Length) continue;
            double apart = (sum / below) - ((total - sum) / (values.Length - below)), variance = apart * apart * below * (values.Length - below);
            if (variance > best) (best, chosen) = (variance, i);
        }
        return (chosen + 0.5) * step;
    }

    /// <summary>
    /// Takes the difference of a channel from its background where it is larger than that of the other channels. Each pixel is the mean of its neighbours
    /// inside the image, so that noise does not split a part.
    /// </summary>
    private static void TakeDifferences<T>(T[] image, int channels, int channel, int rows, int columns, double[] largest)
        where T : IBinaryInteger<T>
    {
        var smooth = new double[rows * columns];
        for (int y = 0; y < rows; y++)
        {
            for (int x = 0; x < columns; x++)
            {
                int sum = 0, count = 0;
                for (int i = Math.Max(0, y - 1); i <= Math.Min(rows - 1, y + 1); i++)
                {
                    for (int j = Math.Max(0, x - 1); j <= Math.Min(columns - 1, x + 1); j++, count++)
                        sum += int.CreateTruncating(image[(((i * columns) + j) * channels) + channel]);
                }
                smooth[(y * columns) + x] = (double)sum / count;
            }
        }
        double background = Quantile(Border(smooth, rows, columns), 0.5);
        for (int i = 0; i < smooth.Length; i++) largest[i] = Math.Max(largest[i], Math.Abs(smooth[i] - background));
    }

    private static double[] Border(double[] values, int rows, int columns) =>
        [.. values.Where((_, i) => i / columns is var y && i % columns is var x && (y == 0 || x == 0 || y == rows - 1 || x == columns - 1))];

    private static double Quantile(double[] values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted[(int)(share * (sorted.Length - 1))];
    }

    /// <summary>The largest region connected by sides or corners, holes filled; null if there is none.</summary>
    private static bool[]? Largest(bool[] front, int rows, int columns)
    {
        var regions = new int[front.Length];
        int count = 0, largest = 0, most = 0;
        for (int i = 0; i < front.Length; i++)
        {
            if (!front[i] || regions[i] != 0) continue;
            int size = Fill(p => front[p], regions, ++count, i, rows, columns, corners: true);
            if (size > most) (largest, most) = (count, size);
        }
        if (count == 0) return null;
        // Pixels that are not reachable from the border are holes.
        var around = new int[front.Length];
        for (int i = 0; i < around.Length; i++)
        {
            bool border = i / columns == 0 || i / columns == rows - 1 || i % columns == 0 || i % columns == columns - 1;
            if (border && regions[i] != largest && around[i] == 0) Fill(p => regions[p] != largest, around, 1, i, rows, columns, corners: false);
        }
        return Array.ConvertAll(around, outside => outside == 0);
    }

    /// <summary>Labels all pixels that are reachable from one.</summary>
    /// <returns>The number of pixels.</returns>
    private static int Fill(Func<int, bool> passable, int[] reached, int number, int from, int rows, int columns, bool corners)
    {
        int count = 0;
        var open = new Stack<int>([from]);
        reached[from] = number;
        while (open.TryPop(out int at))
        {
            count++;
            int y = at / columns, x = at % columns;
            for (int i = Math.Max(0, y - 1); i <= Math.Min(rows - 1, y + 1); i++)
            {
                for (int j = Math.Max(0, x - 1); j <= Math.Min(columns - 1, x + 1); j++)
                {
                    int next = (i * columns) + j;
                    if (reached[next] != 0 || !passable(next) || (!corners && i != y && j != x)) continue;
                    reached[next] = number;
                    open.Push(next);
                }
            }
        }
        return count;
    }

    private static PartBox Around(bool[] part, int rows, int columns, double rowStep, double columnStep)
    {
        (double Row, double Column)[] places =
            [.. Enumerable.Range(0, rows * columns).Where(i => part[i]).Select(i => (((i / columns) + 0.5) * rowStep, ((i % columns) + 0.5) * columnStep))];
        double row = places.Average(p => p.Row), column = places.Average(p => p.Column);
        double rr = places.Average(p => (p.Row - row) * (p.Row - row)), cc = places.Average(p => (p.Column - column) * (p.Column - column));
        double rc = places.Average(p => (p.Row - row) * (p.Column - column));
        var direction = Longest(rr, cc, rc);
        var (alongRow, alongColumn) = direction ?? (0, 1);
        if (direction is not null && places.Sum(p => Math.Pow(((p.Row - row) * alongRow) + ((p.Column - column) * alongColumn), 3)) > 0)
            (alongRow, alongColumn) = (-alongRow, -alongColumn);
        var (low, high) = Extent(places.Select(p => ((p.Row - row) * alongRow) + ((p.Column - column) * alongColumn)));
        var (upper, lower) = Extent(places.Select(p => ((p.Row - row) * alongColumn) - ((p.Column - column) * alongRow)));
        double along = (low + high) / 2, across = (upper + lower) / 2;
        double pixelAlong = (Math.Abs(alongRow) * rowStep) + (Math.Abs(alongColumn) * columnStep),
            pixelAcross = (Math.Abs(alongColumn) * rowStep) + (Math.Abs(alongRow) * columnStep);
        return new PartBox(
            row + (along * alongRow) + (across * alongColumn), column + (along * alongColumn) - (across * alongRow), alongRow, alongColumn,
            (high - low + pixelAlong) * (1 + (2 * Margin)), (lower - upper + pixelAcross) * (1 + (2 * Margin)));
    }

    /// <summary>The direction of the largest variance; null for a part that is about as long as broad, which is not rotated.</summary>
    private static (double Row, double Column)? Longest(double rr, double cc, double rc)
    {
        double half = (rr - cc) / 2, root = Math.Sqrt((half * half) + (rc * rc));
        if (root <= LeastElongation * (rr + cc) / 2) return null;
        // (S − λ) v = 0 from either row of S; the longer of the two avoids cancellation.
        var (row, column) = half > 0 ? (half + root, rc) : (rc, root - half);
        double norm = Math.Sqrt((row * row) + (column * column));
        return (row / norm, column / norm);
    }

    private static (double Low, double High) Extent(IEnumerable<double> values) =>
        values.Aggregate((Low: double.MaxValue, High: double.MinValue), (extent, v) => (Math.Min(extent.Low, v), Math.Max(extent.High, v)));
}
