namespace Mmrr.Nn;

/// <summary>
/// The positions of tiles along one side of an image, and each tile's weight at a position that several cover.
/// <para>
/// Neighbours overlap by at least half a tile. There are ⌈(n − t)/(t − ⌊t/2⌋)⌉ + 1 of them, evenly spaced from the first position to the last: tile
/// i starts at round(i·(n − t)/(count − 1)). Two starts differ by at most ⌈(n − t)/(count − 1)⌉ ≤ t − ⌊t/2⌋, so no position is left
/// uncovered.
/// </para>
/// <para>
/// A tile's weight at its position j is the Hann window w(j) = sin²(π(j + ½)/t) &gt; 0, divided by the sum of the windows of all tiles that cover the
/// position. The weights at a position are positive and add up to 1 wherever the tiles lie: values on which all tiles agree are reproduced, and a tile
/// fades out towards its border, where its network sees the least context.
/// </para>
/// <para>An image that is narrower than a tile has one centred tile, which sees the image reflected beyond its borders.</para>
/// </summary>
public sealed class TileAxis
{
    private readonly int[] _starts;
    private readonly float[][] _shares;

    /// <summary>Places tiles along a side.</summary>
    /// <param name="length">n, the side's length in pixels, at least 1.</param>
    /// <param name="tile">t, the tile's length in pixels, at least 1.</param>
    public TileAxis(int length, int tile)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(tile, 1);
        Length = length;
        int step = tile - (tile / 2), free = length - tile;
        int count = free <= 0 ? 1 : ((free + step - 1) / step) + 1;
        _starts = free <= 0 ? [-(-free / 2)] : [.. Enumerable.Range(0, count).Select(i => (int)((((2L * i * free) / (count - 1)) + 1) / 2))];

        double[] window = [.. Enumerable.Range(0, tile).Select(j => Math.Pow(Math.Sin(Math.PI * (j + 0.5) / tile), 2))];
        var sums = new double[length];
        foreach (int start in _starts)
        {
            for (int j = Math.Max(0, -start); j < Math.Min(tile, length - start); j++) sums[start + j] += window[j];
        }
        _shares = [.. _starts.Select(start => Enumerable.Range(0, tile)
            .Select(j => start + j >= 0 && start + j < length ? (float)(window[j] / sums[start + j]) : 0f).ToArray())];
    }

    /// <summary>Length of the side in pixels.</summary>
    public int Length { get; }

    /// <summary>Number of tiles along the side.</summary>
    public int Count => _starts.Length;

    /// <summary>The first position of a tile; negative if the image is narrower.</summary>
    public int Start(int tile) => _starts[tile];

    /// <summary>A tile's weight at each of its positions, [t]; 0 outside the image.</summary>
    public ReadOnlySpan<float> Shares(int tile) => _shares[tile];

    /// <summary>The position that a position beyond the border reflects: … 1 0 | 0 1 2 | 2 1 …</summary>
    public static int Reflect(int place, int length)
    {
        int period = 2 * length, inPeriod = ((place % period) + period) % period;
        return inPeriod < length ? inPeriod : period - 1 - inPeriod;
    }
}
