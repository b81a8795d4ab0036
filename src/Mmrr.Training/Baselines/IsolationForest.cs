using Mmrr.Training.Data;

namespace Mmrr.Training.Baselines;

/// <summary>
/// The isolation forest (Liu, Ting and Zhou, ICDM 2008): 100 trees of 256 rows each, split at a random value of a random pixel until a row is alone or the
/// depth reaches log₂ 256. The score is 2^(−h/c), with h the mean depth of x in the trees, to which c(n) is added in a leaf of n rows, and c(n) the mean depth
/// of an unsuccessful search in a binary tree of n rows.
/// </summary>
internal sealed class IsolationForest
{
    private const int Trees = 100;
    private const int Sample = 256;

    private readonly Node[] _trees;
    private readonly double _usual;

    /// <summary>Grows the trees.</summary>
    /// <param name="normal">[N][D], at least two.</param>
    /// <param name="seed">Seed of the draws; each tree has its own.</param>
    public IsolationForest(float[][] normal, long seed)
    {
        int count = Math.Min(Sample, normal.Length), depth = (int)Math.Ceiling(Math.Log2(count));
        _usual = Search(count);
        _trees = new Node[Trees];
        Parallel.For(0, Trees, t =>
        {
            var random = new SplitMix64(seed, t);
            int[] places = Sampling.Permutation(normal.Length, unchecked((long)random.Next()));
            _trees[t] = Grow([.. places.Take(count).Select(i => normal[i])], depth, ref random);
        });
    }

    /// <summary>Scores rows.</summary>
    /// <param name="tested">[M][D].</param>
    public MethodScores Score(float[][] tested)
    {
        var scores = new double[tested.Length];
        Parallel.For(0, tested.Length, i => scores[i] = Math.Pow(2, -_trees.Average(tree => Depth(tree, tested[i])) / _usual));
        return new MethodScores("isolation forest", scores);
    }

    /// <summary>c(n) = 2·H(n − 1) − 2·(n − 1)/n, 0 for one row.</summary>
    internal static double Search(int rows)
    {
        double harmonic = 0;
        for (int k = 1; k < rows; k++) harmonic += 1.0 / k;
        return rows < 2 ? 0 : (2 * harmonic) - (2.0 * (rows - 1) / rows);
    }

    private static double Depth(Node node, float[] row)
    {
        int depth = 0;
        for (; node.Below is not null; depth++) node = row[node.Pixel] < node.Value ? node.Below : node.Above!;
        return depth + Search(node.Rows);
    }

    private static Node Grow(float[][] rows, int depth, ref SplitMix64 random)
    {
        if (rows.Length < 2 || depth == 0 || Split(rows, ref random) is not var (pixel, value)) return new Node(rows.Length, 0, 0, null, null);
        float[][] below = [.. rows.Where(r => r[pixel] < value)], above = [.. rows.Where(r => !(r[pixel] < value))];
        return new Node(rows.Length, pixel, value, Grow(below, depth - 1, ref random), Grow(above, depth - 1, ref random));
    }

    /// <summary>A random pixel in which the rows differ, and a value above the smallest of them; null where all rows are equal.</summary>
    private static (int Pixel, float Value)? Split(float[][] rows, ref SplitMix64 random)
    {
        int length = rows[0].Length, first = random.NextInt(length);
        for (int k = 0; k < length; k++)
        {
            int pixel = (first + k) % length;
            float low = rows.Min(r => r[pixel]), high = rows.Max(r => r[pixel]);
            if (!(high > low)) continue;
            float value = (float)random.NextDouble(low, high);
            return (pixel, value > low ? value : high);
        }
        return null;
    }

    private sealed record Node(int Rows, int Pixel, float Value, Node? Below, Node? Above);
}
