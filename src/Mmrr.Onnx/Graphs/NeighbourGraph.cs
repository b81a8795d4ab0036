using Mmrr.Nn;
using Mmrr.Onnx.Format;

namespace Mmrr.Onnx.Graphs;

/// <summary><see cref="ScoreRule.Neighbours"/> as nodes: the normal images' rows are constants.</summary>
internal sealed class NeighbourGraph
{
    private readonly GraphBuilder _graph;
    private readonly RunModel _run;
    private readonly Value _x;
    private readonly int _side;
    private readonly NormalNeighbours _normal;
    private readonly Value _cells;
    private readonly Value _shape;

    /// <summary>Prepares the rule for images.</summary>
    /// <param name="run">The run, with statistics of its normal images.</param>
    /// <param name="x">The images, [N, C, S, S].</param>
    public NeighbourGraph(RunModel run, Value x)
    {
        (_graph, _run, _x) = (x.Graph, run, x);
        _side = CoarseGrid.Side(run.Options);
        _normal = run.Method.Statistics!.Neighbours!;
        _cells = Average(x, run.Options.Size, _side);
        _shape = WithoutLight(_cells.Reshape(-1, 1, Values));
    }

    // Of an image on the coarse grid.
    private long Values => (long)_run.Options.Channels * _side * _side;

    /// <summary>2/7·d(x) + 4/7·d(h(x)), [N, 1].</summary>
    public Value Images()
    {
        int size = _run.Options.Size, pixels = EdgeHistogram.Pixels(size), side = EdgeHistogram.Side(size);
        var edges = Histogram(Average(_x, size, pixels), pixels, side).Reshape(-1, 1, side * side * EdgeHistogram.Directions);
        return (Distance(_cells.Reshape(-1, 1, Values), [0], _side) * (float)NormalNeighbours.Weights[0])
            + (Distance(edges, [1], side) * (float)NormalNeighbours.Weights[1]);
    }

    /// <summary>The part of a group of levels: 1/7·w_l times the mean distance of both errors. [N, 1].</summary>
    public Value Errors(LevelGroup group)
    {
        int channels = _run.Options.Channels, size = _run.Options.Size;
        // Both predictions of a level beside each other: the sets of normal rows are in this order. [N, 2·count, C·side²].
        var both = _graph.Node("Concat", [Unsqueezed(group.Refined), Unsqueezed(group.Restored)], ("axis", 2L)).Reshape(-1, channels, size, size);
        var cells = WithoutLight(Average(both, size, _side).Reshape(-1, 2 * group.Count, Values));
        int first = NormalNeighbours.ImageSets + (2 * group.First);
        var distances = Distance(_shape - cells, [.. Enumerable.Range(first, 2 * group.Count)], _side);
        var weights = Enumerable.Range(0, 2 * group.Count)
            .Select(i => (float)(0.5 * NormalNeighbours.Weights[^1] * _run.Method.Levels.Weights[group.First + (i / 2)])).ToArray();
        return (distances * _graph.Floats(weights, 1, weights.Length)).Sum(1);
    }

    // [N, count, C, S, S] to [N, count, 1, C·S·S].
    private static Value Unsqueezed(Value x) => x.Reshape(0, 0, 1, -1);

    /// <summary>The means over the cells of a grid, [.., C, size, size] to [.., C, side, side].</summary>
    private Value Average(Value x, int size, int side)
    {
        if (side == size) return x;
        float[] rows = SquareMatrix.Averages(size, side);
        return _graph.Floats(rows, side, size).MatMul(x).MatMul(_graph.Floats(SquareMatrix.Transposed(rows, side, size), size, side));
    }

    /// <summary><see cref="CoarseGrid.TakeLight"/> along the last of three axes.</summary>
    private static Value WithoutLight(Value cells)
    {
        var centred = cells - cells.Mean(2);
        return centred / (centred * centred).Mean(2).Apply("Sqrt").Max((float)CoarseGrid.LeastDeviation);
    }

