using Google.Protobuf;

namespace Mmrr.Onnx.Format;

/// <summary>
/// Messages of the ONNX format, in the encoding of protocol buffers. The numbers of fields and types are those of onnx.proto, version 8 of the IR.
/// </summary>
internal static class Protobuf
{
    /// <summary>Encodes a message that <paramref name="write"/> writes.</summary>
    public static byte[] Message(Action<CodedOutputStream> write)
    {
        using var memory = new MemoryStream();
        using (var output = new CodedOutputStream(memory, leaveOpen: true)) write(output);
        return memory.ToArray();
    }

    /// <summary>Writes a whole number.</summary>
    public static void Number(this CodedOutputStream output, int field, long value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt64(value);
    }

    /// <summary>Writes a text.</summary>
    public static void Text(this CodedOutputStream output, int field, string value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(value);
    }

    /// <summary>Writes a message within a message, or bytes.</summary>
    public static void Bytes(this CodedOutputStream output, int field, ReadOnlyMemory<byte> message)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(UnsafeByteOperations.UnsafeWrap(message));
    }

    /// <summary>The bytes that <see cref="Bytes"/> writes.</summary>
    public static long SizeOf(int field, byte[] message) =>
        CodedOutputStream.ComputeTagSize(field) + CodedOutputStream.ComputeLengthSize(message.Length) + message.Length;

    /// <summary>TensorProto: a constant.</summary>
    public static byte[] Tensor(string name, ElementType type, IReadOnlyList<long> shape, ReadOnlyMemory<byte> values) => Message(tensor =>
    {
        foreach (long length in shape) tensor.Number(1, length);
        tensor.Number(2, (long)type);
        tensor.Text(8, name);
        tensor.Bytes(9, values);
    });

    /// <summary>ValueInfoProto: a graph's input or output.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">The type of its elements.</param>
    /// <param name="shape">Each axis a whole number, or a name for a length that is known when the graph runs; null where nothing is said.</param>
    public static byte[] Info(string name, ElementType type, IReadOnlyList<object>? shape) => Message(info =>
    {
        info.Text(1, name);
        info.Bytes(2, Message(kind => kind.Bytes(1, Message(tensor =>
        {
            tensor.Number(1, (long)type);
            if (shape is not null) tensor.Bytes(2, Message(axes => Axes(axes, shape)));
        }))));
    });

    /// <summary>NodeProto: an operation.</summary>
    public static byte[] Node(
        string operation, IEnumerable<string> inputs, IReadOnlyList<string> outputs, IEnumerable<(string Name, object Value)> attributes) => Message(node =>
    {
        foreach (string input in inputs) node.Text(1, input);
        foreach (string output in outputs) node.Text(2, output);
        node.Text(3, outputs[0]);
        node.Text(4, operation);
        foreach (var (name, value) in attributes) node.Bytes(5, Attribute(name, value));
    });

    private static void Axes(CodedOutputStream axes, IReadOnlyList<object> shape)
    {
        foreach (object length in shape)
        {
            axes.Bytes(1, Message(axis =>
            {
                if (length is string symbol) axis.Text(2, symbol);
                else axis.Number(1, Convert.ToInt64(length, null));
            }));
        }
    }

    // AttributeProto; its field 20 is the type.
    private static byte[] Attribute(string name, object value) => Message(attribute =>
    {
        attribute.Text(1, name);
        switch (value)
        {
            case float number:
                attribute.WriteTag(2, WireFormat.WireType.Fixed32);
                attribute.WriteFloat(number);
                attribute.Number(20, 1);
                break;
            case long number:
                attribute.Number(3, number);
                attribute.Number(20, 2);
                break;
            case string text:
                attribute.Text(4, text);
                attribute.Number(20, 3);
                break;
            case byte[] graph:
                attribute.Bytes(6, graph);
                attribute.Number(20, 5);
                break;
            case long[] numbers:
                foreach (long number in numbers) attribute.Number(8, number);
                attribute.Number(20, 7);
                break;
            default: throw new ArgumentException($"attribute {name} is a {value.GetType().Name}");
        }
    });
}
