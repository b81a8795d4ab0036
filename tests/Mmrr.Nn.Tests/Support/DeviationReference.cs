namespace Mmrr.Nn.Tests.Support;

/// <summary><see cref="DeviationRule"/> in float64 and plain loops.</summary>
internal static class DeviationReference
{
    /// <summary>√(G∗E) with the border reflected.</summary>
    public static double[] Roughness(IReadOnlyList<double> errors, int size, double sigma)
    {
        int radius = (int)Math.Ceiling(3 * sigma);
        double total = 0;
        for (int k = -radius; k <= radius; k++) total += Math.Exp(-k * k / (2 * sigma * sigma));
        var result = new double[size * size];
        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++)
            {
                double sum = 0;
                for (int dy = -radius; dy <= radius; dy++)
                {
                    for (int dx = -radius; dx <= radius; dx++)
                        sum += Math.Exp(-((dy * dy) + (dx * dx)) / (2 * sigma * sigma)) * errors[(Mirror(y + dy, size) * size) + Mirror(x + dx, size)];
                }
                result[(y * size) + x] = Math.Sqrt(sum / (total * total));
            }
        }
        return result;
    }

    /// <summary>Mean and spread of each place, or of all places together, from the values of n images.</summary>
    public static (double[] Mean, double[] Spread) Moments(IReadOnlyList<double[]> images, bool perPlace)
    {
        int pixels = images[0].Length, places = perPlace ? pixels : 1;
        double[][] values =
            [.. Enumerable.Range(0, places).Select(place =>
                perPlace ? [.. images.Select(i => i[place])] : images.SelectMany(i => i).ToArray())];
        double[] mean = [.. values.Select(v => v.Average())];
        double[] squares = [.. values.Select((v, p) => v.Sum(x => (x - mean[p]) * (x - mean[p])))];
        int count = values[0].Length;
        double pooled = count > 1 ? squares.Average() / (count - 1) : 0, least = Math.Max(1e-3 * mean.Average(), 1e-6);
        return (mean, [.. squares.Select(s => Math.Max(least, Math.Sqrt((s + (16 * pooled)) / (count - 1 + 16))))]);
    }

    /// <summary>The mean of the largest.</summary>
    public static double Score(IEnumerable<double> map, double share)
    {
        double[] falling = [.. map.OrderDescending()];
        return falling.Take(Math.Max(1, (int)Math.Round(share * falling.Length))).Average();
    }

    private static int Mirror(int place, int size)
    {
        while (place < 0 || place >= size) place = place < 0 ? -1 - place : (2 * size) - 1 - place;
        return place;
    }
}
