using System.Globalization;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Onnx.Format;
using Mmrr.Onnx.Graphs;

namespace Mmrr.Onnx;

/// <summary>
/// Writes a run as an ONNX file that needs nothing else: <c>image</c> [N, height, width, C] (bytes, or 16-bit values for a run of such images) of any size
/// in, <c>score</c> [N] and <c>map</c> out, by the run's rule with refinement, as <see cref="Scorer"/> computes them. What reads the file needs the
/// operators of version 17, which ONNX Runtime has from 1.12 on.
/// </summary>
public static class OnnxExport
{
    // Of the 2 GiB that a message of the format may have, an eighth is left to the nodes.
    private const long MostValues = 7L << 26;

    /// <summary>Writes the file, or replaces it.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="method">How the run scores; see <see cref="ScoreMethod.Of"/>.</param>
    /// <param name="calibration">The run's threshold and colours, for the file's metadata; null if it has none.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">A checkpoint is missing.</exception>
    /// <exception cref="InvalidDataException">A checkpoint is damaged, or what the run does cannot be a graph; the message tells what.</exception>
    public static void Write(string run, ScoreMethod method, Calibration? calibration, string path)
    {
        ArgumentNullException.ThrowIfNull(method);
        var (options, weights) = Checkpoint.ReadWeights(run);
        if (options.Method is { } other)
            throw new InvalidDataException($"{run}: its method is {other}, and only runs of MMRR can be written as an ONNX graph");
        if (options.Fit == ImageFit.Align)
            throw new InvalidDataException($"{run}: the run aligns its images, and finding the part on an image cannot be written as an ONNX graph");
        CheckSize(run, options, method, weights.Values.Sum(w => (long)w.Values.Length));
        var graph = new GraphBuilder();
        var model = new RunModel(options, method, weights);
        bool tiled = options.Fit == ImageFit.Tile;
        var image = graph.Input(
            "image", options.Range.Bits == 8 ? ElementType.Byte : ElementType.UShort, "images", "height", "width", options.Channels);
        var prepared = PixelGraph.Prepare(image, options);
        var (scores, maps) = tiled ? TileGraph.Score(prepared, model) : new ScoreGraph(graph, model).Score(prepared);
        graph.Output("score", scores, "images");
        graph.Output("map", maps, tiled ? ["images", "height", "width"] : ["images", options.Size, options.Size]);
        string version = typeof(OnnxExport).Assembly.GetName().Version!.ToString(3);
        AtomicFile.Write(path, OnnxFile.Content(graph, version, Metadata(run, options, method, method.Decision(calibration))));
    }

    // Before the values are made: the noise and a drawn mask of every level, the statistics of every place and level, and the weights.
    private static void CheckSize(string run, MmrrOptions options, ScoreMethod method, long weights)
    {
        long pixels = (long)options.Size * options.Size * method.Levels.Count;
        int drawn = options.Channels * (options.Mask == MaskKind.Learned ? 1 : 2);
        long values = (pixels * (drawn + (method.Rule == ScoreRule.Deviation ? 2 : 0))) + weights;
        if (values > MostValues)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"{run}: the ONNX file would have {4e-9 * values:F1} GB, and the format allows 2.1: "
                + $"the noise of {method.Levels.Count} levels of {options.Size} x {options.Size} pixels is in it"));
        }
    }

    private static IEnumerable<(string Key, string Value)> Metadata(string run, MmrrOptions options, ScoreMethod method, Calibration? calibration)
    {
        yield return ("mmrr.run", Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(run))));
        yield return ("mmrr.rule", method.Rule.Name());
        yield return ("mmrr.levels", method.Levels.Name);
        yield return ("mmrr.fit", options.Fit.ToString().ToLowerInvariant());
        yield return ("mmrr.size", Text(options.Size));
        yield return ("mmrr.channels", Text(options.Channels));
        if (calibration is null) yield break;
        yield return ("mmrr.threshold", Text(calibration.Threshold));
        yield return ("mmrr.heatmap.low", Text(calibration.Heatmap.Low));
        yield return ("mmrr.heatmap.high", Text(calibration.Heatmap.High));
        yield return ("mmrr.heatmap.contour", Text(calibration.Heatmap.Contour));
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
