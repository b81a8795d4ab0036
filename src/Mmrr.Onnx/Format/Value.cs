namespace Mmrr.Onnx.Format;

/// <summary>A tensor of a graph that is being built; its methods and operators add nodes. Shapes broadcast as NumPy's do.</summary>
/// <param name="Graph">The graph.</param>
/// <param name="Name">Its name in the graph; empty for an input that is left out.</param>
internal readonly record struct Value(GraphBuilder Graph, string Name)
{
    public static Value operator +(Value a, Value b) => a.Graph.Node("Add", [a, b]);

    public static Value operator -(Value a, Value b) => a.Graph.Node("Sub", [a, b]);

    public static Value operator *(Value a, Value b) => a.Graph.Node("Mul", [a, b]);

    /// <summary>Of whole numbers the quotient towards zero.</summary>
    public static Value operator /(Value a, Value b) => a.Graph.Node("Div", [a, b]);

    public static Value operator +(Value a, float b) => a + a.Graph.Scalar(b);

    public static Value operator -(Value a, float b) => a - a.Graph.Scalar(b);

    public static Value operator -(float a, Value b) => b.Graph.Scalar(a) - b;

    public static Value operator *(Value a, float b) => a * a.Graph.Scalar(b);

    /// <summary>A function of one input without attributes, by its ONNX name.</summary>
    public Value Apply(string operation) => Graph.Node(operation, [this]);

    public Value Max(Value other) => Graph.Node("Max", [this, other]);

    public Value Max(float other) => Max(Graph.Scalar(other));

    public Value Min(Value other) => Graph.Node("Min", [this, other]);

    public Value Clip(float low, float high) => Graph.Node("Clip", [this, Graph.Scalar(low), Graph.Scalar(high)]);

    public Value MatMul(Value other) => Graph.Node("MatMul", [this, other]);

    public Value Cast(ElementType type) => Graph.Node("Cast", [this], ("to", (long)type));

    /// <summary>To a shape; 0 keeps the length of that axis, −1 is the rest.</summary>
    public Value Reshape(params long[] shape) => Reshape(Graph.Longs(shape));

    public Value Reshape(Value shape) => Graph.Node("Reshape", [this, shape]);

    public Value Transpose(params long[] axes) => Graph.Node("Transpose", [this], ("perm", axes));

    /// <summary>Repeats axes of length 1; the shape's axes of length 1 leave those of the value.</summary>
    public Value Expand(Value shape) => Graph.Node("Expand", [this, shape]);

    /// <summary>The mean over axes, which keep length 1.</summary>
    public Value Mean(params long[] axes) => Graph.Node("ReduceMean", [this], ("axes", axes), ("keepdims", 1L));

    /// <summary>The sum over axes, which keep length 1.</summary>
    public Value Sum(params long[] axes) => Graph.Node("ReduceSum", [this, Graph.Longs(axes)], ("keepdims", 1L));

    /// <summary>The largest along an axis, which keeps length 1.</summary>
    public Value Largest(long axis) => Graph.Node("ReduceMax", [this], ("axes", new[] { axis }), ("keepdims", 1L));

    /// <summary>The smallest along an axis, which keeps length 1.</summary>
    public Value Smallest(long axis) => Graph.Node("ReduceMin", [this], ("axes", new[] { axis }), ("keepdims", 1L));

    public Value Gather(Value indices, long axis) => Graph.Node("Gather", [this, indices], ("axis", axis));

    /// <summary>The first values along the last axis, by size.</summary>
    /// <param name="count">How many.</param>
    /// <param name="largest">The largest, from the largest on; otherwise the smallest, from the smallest on.</param>
    public Value Top(long count, bool largest) =>
        Graph.Nodes("TopK", 2, [this, Graph.Longs(count)], ("axis", -1L), ("largest", largest ? 1L : 0L), ("sorted", 1L))[0];
}
