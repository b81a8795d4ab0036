using Mmrr.Nn;
using Mmrr.Onnx.Format;

namespace Mmrr.Onnx.Graphs;

/// <summary>
/// <see cref="Resampling"/> as nodes, for images whose size is known when the graph runs: loops over the taps, with every product and sum in float64 and in the
/// same order. Where a sum lies at a half, as it often does, another order would round to another whole number.
/// </summary>
internal static class ResamplingGraph
{
    /// <summary>Resizes images to squares, and rounds to whole numbers.</summary>
    /// <param name="image">[N, H, W, C], of whole numbers.</param>
    /// <param name="height">H, a whole number.</param>
    /// <param name="width">W.</param>
    /// <param name="size">S.</param>
    /// <returns>[N, C, S, S], floats.</returns>
    public static Value Resize(Value image, Value height, Value width, int size)
    {
        // The resized side comes second: a tap then copies long pieces of memory.
        var narrowed = Weigh(image.Transpose(0, 2, 3, 1), width, size); // [N, S, C, H]
        var sums = Weigh(narrowed.Transpose(0, 3, 2, 1), height, size); // [N, S, C, S]
        return (sums + image.Graph.Double(0.5)).Apply("Floor").Cast(ElementType.Float).Transpose(0, 2, 1, 3);
    }

    /// <summary>Weighted sums along the second axis, in float64: [N, length, ..] to [N, size, ..].</summary>
    private static Value Weigh(Value source, Value length, int size)
    {
        var graph = source.Graph;
        Value one = graph.Double(1), half = graph.Double(0.5), nothing = graph.Double(0);
        var scale = length.Cast(ElementType.Double) / graph.Double(size);
        var support = scale.Max(one);
        var centres = graph.Doubles([.. Enumerable.Range(0, size).Select(i => i + 0.5)], size) * scale;
        var first = (centres - support + half).Cast(ElementType.Long).Max(graph.Long(0));
        var count = (centres + support + half).Cast(ElementType.Long).Min(length) - first;
        var taps = count.Largest(0);
        var total = graph.Loop(
            taps, [(centres * nothing, ElementType.Double)], 0, (tap, sums) => [sums[0] + Weight(tap)])[0];
        var start = source.Gather(first, 1).Cast(ElementType.Double) * nothing;
        return graph.Loop(taps, [(start, ElementType.Double)], 0, (tap, sums) =>
        {
            var values = source.Gather((first + tap).Min(length - graph.Long(1)), 1).Cast(ElementType.Double);
            return [sums[0] + ((Weight(tap) / total).Reshape(-1, 1, 1) * values)];
        })[0];

        // A place with fewer taps than the others has weights of 0.
        Value Weight(Value tap)
        {
            var apart = ((first + tap).Cast(ElementType.Double) + half - centres).Apply("Abs");
            var weight = (one - (apart / support)).Max(nothing);
            return graph.Node("Where", [graph.Node("Less", [tap, count]), weight, nothing]);
        }
    }
}
