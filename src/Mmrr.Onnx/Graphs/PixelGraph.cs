using Mmrr.Nn;
using Mmrr.Onnx.Format;

namespace Mmrr.Onnx.Graphs;

/// <summary>
/// From the pixels of images of any size to the values that the networks see, as <see cref="PreparedImage"/> and <see cref="ImagePixels"/> make them.
/// </summary>
internal static class PixelGraph
{
    /// <summary>Prepares images.</summary>
    /// <param name="image">[N, H, W, C], bytes or 16-bit values.</param>
    /// <param name="options">The model's options.</param>
    /// <returns>[N, C, S, S]; for a tiled model [N, C, H, W].</returns>
    public static Value Prepare(Value image, MmrrOptions options)
    {
        var graph = image.Graph;
        var shape = image.Apply("Shape");
        Value height = shape.Gather(graph.Long(1), 0), width = shape.Gather(graph.Long(2), 0);
        if (options.Fit == ImageFit.Crop)
        {
            var side = height.Min(width);
            Value top = (height - side) / graph.Long(2), left = (width - side) / graph.Long(2);
            image = graph.Node("Slice", [image, Pair(top, left), Pair(top + side, left + side), graph.Longs(1, 2)]);
            (height, width) = (side, side);
        }
        var pixels = options.Fit == ImageFit.Tile
            ? image.Cast(ElementType.Float).Transpose(0, 3, 1, 2)
            : ResamplingGraph.Resize(image, height, width, options.Size);
        var range = options.Range;
        if (range.Low > 0 || range.High < range.White) pixels = pixels.Clip(range.Low, range.High);
        var values = ((pixels - range.Low) * (1 / range.Half)) - 1;
        return options.Normalize ? Normalized(values) : values;
    }

    /// <summary>Two whole numbers as one tensor.</summary>
    private static Value Pair(Value first, Value second) =>
        first.Graph.Node("Concat", [first.Reshape(1), second.Reshape(1)], ("axis", 0L));

    /// <summary><see cref="ImageLight.Normalizing(ReadOnlySpan{float})"/>, over whole images.</summary>
    private static Value Normalized(Value values)
    {
        var mean = Mean(values);
        var centred = values - mean;
        var deviation = Mean(centred * centred).Apply("Sqrt").Max((float)ImageLight.LeastDeviation);
        return (centred / deviation * (float)ImageLight.Deviation).Clip(-1, 1);
    }

    // Axis by axis, in sums that stay short.
    private static Value Mean(Value values) => values.Mean(3).Mean(2).Mean(1);
}
