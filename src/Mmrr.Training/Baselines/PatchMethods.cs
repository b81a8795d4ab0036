using Mmrr.Nn;
using Mmrr.Training.Data;

namespace Mmrr.Training.Baselines;

/// <summary>
/// Methods that score overlapping patches of a grey image, independent of their position, and take the worst patch as the image's score: the residual of a
/// PCA of normal patches, and the distance in these components to the nearest of some normal patches.
/// </summary>
internal static class PatchMethods
{
    /// <summary>Side of a patch.</summary>
    public const int Side = 8;

    // Step from one patch to the next; the last patch ends at the image's border.
    private const int Step = 4;
    private const int Components = 8;

    // Numbers of normal patches, drawn by the seed: for the components, and of these the ones kept as neighbours.
    private const int MostPatches = 50_000;
    private const int MostNeighbours = 5_000;

    // Patches whose distances are computed together: bounds the memory.
    private const int Block = 32;

    /// <summary>Scores images.</summary>
    /// <param name="normal">[N][side·side], grey, at least two.</param>
    /// <param name="tested">[M][side·side].</param>
    /// <param name="side">Side of the images, at least <see cref="Side"/>.</param>
    /// <param name="seed">Seed of the draw of patches.</param>
    public static IReadOnlyList<MethodScores> Score(float[][] normal, float[][] tested, int side, long seed)
    {
        int[] places = Places(side);
        var drawn = Draw(normal.Length, places.Length, seed);
        float[][] patches = [.. drawn.Select(d => Cut(normal[d.Image], places[d.Place], side, new float[Side * Side]))];
        float[] mean = ImageRows.SubtractMean(patches, []);
        var components = PrincipalComponents.Fit(patches, Components);
        var neighbours = new RowDistances(components.Project([.. patches.Take(MostNeighbours)]));
        var (residuals, distances) = (new double[tested.Length], new double[tested.Length]);
        Parallel.For(0, tested.Length, () => new Workspace(places.Length, components, neighbours), (i, _, space) =>
        {
            for (int p = 0; p < places.Length; p++)
            {
                float[] patch = Cut(tested[i], places[p], side, space.Patches[p]);
                for (int k = 0; k < patch.Length; k++) patch[k] -= mean[k];
            }
            (residuals[i], distances[i]) = space.Worst();
            return space;
        }, _ => { });
        return [new($"PCA residual of {Side}x{Side} patches", residuals), new($"nearest {Side}x{Side} patch", distances)];
    }

    /// <summary>The first pixels of the patches in an image, row by row.</summary>
    private static int[] Places(int side)
    {
        int[] along = [.. Enumerable.Range(0, ((side - Side + Step - 1) / Step) + 1).Select(i => Math.Min(i * Step, side - Side))];
        return [.. along.SelectMany(y => along.Select(x => (y * side) + x))];
    }

    private static float[] Cut(float[] image, int place, int side, float[] patch)
    {
        for (int y = 0; y < Side; y++) image.AsSpan(place + (y * side), Side).CopyTo(patch.AsSpan(y * Side));
        return patch;
    }

    /// <summary>Patches in random order: all, or as many as are needed.</summary>
    private static List<(int Image, int Place)> Draw(int images, int places, long seed)
    {
        if ((long)images * places <= MostPatches) return [.. Sampling.Permutation(images * places, seed).Select(i => (i / places, i % places))];
        var random = new SplitMix64(seed);
        var (list, known) = (new List<(int, int)>(MostPatches), new HashSet<(int, int)>(MostPatches));
        while (list.Count < MostPatches)
        {
            var drawn = (random.NextInt(images), random.NextInt(places));
            if (known.Add(drawn)) list.Add(drawn);
        }
        return list;
    }

    /// <summary>The buffers of a thread that scores images.</summary>
    private sealed class Workspace(int places, PrincipalComponents components, RowDistances neighbours)
    {
        private readonly float[] _coordinates = new float[Block * components.Stride];
        private readonly float[] _products = new float[Block * neighbours.Stride];
        private readonly float[][] _projected = Rows(Block, components.Variances.Count);

        /// <summary>The image's patches with the mean subtracted, [places][64].</summary>
        public float[][] Patches { get; } = Rows(places, Side * Side);

        /// <summary>The largest residual of a patch, and the largest distance from its nearest neighbour.</summary>
        public (double Residual, double Distance) Worst()
        {
            double residual = double.NegativeInfinity;
            float square = 0;
            for (int first = 0; first < Patches.Length; first += Block)
            {
                var some = Patches.AsSpan(first, Math.Min(Block, Patches.Length - first));
                components.Project(some, _coordinates);
                for (int i = 0; i < some.Length; i++)
                {
                    _coordinates.AsSpan(i * components.Stride, _projected[i].Length).CopyTo(_projected[i]);
                    residual = Math.Max(residual, PackedRows.SquaredLength(some[i]) - PackedRows.SquaredLength(_projected[i]));
                }
                square = Math.Max(square, neighbours.Nearest(_projected.AsSpan(0, some.Length), _products));
            }
            return (residual, Math.Sqrt(square));
        }

        private static float[][] Rows(int count, int length)
        {
            var rows = new float[count][];
            for (int i = 0; i < count; i++) rows[i] = new float[length];
            return rows;
        }
    }
}