    /// <summary><see cref="EdgeHistogram.Of"/>: [N, C, pixels, pixels] to [N, 8, side, side].</summary>
    private Value Histogram(Value x, int pixels, int side)
    {
        const int Directions = EdgeHistogram.Directions;
        float[] differences = SquareMatrix.Differences(pixels);
        var grey = x.Mean(1);
        var dx = grey.MatMul(_graph.Floats(SquareMatrix.Transposed(differences, pixels, pixels), pixels, pixels));
        var dy = _graph.Floats(differences, pixels, pixels).MatMul(grey);
        var magnitude = ((dx * dx) + (dy * dy)).Apply("Sqrt");
        // atan2, in eighths of a turn from −4 to 4, of the angle between the x axis and (|dx|, |dy|).
        var zero = _graph.Scalar(0);
        var angle = (dy.Apply("Abs") / dx.Apply("Abs").Max(1e-30f)).Apply("Atan") * (Directions / MathF.Tau);
        angle = _graph.Node("Where", [_graph.Node("Less", [dx, zero]), (Directions / 2f) - angle, angle]);
        angle = _graph.Node("Where", [_graph.Node("Less", [dy, zero]), angle.Apply("Neg"), angle]);
        // Each direction's share falls from 1 to 0 within an eighth of a turn, the shorter way round.
        var apart = (angle - _graph.Floats([.. Enumerable.Range(0, Directions).Select(k => (float)k)], 1, Directions, 1, 1)).Apply("Abs");
        var shares = (1 - apart.Min((Directions - apart).Apply("Abs"))).Apply("Relu");
        var cells = Average(magnitude * shares, pixels, side);
        return cells / (cells * cells).Sum(1, 2, 3).Apply("Sqrt").Max(EdgeHistogram.LeastNorm);
    }

    /// <summary>Distances from the normal rows of some sets, as <see cref="NearestRows"/> measures them.</summary>
    /// <param name="rows">[N, sets, D], each set's values in the order channels, rows, columns.</param>
    /// <param name="sets">The sets.</param>
    /// <param name="side">Cells per side.</param>
    /// <returns>[N, sets].</returns>
    private Value Distance(Value rows, int[] sets, int side)
    {
        int length = _normal.Stored[sets[0]].Length, normal = _normal.Stored[sets[0]].Rows.Length / length, cells = side * side, channels = length / cells;
        var (columns, lengths, usual) = (new float[(long)sets.Length * length * normal], new float[sets.Length * normal], new float[sets.Length]);
        for (int s = 0; s < sets.Length; s++)
        {
            var set = _normal.Stored[sets[s]];
            usual[s] = 1 / set.Usual;
            for (int n = 0; n < normal; n++)
            {
                var row = set.Rows.AsSpan(n * length, length);
                lengths[(s * normal) + n] = (float)PackedRows.SquaredLength(row);
                // Rows are kept with their channels last, and one after the other.
                for (int k = 0; k < length; k++)
                {
                    int place = (k % channels * cells) + (k / channels);
                    columns[((((long)s * length) + place) * normal) + n] = row[k];
                }
            }
        }
        // ‖q‖² + ‖n‖² − 2·q·n, [sets, N, normal rows].
        var queries = rows.Transpose(1, 0, 2);
        var products = queries.MatMul(_graph.Floats(columns, sets.Length, length, normal));
        var squares = ((queries * queries).Sum(2) + _graph.Floats(lengths, sets.Length, 1, normal) - (products * 2)).Max(0);
        int neighbour = Math.Min(NearestRows.Neighbour, normal);
        var nearest = squares.Top(neighbour, largest: false).Gather(_graph.Long(neighbour - 1), 2); // [sets, N]
        return nearest.Transpose(1, 0) * _graph.Floats(usual, 1, sets.Length);
    }
}
