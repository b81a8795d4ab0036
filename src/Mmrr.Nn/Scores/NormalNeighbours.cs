using System.Runtime.InteropServices;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.Nn;

/// <summary>
/// The normal images for <see cref="ScoreRule.Neighbours"/>: the images x on a coarse grid (<see cref="CoarseGrid"/>), their edges h(x)
/// (<see cref="EdgeHistogram"/>), and at each level l the restoration errors on the coarse grid, with brightness and contrast removed, n(x) − n(x̂_l) and
/// n(x) − n(x̂_l + r_l). With d the distance to the nearest normal ones, in units of the typical distance among them (<see cref="NearestRows"/>), a score
/// is (2·d(x) + 4·d(h(x)) + Σ_l w_l·d_l)/7, where d_l is the mean over both errors, and without refinement that of x̂ alone: 1 is typical. Tiled models,
/// whose tiles may lie anywhere, have none.
/// </summary>
internal sealed class NormalNeighbours
{
    // Limit for all stored rows together: 24 MB.
    private const int MostFloats = 6 * 1024 * 1024;

    /// <summary>The sets of the images themselves, before those of the errors: x and h(x).</summary>
    public const int ImageSets = 2;

    /// <summary>Weights of x, of h(x) and of the errors at all levels: chosen on the classes in docs/results.md.</summary>
    public static ReadOnlySpan<double> Weights => [2.0 / 7, 4.0 / 7, 1.0 / 7];

    private readonly LevelSchedule _levels;
    private readonly MmrrOptions _model;

    // x, h(x), and then for each level the refined and the restored errors: [2 + 2L], each [N, D].
    private readonly NearestRows[] _sets;

    /// <summary>The normal rows of x, of h(x), and for each level of the refined and the restored errors.</summary>
    public IReadOnlyList<NearestRows> Stored => _sets;

    private NormalNeighbours(LevelSchedule levels, MmrrOptions model, NearestRows[] sets) => (_levels, _model, _sets) = (levels, model, sets);

    /// <summary>Reads the tensors of <see cref="Tensors"/>; null if a file has none or is of an earlier version without edges.</summary>
    /// <exception cref="InvalidDataException">A tensor is missing, damaged or belongs to a different model.</exception>
    public static NormalNeighbours? Find(SafeTensorsFile file, string path, LevelSchedule levels, MmrrOptions model)
    {
        if (file.Entries.FirstOrDefault(e => e.Name == Name(0)) is not { } entry || file.Entries.All(e => e.Name != Name(1))) return null;
        int count = entry.Shape is [var n, _] ? n : 0;
        if (count < 2)
            throw new InvalidDataException(
                $"{path}: '{Name(0)}' has the shape [{string.Join(", ", entry.Shape)}], expected [N, {Length(0, model)}] with two rows or more");
        float[] usual = NormalStatistics.Tensor(file, path, "neighbours.usual", [Sets(levels)]);
        if (usual.Any(u => !(u > 0))) throw new InvalidDataException($"{path}: 'neighbours.usual' is not above 0");
        return new NormalNeighbours(
            levels, model,
            [.. usual.Select((u, i) => new NearestRows(NormalStatistics.Tensor(file, path, Name(i), [count, Length(i, model)]), Length(i, model), u))]);
    }

    /// <summary>The tensors to store in a file.</summary>
    public IEnumerable<(string Name, int[] Shape, float[] Values)> Tensors() =>
    [
        ("neighbours.usual", [_sets.Length], [.. _sets.Select(s => s.Usual)]),
        .. _sets.Select((s, i) => (Name(i), new[] { s.Rows.Length / s.Length, s.Length }, s.Rows)),
    ];

    private static string Name(int set) => set switch
    {
        0 => "neighbours.image",
        1 => "neighbours.edges",
        _ => $"neighbours.{(set % 2 == 0 ? "refined" : "restored")}.{(set - ImageSets) / 2}",
    };

    private static int Sets(LevelSchedule levels) => ImageSets + (2 * levels.Count);

    private static int Length(int set, MmrrOptions model)
    {
        int side = set == 1 ? EdgeHistogram.Side(model.Size) : CoarseGrid.Side(model);
        return side * side * (set == 1 ? EdgeHistogram.Directions : model.Channels);
    }

