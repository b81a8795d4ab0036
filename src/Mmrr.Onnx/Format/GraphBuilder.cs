using System.Globalization;
using System.Runtime.InteropServices;

namespace Mmrr.Onnx.Format;

/// <summary>A graph of the ONNX format that is being built: constants, inputs, nodes in the order in which they are added, and outputs.</summary>
internal sealed class GraphBuilder
{
    // Short constants are written once, by their content.
    private const int MostShared = 8;

    private readonly Dictionary<string, Value> _shared = [];
    private readonly List<byte[]> _constants = [];
    private readonly List<byte[]> _inputs = [];
    private readonly List<byte[]> _outputs = [];
    private List<byte[]> _nodes = [];
    private int _names;

    /// <summary>The fields of the graph, each with its number (GraphProto).</summary>
    public IEnumerable<(int Field, byte[] Message)> Fields() =>
        _nodes.Select(n => (1, n)).Concat(_constants.Select(c => (5, c))).Concat(_inputs.Select(i => (11, i))).Concat(_outputs.Select(o => (12, o)));

    /// <summary>Adds an input of the graph; see <see cref="Protobuf.Info"/>.</summary>
    public Value Input(string name, ElementType type, params object[] shape)
    {
        _inputs.Add(Protobuf.Info(name, type, shape));
        return new Value(this, name);
    }

    /// <summary>Adds an output of the graph, of floats.</summary>
    public void Output(string name, Value value, params object[] shape)
    {
        _nodes.Add(Protobuf.Node("Identity", [value.Name], [name], []));
        _outputs.Add(Protobuf.Info(name, ElementType.Float, shape));
    }

    /// <summary>Adds a node with one output.</summary>
    public Value Node(string operation, ReadOnlySpan<Value> inputs, params (string Name, object Value)[] attributes) =>
        Nodes(operation, 1, inputs, attributes)[0];

    /// <summary>Adds a node with several outputs.</summary>
    public Value[] Nodes(string operation, int outputs, ReadOnlySpan<Value> inputs, params (string Name, object Value)[] attributes)
    {
        string[] names = [.. Enumerable.Range(0, outputs).Select(_ => NewName(operation))];
        _nodes.Add(Protobuf.Node(operation, [.. inputs.ToArray().Select(i => i.Name)], names, attributes));
        return [.. names.Select(name => new Value(this, name))];
    }

    /// <summary>An optional input that is left out.</summary>
    public Value Nothing => new(this, "");

    /// <summary>A number.</summary>
    public Value Scalar(float value) => Floats([value]);

    /// <summary>Whole numbers, [n].</summary>
    public Value Longs(params long[] values) => Constant(ElementType.Long, [values.Length], MemoryMarshal.AsBytes<long>(values));

    /// <summary>A whole number, a tensor without axes.</summary>
    public Value Long(long value) => Constant(ElementType.Long, [], MemoryMarshal.AsBytes<long>([value]));

    /// <summary>A constant.</summary>
    /// <param name="values">Row-major.</param>
    /// <param name="shape">Its shape.</param>
    public Value Floats(float[] values, params long[] shape) => Constant(ElementType.Float, shape, MemoryMarshal.AsBytes<float>(values));

    /// <summary>A number of float64.</summary>
    public Value Double(double value) => Doubles([value]);

    /// <summary>A constant of float64.</summary>
    public Value Doubles(double[] values, params long[] shape) => Constant(ElementType.Double, shape, MemoryMarshal.AsBytes<double>(values));

    /// <summary>Adds a loop whose body is a graph of its own; what is outside can be used inside.</summary>
    /// <param name="turns">The number of turns, a whole number.</param>
    /// <param name="carried">What each turn hands to the next, as the first finds it.</param>
    /// <param name="collected">The number of float tensors that are collected from each turn.</param>
    /// <param name="body">
    /// From the number of the turn, a tensor without axes, and what is carried to what the turn hands on, followed by what is collected from it.
    /// </param>
    /// <returns>What the last turn hands on, and what was collected, with the turns as its first axis.</returns>
    public Value[] Loop(Value turns, (Value Start, ElementType Type)[] carried, int collected, Func<Value, Value[], Value[]> body)
    {
        var outside = _nodes;
        _nodes = [];
        Value turn = new(this, NewName("turn")), condition = new(this, NewName("condition"));
        Value[] handed = [.. carried.Select(_ => new Value(this, NewName("carried")))];
        var results = body(turn, handed);
        string next = Node("Identity", [condition]).Name;
        byte[] graph = Protobuf.Message(message =>
        {
            foreach (byte[] node in _nodes) message.Bytes(1, node);
            message.Text(2, "body");
            message.Bytes(11, Protobuf.Info(turn.Name, ElementType.Long, []));
            message.Bytes(11, Protobuf.Info(condition.Name, ElementType.Bool, []));
            for (int i = 0; i < handed.Length; i++) message.Bytes(11, Protobuf.Info(handed[i].Name, carried[i].Type, null));
            message.Bytes(12, Protobuf.Info(next, ElementType.Bool, []));
            for (int i = 0; i < results.Length; i++)
                message.Bytes(12, Protobuf.Info(results[i].Name, i < carried.Length ? carried[i].Type : ElementType.Float, null));
        });
        _nodes = outside;
        return Nodes("Loop", carried.Length + collected, [turns, Nothing, .. carried.Select(c => c.Start)], ("body", graph));
    }

    private Value Constant(ElementType type, long[] shape, ReadOnlySpan<byte> values)
    {
        byte[] bytes = values.ToArray();
        string? key = bytes.Length <= MostShared * sizeof(long) ? $"{type}[{string.Join(',', shape)}]{Convert.ToHexString(bytes)}" : null;
        if (key is not null && _shared.TryGetValue(key, out var shared)) return shared;
        var constant = new Value(this, NewName("constant"));
        _constants.Add(Protobuf.Tensor(constant.Name, type, shape, bytes));
        if (key is not null) _shared[key] = constant;
        return constant;
    }

    private string NewName(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}_{_names++}");
}
