using System.Runtime.InteropServices;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.Nn;

/// <summary>
/// The statistics of <see cref="ScoreRule.Whitened"/>: an <see cref="ErrorWhitening"/> for each level and each of <see cref="ErrorGrid.Sides"/>, of the errors x − x̂ and of x − (x̂ + r). An image's
/// score is Σ_l w_l·(mean over the grids); without refinement of x̂ alone, with it the mean of both: 1 is usual. There is none of a tiled model, whose tiles may lie anywhere.
/// </summary>
internal sealed class NormalWhitening
{
    private readonly LevelSchedule _levels;
    private readonly IReadOnlyList<int> _sides;
    private readonly int _channels;

    // [L·grids]
    private readonly ErrorWhitening[] _refined;
    private readonly ErrorWhitening[] _restored;

    private NormalWhitening(LevelSchedule levels, MmrrOptions model, ErrorWhitening[] refined, ErrorWhitening[] restored)
    {
        (_levels, _channels, _refined, _restored) = (levels, model.Channels, refined, restored);
        _sides = ErrorGrid.Sides(model.Size);
    }

    private static string[] Kinds { get; } = ["refined", "restored"];

    /// <summary>Reads what <see cref="Tensors"/> gives; null where a file has none.</summary>
    /// <exception cref="InvalidDataException">A tensor is missing, damaged or of another model.</exception>
    public static NormalWhitening? Find(SafeTensorsFile file, string path, LevelSchedule levels, MmrrOptions model)
    {
        var sides = ErrorGrid.Sides(model.Size);
        if (file.Entries.All(e => e.Name != Name(Kinds[0], sides[0], "components"))) return null;
        ErrorWhitening[][] kinds = [.. Kinds.Select(_ => new ErrorWhitening[levels.Count * sides.Count])];
        for (int kind = 0; kind < kinds.Length; kind++)
        {
            for (int g = 0; g < sides.Count; g++)
            {
                string of = Kinds[kind];
                int side = sides[g], length = side * side * model.Channels;
                int components = file.Entries.FirstOrDefault(e => e.Name == Name(of, side, "shares")) is { Shape: [_, var k] } ? k : 0;
                float[] Read(string what, params int[] shape) => NormalStatistics.Tensor(file, path, Name(of, side, what), shape);
                float[] mean = Read("mean", levels.Count, length), axes = Read("components", levels.Count, components, length);
                float[] shares = Read("shares", levels.Count, components), usual = Read("usual", levels.Count);
                if (usual.Any(u => u <= 0)) throw new InvalidDataException($"{path}: '{Name(of, side, "usual")}' is not above 0");
                for (int l = 0; l < levels.Count; l++)
                {
                    T[] Level<T>(T[] all) => all[(l * all.Length / levels.Count)..((l + 1) * all.Length / levels.Count)];
                    kinds[kind][(l * sides.Count) + g] = new ErrorWhitening(Level(mean), Level(axes), Level(shares), usual[l]);
                }
            }
        }
        return new NormalWhitening(levels, model, kinds[0], kinds[1]);
    }

    /// <summary>What a file keeps: for each kind and grid mean [L, D], components [L, K, D], shares [L, K] and usual [L].</summary>
    public IEnumerable<(string Name, int[] Shape, float[] Values)> Tensors()
    {
        for (int kind = 0; kind < Kinds.Length; kind++)
        {
            var all = kind == 0 ? _refined : _restored;
            for (int g = 0; g < _sides.Count; g++)
            {
                ErrorWhitening[] levels = [.. all.Where((_, i) => i % _sides.Count == g)];
                int count = levels.Length, length = levels[0].Length, components = levels[0].Shares.Length;
                yield return (Name(Kinds[kind], _sides[g], "mean"), [count, length], [.. levels.SelectMany(w => w.Mean)]);
                yield return (Name(Kinds[kind], _sides[g], "components"), [count, components, length], [.. levels.SelectMany(w => w.Components)]);
                yield return (Name(Kinds[kind], _sides[g], "shares"), [count, components], [.. levels.SelectMany(w => w.Shares)]);
                yield return (Name(Kinds[kind], _sides[g], "usual"), [count], [.. levels.Select(w => w.Usual)]);
            }
        }
    }

    private static string Name(string kind, int side, string what) => $"{kind}.{side}.{what}";

