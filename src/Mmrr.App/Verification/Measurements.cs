using System.Globalization;
using MathNet.Numerics.Statistics;

namespace Mmrr.App.Verification;

/// <summary>A figure of a case, with the values of each engine.</summary>
/// <param name="Case">The case and its shape, as in the lines.</param>
/// <param name="Name">What is measured, with its unit.</param>
internal sealed record Figure(string Case, string Name)
{
    /// <summary>The values by engine and mode, in the order in which they were taken.</summary>
    public Dictionary<string, List<double>> Values { get; } = [];

    /// <summary>The median of an engine's values; null where it has none.</summary>
    public double? Median(string engine) => Values.TryGetValue(engine, out var values) ? values.Median() : null;

    /// <summary>How many times as fast the first engine is as the second; null where one is missing.</summary>
    public double? Ratio(string engine, string other) =>
        Median(engine) is { } first && Median(other) is { } second ? (Name.EndsWith(" ms", StringComparison.Ordinal) ? second / first : first / second) : null;
}

/// <summary>Collects the lines of key=value figures that <c>mmrr bench</c> and <c>torch_gpu.py</c> print.</summary>
internal sealed class Measurements
{
    /// <summary>Modes, as <see cref="Figure.Values"/> names them.</summary>
    public const string Float32 = "mmrr float32", Tf32 = "mmrr tf32", PyTorchFloat32 = "pytorch fp32", PyTorchTf32 = "pytorch tf32_channels_last";

    // The keys that identify a case; an engine's lines have more.
    private static readonly HashSet<string> s_shape = ["width", "batch", "channels", "size", "n", "c", "k", "h", "levels", "d", "solver", "groups"];

    private static readonly Dictionary<string, (string Name, double Scale)> s_figures = new()
    {
        ["images_per_s"] = ("images/s", 1),
        ["forward_gflops"] = ("forward GFLOP/s", 1),
        ["forward_tflops"] = ("forward GFLOP/s", 1000),
        ["forward_backward_gflops"] = ("forward and backward GFLOP/s", 1),
        ["forward_backward_tflops"] = ("forward and backward GFLOP/s", 1000),
        ["ms"] = ("time in ms", 1),
        ["forward_gbs"] = ("forward GB/s", 1),
        ["backward_gbs"] = ("backward GB/s", 1),
    };

    private readonly List<Figure> _figures = [];

    /// <summary>The figures, in order of first appearance.</summary>
    public IReadOnlyList<Figure> Figures => _figures;

    /// <summary>The accepted lines.</summary>
    public List<string> Lines { get; } = [];

    /// <summary>Adds a line; a line in another format is ignored.</summary>
    public void Add(string line)
    {
        string[][] pairs = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Split('=', 2))];
        if (pairs.Length == 0 || pairs.Any(pair => pair.Length != 2) || pairs[0][0] is not ("engine" or "peer")) return;
        var values = pairs.ToDictionary(pair => pair[0], pair => pair[1]);
        if (!values.TryGetValue("case", out string? name) || !values.TryGetValue(pairs[0][0] == "engine" ? "precision" : "mode", out string? mode)) return;
        Lines.Add(line);
        string key = string.Join(' ', [name, .. pairs.Where(pair => s_shape.Contains(pair[0])).Select(pair => $"{pair[0]}={pair[1]}")]);
        foreach (string[] pair in pairs)
        {
            if (!s_figures.TryGetValue(pair[0], out var known) || !double.TryParse(pair[1], CultureInfo.InvariantCulture, out double value)) continue;
            var figure = _figures.FirstOrDefault(one => one.Case == key && one.Name == known.Name);
            if (figure is null) _figures.Add(figure = new Figure(key, known.Name));
            string engine = $"{pairs[0][1]} {mode}";
            if (!figure.Values.TryGetValue(engine, out var list)) figure.Values[engine] = list = [];
            list.Add(value * known.Scale);
        }
    }
}
