using System.Buffers;
using System.Numerics;

namespace Mmrr.Nn;

/// <summary>
/// The formula of <see cref="ScoreRule.Deviation"/>. From an image's error map E_l at level l (the channels' mean squared error of each pixel) it computes
/// <list type="number">
/// <item>r_l = √(G∗E_l), with a Gaussian G that makes structure larger than a pixel stand out from noise (<see cref="Roughness"/>);</item>
/// <item>z_l = (r_l − mean_l) / spread_l, at each position, with the mean and spread of r_l over normal images (<see cref="Accumulate"/>,
/// <see cref="Spread"/>);</item>
/// <item>Z = Σ_l w_l·z_l with the weights of the level schedule: the map (<see cref="AddDeviations"/>);</item>
/// <item>the mean of the largest values of Z: the image's score (<see cref="Score"/>).</item>
/// </list>
/// An edge that is never restored well has a high mean and a wide spread and contributes little; a scratch of a few pixels on a smooth surface contributes
/// much. Each image is computed independently, in a fixed order.
/// </summary>
public sealed class DeviationRule
{
    /// <summary>The fraction of the pixels, those with the largest values, whose mean is the score.</summary>
    public const double DefaultShare = 0.01;

    /// <summary>
    /// Weight of the prior, in images: a position's variance is shrunk towards that of all positions of its level, so that few images do not make a
    /// position look certain.
    /// </summary>
    public const double PriorImages = 16;

    // Relative to the mean of a level, and for levels without any error: a smaller spread is rounding.
    private const double LeastSpread = 1e-3;
    private const double LeastSpreadOfNothing = 1e-6;

    private readonly float[] _gaussian;

