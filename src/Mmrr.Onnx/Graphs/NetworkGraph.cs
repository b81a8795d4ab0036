using Mmrr.Nn;
using Mmrr.Onnx.Format;

namespace Mmrr.Onnx.Graphs;

/// <summary>A network of a run as nodes: <see cref="UNet"/>, with images as [N, C, S, S].</summary>
internal sealed class NetworkGraph
{
    private const float Epsilon = 1e-5f;

    private readonly GraphBuilder _graph;
    private readonly RunModel _run;
    private readonly string _network;

    // Each parameter is one constant for all uses of the network.
    private readonly Dictionary<string, Value> _parameters = [];

    /// <summary>Prepares a network; nothing is added to the graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="run">The run.</param>
    /// <param name="network">The network's name in the checkpoints, such as <c>f_res</c>.</param>
    public NetworkGraph(GraphBuilder graph, RunModel run, string network) => (_graph, _run, _network) = (graph, run, network);

    /// <summary>[N, inputs, S, S] to [N, C, S, S].</summary>
    public Value Forward(Value x)
    {
        int resolutions = _run.Options.Resolutions, size = _run.Options.Size;
        var h = Convolution("stem", x);
        var skips = new Stack<Value>();
        for (int r = 0; r < resolutions; r++)
        {
            h = Block($"down.{r}.1", Block($"down.{r}.0", h, size >> r), size >> r);
            if (r == resolutions - 1) break;
            skips.Push(h);
            h = Convolution($"shrink.{r}", h, stride: 2);
        }
        for (int r = resolutions - 2; r >= 0; r--)
        {
            h = _graph.Node(
                "Resize", [h, _graph.Nothing, _graph.Floats([1, 1, 2, 2], 4)],
                ("mode", "nearest"), ("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor"));
            h = _graph.Node("Concat", [Convolution($"grow.{r}", h), skips.Pop()], ("axis", 1L));
            h = Block($"up.{r}.1", Block($"up.{r}.0", h, size >> r), size >> r);
        }
        return Convolution("head", Normalized("norm", h, size));
    }

    private Value Block(string name, Value x, int size)
    {
        var h = Convolution($"{name}.conv1", Normalized($"{name}.norm1", x, size));
        h = Convolution($"{name}.conv2", Normalized($"{name}.norm2", h, size));
        return h + (_run.Weights.ContainsKey($"{_network}.{name}.shortcut.weight") ? Convolution($"{name}.shortcut", x) : x);
    }

    private Value Convolution(string name, Value x, long stride = 1)
    {
        long kernel = _run.Weights[$"{_network}.{name}.weight"].Shape[2], pad = kernel / 2;
        return _graph.Node(
            "Conv", [x, Parameter($"{name}.weight"), Parameter($"{name}.bias")],
            ("kernel_shape", new[] { kernel, kernel }), ("pads", new[] { pad, pad, pad, pad }), ("strides", new[] { stride, stride }));
    }

    /// <summary>Group normalisation and ReLU: each group as one channel of an instance normalisation, whose own factors are 1 and 0.</summary>
    private Value Normalized(string name, Value x, int size)
    {
        int channels = _run.Weights[$"{_network}.{name}.weight"].Shape[0], groups = GroupNorm.Groups(channels);
        var ones = new float[groups];
        Array.Fill(ones, 1);
        var normal = _graph.Node(
            "InstanceNormalization", [x.Reshape(0, groups, -1), _graph.Floats(ones, groups), _graph.Floats(new float[groups], groups)], ("epsilon", Epsilon));
        var scaled = normal.Reshape(-1, channels, size, size) * Parameter($"{name}.weight", channels, 1, 1);
        return (scaled + Parameter($"{name}.bias", channels, 1, 1)).Apply("Relu");
    }

    private Value Parameter(string name, params long[] shape)
    {
        if (_parameters.TryGetValue(name, out var parameter)) return parameter;
        var (own, values) = _run.Weights[$"{_network}.{name}"];
        return _parameters[name] = _graph.Floats(values, shape.Length > 0 ? shape : [.. own.Select(n => (long)n)]);
    }
}
