using Mmrr.Nn;
using Mmrr.Onnx.Format;

namespace Mmrr.Onnx.Graphs;

/// <summary>
/// Images of any size scored by tiles, as <see cref="TiledScoring"/> does: a loop over the tiles, the worst tile's score, and one seamless map.
/// </summary>
internal static class TileGraph
{
    /// <summary>Scores images.</summary>
    /// <param name="x">[N, C, H, W], values in [−1, 1].</param>
    /// <param name="run">The run.</param>
    /// <returns>The scores [N] and maps [N, H, W].</returns>
    public static (Value Scores, Value Maps) Score(Value x, RunModel run)
    {
        var graph = x.Graph;
        var shape = x.Apply("Shape");
        int tile = run.Options.Size;
        var rows = new Axis(shape.Gather(graph.Long(2), 0), tile);
        var columns = new Axis(shape.Gather(graph.Long(3), 0), tile);
        var scoring = new ScoreGraph(graph, run);
        var tiles = graph.Loop(rows.Count * columns.Count, [], 2, (turn, _) =>
        {
            var cut = x.Gather(rows.Seen.Gather(turn / columns.Count, 0), 2).Gather(columns.Seen.Gather(graph.Node("Mod", [turn, columns.Count]), 0), 3);
            var (scores, maps) = scoring.Score(cut);
            return [scores, maps];
        });
        var images = shape.Gather(graph.Longs(0), 0);
        return (tiles[0].Largest(0).Reshape(-1), Blend(tiles[1], rows, columns, images, tile)); // [tiles, N] and [tiles, N, t, t]
    }

    private static Value Blend(Value maps, Axis rows, Axis columns, Value images, int tile)
    {
        var graph = maps.Graph;
        var side = graph.Longs(tile);
        Value down = rows.Count.Reshape(1), across = columns.Count.Reshape(1);
        var weighted = maps.Reshape(Joined(down, across, images, side, side)).Transpose(0, 3, 1, 4, 2); // [down, t, across, t, N]
        weighted = weighted.Reshape(Joined(down * side, across * side, images));
        weighted = weighted * rows.Shares.Reshape(-1, 1, 1) * columns.Shares.Reshape(1, -1, 1);
        var strips = Added(weighted, rows); // [H, across·t, N]
        return Added(strips.Transpose(1, 0, 2), columns).Transpose(2, 1, 0); // [W, H, N]
    }

    /// <summary>The rows of the tiles added up in the image's rows: [tiles·t, ..] to [n, ..].</summary>
    private static Value Added(Value values, Axis axis)
    {
        var graph = values.Graph;
        var others = graph.Node("Slice", [values.Apply("Shape"), graph.Longs(1), graph.Longs(int.MaxValue)]);
        var nothing = graph.Node("ConstantOfShape", [Joined(axis.Length.Reshape(1), others)]);
        return graph.Node("ScatterND", [nothing, axis.Places.Reshape(-1, 1), values], ("reduction", "add"));
    }

    private static Value Joined(params ReadOnlySpan<Value> parts) => parts[0].Graph.Node("Concat", parts, ("axis", 0L));

    /// <summary><see cref="TileAxis"/> for a length that is known when the graph runs. Whole numbers, whose quotients are cut off.</summary>
    private readonly struct Axis
    {
        public Axis(Value length, int tile)
        {
            var graph = length.Graph;
            Value zero = graph.Long(0), one = graph.Long(1), two = graph.Long(2), step = graph.Long(tile - (tile / 2));
            var more = length - graph.Long(tile);
            Value free = more.Max(zero), missing = more.Apply("Neg").Max(zero);
            Length = length;
            Count = ((free + step - one) / step) + one;
            var numbers = graph.Node("Range", [zero, Count, one]);
            var starts = ((((numbers * two * free) / (Count - one).Max(one)) + one) / two) - (missing / two);
            var places = starts.Reshape(-1, 1) + graph.Node("Range", [zero, graph.Long(tile), one]); // [tiles, t]
            var inPeriod = graph.Node("Mod", [places, length * two]);
            Seen = inPeriod.Min((length * two) - one - inPeriod);
            // Of places beyond the border the share is 0.
            Places = places.Max(zero).Min(length - one);
            var window = graph.Floats([.. Enumerable.Range(0, tile).Select(j => (float)Math.Pow(Math.Sin(Math.PI * (j + 0.5) / tile), 2))], 1, tile);
            var inside = graph.Node("Equal", [places, Places]).Cast(ElementType.Float);
            var weights = window * inside;
            var sums = graph.Node(
                "ScatterND", [graph.Node("ConstantOfShape", [length.Reshape(1)]), Places.Reshape(-1, 1), weights.Reshape(-1)], ("reduction", "add"));
            Shares = weights / sums.Gather(Places, 0);
        }

        /// <summary>n, a tensor without axes.</summary>
        public Value Length { get; }

        /// <summary>The number of tiles, a tensor without axes.</summary>
        public Value Count { get; }

        /// <summary>The place of the image that each place of a tile sees, reflected at the borders, [tiles, t].</summary>
        public Value Seen { get; }

        /// <summary>The place of each place of a tile, within the image, [tiles, t].</summary>
        public Value Places { get; }

        /// <summary>Each place's part in the map, [tiles, t].</summary>
        public Value Shares { get; }
    }
}