    /// <summary>The rows of a group of levels with the index of their set: [N, D] for each set.</summary>
    private static IEnumerable<(int Set, float[] Rows)> Rows(LevelOutputs group, MmrrOptions model)
    {
        int length = Length(0, model), edgeLength = Length(1, model), side = CoarseGrid.Side(model), values = model.Size * model.Size * model.Channels;
        int images = group.Refined.Shape[0] / group.Count, edgeSide = EdgeHistogram.Side(model.Size), pixels = EdgeHistogram.Pixels(model.Size);
        float[] image = group.Image.Value.ToArray(), refined = group.Refined.Value.ToArray(), restored = group.Restored.Value.ToArray();
        var (plain, edges) = (new float[images * length], new float[images * edgeLength]);
        var errors = Enumerable.Range(0, 2 * group.Count).Select(_ => new float[images * length]).ToArray();
        Parallel.For(0, images, new ParallelOptions { MaxDegreeOfParallelism = group.Image.Value.Device.HostThreads }, i =>
        {
            Span<float> Row(float[] all) => all.AsSpan(i * length, length);
            var x = image.AsSpan(i * group.Count * values, values);
            CoarseGrid.Average(x, model.Size, side, Row(plain));
            if (group.First == 0)
            {
                float[] averaged = new float[pixels * pixels * model.Channels];
                CoarseGrid.Average(x, model.Size, pixels, averaged);
                EdgeHistogram.Of(averaged, pixels, edgeSide, edges.AsSpan(i * edgeLength, edgeLength));
            }
            float[] light = [.. Row(plain)];
            CoarseGrid.TakeLight(light);
            for (int e = 0; e < errors.Length; e++)
            {
                var cells = Row(errors[e]);
                CoarseGrid.Average((e % 2 == 0 ? refined : restored).AsSpan(((i * group.Count) + (e / 2)) * values, values), model.Size, side, cells);
                CoarseGrid.TakeLight(cells);
                for (int k = 0; k < length; k++) cells[k] = light[k] - cells[k];
            }
        });
        if (group.First == 0)
        {
            yield return (0, plain);
            yield return (1, edges);
        }
        for (int e = 0; e < errors.Length; e++) yield return (ImageSets + (2 * group.First) + e, errors[e]);
    }

    /// <summary>Collects normal images, up to the number that is stored.</summary>
    public sealed class Gathering(MmrrOptions model, LevelSchedule levels)
    {
        private readonly List<float>[] _sets = [.. Enumerable.Range(0, Sets(levels)).Select(_ => new List<float>())];

        /// <summary>Adds a group of levels.</summary>
        public void Add(LevelOutputs group)
        {
            int most = Math.Max(NearestRows.Neighbour + 1, MostFloats / Enumerable.Range(0, _sets.Length).Sum(set => Length(set, model)));
            foreach (var (set, rows) in Rows(group, model))
                _sets[set].AddRange(rows.AsSpan(0, Math.Min(rows.Length, (most * Length(set, model)) - _sets[set].Count)));
        }

        /// <summary>The result; null for fewer than two images.</summary>
        public NormalNeighbours? Made() =>
            _sets[^1].Count < 2 * Length(_sets.Length - 1, model)
                ? null
                : new NormalNeighbours(levels, model, [.. _sets.Select((s, set) => new NearestRows([.. CollectionsMarshal.AsSpan(s)], Length(set, model)))]);
    }

    /// <summary>Accumulates the scores of images over the levels.</summary>
    public sealed class Sums(NormalNeighbours normal, int images)
    {
        private readonly double[] _refined = new double[images];
        private readonly double[] _restored = new double[images];

        /// <summary>Adds a group of levels. An image's distances are added in order.</summary>
        public void Add(LevelOutputs group)
        {
            foreach (var (set, rows) in Rows(group, normal._model))
            {
                double[] distances = normal._sets[set].Measure(rows);
                double weight = set < ImageSets ? Weights[set] : Weights[ImageSets] * normal._levels.Weights[(set - ImageSets) / 2];
                for (int i = 0; i < images; i++)
                {
                    _refined[i] += (set < ImageSets ? 1 : 0.5) * weight * distances[i];
                    if (set < ImageSets || set % 2 != 0) _restored[i] += weight * distances[i];
                }
            }
        }

        /// <summary>The scores, [N] each, after all levels are added.</summary>
        public (double[] Refined, double[] Restored) Scores => (_refined, _restored);
    }
}
