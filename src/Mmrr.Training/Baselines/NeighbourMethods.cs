using MathNet.Numerics.Statistics;
using Mmrr.Nn;
using Mmrr.Training.Data;

namespace Mmrr.Training.Baselines;

/// <summary>Methods that keep all normal images: the distance to the nearest one and to the fifth nearest, and a kernel density.</summary>
internal static class NeighbourMethods
{
    private const int Far = 5;

    // The width of the density's Gaussian kernel is the median distance of a normal image to its tenth neighbour, over a sample of normal images.
    private const int WidthNeighbour = 10;
    private const int WidthImages = 1000;

    // A share of exp(−30) relative to the nearest image is below the resolution of float32.
    private const float LeastExponent = -30;

    /// <summary>Scores images.</summary>
    /// <param name="normal">[N][D], at least two, their mean subtracted.</param>
    /// <param name="tested">[M][D], the same mean subtracted.</param>
    /// <param name="seed">Seed of the draw of the images for the kernel's width.</param>
    public static IReadOnlyList<MethodScores> Score(float[][] normal, float[][] tested, long seed)
    {
        var neighbours = new RowDistances(normal);
        double width = Width(normal, neighbours, seed);
        float exponent = (float)(-1 / (2 * width * width));
        var (nearest, far, density) = (new double[tested.Length], new double[tested.Length], new double[tested.Length]);
        neighbours.ForEach(tested, (i, distances) =>
        {
            Span<float> smallest = stackalloc float[Far];
            RowDistances.Smallest(distances, smallest);
            (nearest[i], far[i]) = (Math.Sqrt(smallest[0]), Math.Sqrt(smallest[^1]));
            double sum = 0;
            foreach (float distance in distances)
            {
                float e = (distance - smallest[0]) * exponent;
                if (e > LeastExponent) sum += MathF.Exp(e);
            }
            density[i] = -(smallest[0] * (double)exponent) - Math.Log(sum / distances.Length);
        });
        var scores = new List<MethodScores> { new("nearest image", nearest), new("5th nearest image", far), new("kernel density", density) };
        if (normal.Length < Far) scores.RemoveAt(1);
        return scores;
    }

    private static double Width(float[][] normal, RowDistances neighbours, long seed)
    {
        int[] drawn = [.. Sampling.Permutation(normal.Length, seed).Take(WidthImages)];
        var distances = new double[drawn.Length];
        neighbours.ForEach(Array.ConvertAll(drawn, i => normal[i]), (i, squares) =>
        {
            squares[drawn[i]] = float.PositiveInfinity;
            Span<float> smallest = stackalloc float[Math.Min(WidthNeighbour, squares.Length - 1)];
            RowDistances.Smallest(squares, smallest);
            distances[i] = Math.Sqrt(smallest[^1]);
        });
        return Math.Max(distances.Median(), Math.Sqrt(normal[0].Length * ImageRows.RoundingVariance));
    }
}