    /// <summary>Creates the rule for maps of a size.</summary>
    /// <param name="size">S, at least 1.</param>
    /// <param name="sigma">Standard deviation of G in pixels, above 0; G is truncated at three deviations.</param>
    /// <param name="share">Fraction of the pixels whose mean is the score, in (0, 1]; at least one pixel.</param>
    public DeviationRule(int size, double sigma, double share = DefaultShare)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        if (!(sigma > 0 && sigma <= 4096)) throw new ArgumentOutOfRangeException(nameof(sigma), sigma, "expected above 0, up to 4096 pixels");
        if (!(share > 0 && share <= 1)) throw new ArgumentOutOfRangeException(nameof(share), share, "expected above 0, up to 1");
        (Size, Sigma, Share) = (size, sigma, share);
        int radius = (int)Math.Ceiling(3 * sigma);
        double[] values = [.. Enumerable.Range(-radius, (2 * radius) + 1).Select(k => Math.Exp(-0.5 * (k / sigma) * (k / sigma)))];
        double sum = values.Sum();
        _gaussian = Array.ConvertAll(values, v => (float)(v / sum));
    }

    /// <summary>S.</summary>
    public int Size { get; }

    /// <summary>Standard deviation of the smoothing in pixels.</summary>
    public double Sigma { get; }

    /// <summary>The fraction of the pixels whose mean is the score.</summary>
    public double Share { get; }

    /// <summary>G, an odd number of weights that add up to 1.</summary>
    internal ReadOnlySpan<float> Gaussian => _gaussian;

    /// <summary>The number of largest values, of so many pixels, whose mean is the score.</summary>
    internal int Largest(int pixels) => Math.Clamp((int)Math.Round(Share * pixels), 1, pixels);

    /// <summary>The default smoothing for maps of a size: 1/32 of the side, at least one pixel.</summary>
    public static double SigmaFor(int size) => Math.Max(1, size / 32.0);

    /// <summary>r = √(G∗E). A map is reflected beyond its border.</summary>
    /// <param name="errors">E, [S, S], none negative.</param>
    /// <param name="result">r, [S, S]; must not overlap <paramref name="errors"/>.</param>
    public void Roughness(ReadOnlySpan<float> errors, Span<float> result)
    {
        int taps = _gaussian.Length, radius = taps / 2;
        float[] rows = ArrayPool<float>.Shared.Rent(Size * Size), padded = ArrayPool<float>.Shared.Rent(Size + taps);
        int[] starts = ArrayPool<int>.Shared.Rent(taps);
        for (int k = 0; k < taps; k++) starts[k] = k;
        for (int y = 0; y < Size; y++)
        {
            var row = errors.Slice(y * Size, Size);
            row.CopyTo(padded.AsSpan(radius));
            for (int x = 1; x <= radius; x++)
            {
                padded[radius - x] = row[TileAxis.Reflect(-x, Size)];
                padded[radius + Size - 1 + x] = row[TileAxis.Reflect(Size - 1 + x, Size)];
            }
            Weigh(padded, starts, rows.AsSpan(y * Size, Size));
        }
        for (int y = 0; y < Size; y++)
        {
            for (int k = 0; k < taps; k++) starts[k] = TileAxis.Reflect(y + k - radius, Size) * Size;
            var smooth = result.Slice(y * Size, Size);
            Weigh(rows, starts, smooth);
            int x = 0;
            for (; x <= Size - Vector<float>.Count; x += Vector<float>.Count) Vector.SquareRoot(new Vector<float>(smooth[x..])).CopyTo(smooth[x..]);
            for (; x < Size; x++) smooth[x] = MathF.Sqrt(smooth[x]);
        }
        ArrayPool<float>.Shared.Return(rows);
        ArrayPool<float>.Shared.Return(padded);
        ArrayPool<int>.Shared.Return(starts);
    }

    /// <summary>Adds a normal image's r to the mean and the sum of squared deviations (Welford, Technometrics 4, 1962).</summary>
    /// <param name="roughness">r, [S, S].</param>
    /// <param name="count">Values accumulated at each position before.</param>
    /// <param name="mean">For each place, [S, S]; or one for all, [1].</param>
    /// <param name="squares">Σ (r − mean)², of the same length.</param>
    /// <returns>Values accumulated at each position.</returns>
    public static long Accumulate(ReadOnlySpan<float> roughness, long count, Span<double> mean, Span<double> squares)
    {
        bool perPlace = mean.Length == roughness.Length;
        for (int p = 0; p < roughness.Length; p++)
        {
            int place = perPlace ? p : 0;
            double delta = roughness[p] - mean[place];
            mean[place] += delta / (count + 1 + (perPlace ? 0 : p));
            squares[place] += delta * (roughness[p] - mean[place]);
        }
        return count + (perPlace ? 1 : roughness.Length);
    }

    /// <summary>
    /// Spreads: √((Σ(r − mean)² + k·v) / (n − 1 + k)) with v the mean variance of the level's positions and k = <see cref="PriorImages"/>, and at
    /// least a thousandth of the level's mean.
    /// </summary>
    /// <param name="count">n, at least 1.</param>
    /// <param name="mean">The mean of one level.</param>
    /// <param name="squares">The sums of that level, from <see cref="Accumulate"/>.</param>
    /// <param name="spread">Of the same length.</param>
    public static void Spread(long count, ReadOnlySpan<double> mean, ReadOnlySpan<double> squares, Span<float> spread)
    {
        double sum = 0, level = 0;
        for (int p = 0; p < mean.Length; p++)
        {
            sum += squares[p];
            level += mean[p] / mean.Length;
        }
        double variance = count > 1 ? sum / mean.Length / (count - 1) : 0, least = Math.Max(LeastSpread * level, LeastSpreadOfNothing);
        for (int p = 0; p < mean.Length; p++)
            spread[p] = (float)Math.Max(least, Math.Sqrt((squares[p] + (PriorImages * variance)) / (count - 1 + PriorImages)));
    }

    /// <summary>Adds w·(r − mean)/spread to a map.</summary>
    /// <param name="roughness">r, [S, S].</param>
    /// <param name="mean">For each place, [S, S]; or one for all, [1].</param>
    /// <param name="spread">Of the same length.</param>
    /// <param name="weight">w.</param>
    /// <param name="map">[S, S].</param>
    public static void AddDeviations(ReadOnlySpan<float> roughness, ReadOnlySpan<float> mean, ReadOnlySpan<float> spread, double weight, Span<float> map)
    {
        float w = (float)weight;
        if (mean.Length == 1)
        {
            for (int p = 0; p < map.Length; p++) map[p] += w * ((roughness[p] - mean[0]) / spread[0]);
            return;
        }
        int i = 0;
        for (; i <= map.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var z = (new Vector<float>(roughness[i..]) - new Vector<float>(mean[i..])) / new Vector<float>(spread[i..]);
            (new Vector<float>(map[i..]) + (w * z)).CopyTo(map[i..]);
        }
        for (; i < map.Length; i++) map[i] += w * ((roughness[i] - mean[i]) / spread[i]);
    }

    /// <summary>The mean of the largest values of a map, the fraction <see cref="Share"/>; NaN if the map has a NaN.</summary>
    /// <param name="map">Z, [S, S].</param>
    public double Score(ReadOnlySpan<float> map)
    {
        if (map.Contains(float.NaN)) return double.NaN;
        int count = Largest(map.Length), found = 0;
        float least = Least(map, count);
        float[] sorted = ArrayPool<float>.Shared.Rent(map.Length);
        foreach (float value in map)
        {
            if (value >= least) sorted[found++] = value;
        }
        Array.Sort(sorted, 0, found);
        double sum = 0;
        for (int i = found - count; i < found; i++) sum += sorted[i];
        ArrayPool<float>.Shared.Return(sorted);
        return sum / count;
    }

    /// <summary>A bound that so many values reach, few more where the large ones lie apart: the least of the maxima of so many parts of the map.</summary>
    private static float Least(ReadOnlySpan<float> map, int count)
    {
        float least = float.PositiveInfinity;
        for (int i = 0; i < count; i++)
        {
            int begin = (int)((long)map.Length * i / count), end = (int)((long)map.Length * (i + 1) / count);
            float largest = float.NegativeInfinity;
            foreach (float value in map[begin..end]) largest = value > largest ? value : largest;
            least = Math.Min(least, largest);
        }
        return least;
    }

    /// <summary>target[x] = Σ_k G[k]·source[starts[k] + x], in the order of k.</summary>
    private void Weigh(ReadOnlySpan<float> source, ReadOnlySpan<int> starts, Span<float> target)
    {
        int x = 0;
        for (; x <= target.Length - Vector<float>.Count; x += Vector<float>.Count)
        {
            var sum = Vector<float>.Zero;
            for (int k = 0; k < _gaussian.Length; k++) sum += _gaussian[k] * new Vector<float>(source[(starts[k] + x)..]);
            sum.CopyTo(target[x..]);
        }
        for (; x < target.Length; x++)
        {
            float sum = 0;
            for (int k = 0; k < _gaussian.Length; k++) sum += _gaussian[k] * source[starts[k] + x];
            target[x] = sum;
        }
    }
}