    /// <summary>Averages both kinds of errors of a group of levels on each grid: row n·count + l, [N·count, D].</summary>
    private static (float[] Refined, float[] Restored)[] Errors(RestoredLevels group, IReadOnlyList<int> sides)
    {
        var shape = group.Refined.Shape;
        int rows = shape[0], size = shape[1], channels = shape[3], values = size * size * channels;
        float[] image = group.Restoration.Image.Value.ToArray(), refined = group.Refined.Value.ToArray(), restored = group.Restoration.Restored.Value.ToArray();
        (float[] Refined, float[] Restored)[] errors = [.. sides.Select(side => (new float[rows * side * side * channels], new float[rows * side * side * channels]))];
        Parallel.For(0, rows, row =>
        {
            Span<float> Row(float[] all, int length) => all.AsSpan(row * length, length);
            for (int g = 0; g < errors.Length; g++)
            {
                int length = sides[g] * sides[g] * channels;
                ErrorGrid.Average(Row(image, values), Row(refined, values), size, sides[g], Row(errors[g].Refined, length));
                ErrorGrid.Average(Row(image, values), Row(restored, values), size, sides[g], Row(errors[g].Restored, length));
            }
        });
        return errors;
    }

    /// <summary>The errors of normal images on the way, and then what is fitted to them.</summary>
    public sealed class Fitting(MmrrOptions model, LevelSchedule levels)
    {
        private readonly IReadOnlyList<int> _sides = ErrorGrid.Sides(model.Size);
        private readonly List<float>[] _refined = Lists(levels.Count * ErrorGrid.Sides(model.Size).Count);
        private readonly List<float>[] _restored = Lists(levels.Count * ErrorGrid.Sides(model.Size).Count);

        /// <summary>Takes a group of levels.</summary>
        public void Add(RestoredLevels group)
        {
            var errors = Errors(group, _sides);
            for (int g = 0; g < _sides.Count; g++)
            {
                var (refined, restored) = errors[g];
                int length = _sides[g] * _sides[g] * model.Channels;
                for (int row = 0; row < refined.Length / length; row++)
                {
                    int index = ((group.First + (row % group.Count)) * _sides.Count) + g;
                    _refined[index].AddRange(refined.AsSpan(row * length, length));
                    _restored[index].AddRange(restored.AsSpan(row * length, length));
                }
            }
        }

        /// <summary>Fits; null where there are fewer than two images.</summary>
        public NormalWhitening? Fit()
        {
            if (_refined[^1].Count < 2 * _sides[^1] * _sides[^1] * model.Channels) return null;
            return new NormalWhitening(levels, model, All(_refined), All(_restored));
        }

        private static List<float>[] Lists(int count) => [.. Enumerable.Range(0, count).Select(_ => new List<float>())];

        private ErrorWhitening[] All(List<float>[] errors) =>
            [.. errors.AsParallel().AsOrdered().Select((e, i) => ErrorWhitening.Fit(CollectionsMarshal.AsSpan(e), _sides[i % _sides.Count] * _sides[i % _sides.Count] * model.Channels))];
    }

    /// <summary>The scores of some images on the way through the levels.</summary>
    public sealed class Sums(NormalWhitening normal, int images)
    {
        private readonly double[] _refined = new double[images];
        private readonly double[] _restored = new double[images];

        /// <summary>Takes a group of levels. An image's levels and grids are added in their order.</summary>
        public void Add(RestoredLevels group)
        {
            var errors = Errors(group, normal._sides);
            for (int g = 0; g < normal._sides.Count; g++)
            {
                int side = normal._sides[g], length = side * side * normal._channels;
                var (refined, restored) = errors[g];
                Parallel.For(0, images, i =>
                {
                    for (int l = 0; l < group.Count; l++)
                    {
                        int index = ((group.First + l) * normal._sides.Count) + g, row = (i * group.Count) + l;
                        double weight = normal._levels.Weights[group.First + l] / normal._sides.Count;
                        _refined[i] += weight * normal._refined[index].Measure(refined.AsSpan(row * length, length));
                        _restored[i] += weight * normal._restored[index].Measure(restored.AsSpan(row * length, length));
                    }
                });
            }
        }

        /// <summary>The scores, [N] each, when all levels are in.</summary>
        public (double[] Refined, double[] Restored) Scores => ([.. _refined.Zip(_restored, (a, b) => (a + b) / 2)], _restored);
    }
}
