using Google.Protobuf;

namespace Mmrr.Onnx.Format;

/// <summary>Writes a graph as a file of the ONNX format (ModelProto).</summary>
internal static class OnnxFile
{
    /// <summary>The version of the operators, which ONNX Runtime has from 1.12 on.</summary>
    public const long Operators = 17;

    // The version of the format that belongs to these operators.
    private const long Format = 8;

    /// <summary>The content of the file.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="version">The version of this program.</param>
    /// <param name="metadata">Keys and values.</param>
    public static Action<Stream> Content(GraphBuilder graph, string version, IEnumerable<(string Key, string Value)> metadata)
    {
        (int Field, byte[] Message)[] fields = [.. graph.Fields(), (2, "mmrr"u8.ToArray())];
        long size = fields.Sum(f => Protobuf.SizeOf(f.Field, f.Message));
        return stream =>
        {
            using var model = new CodedOutputStream(stream, leaveOpen: true);
            model.Number(1, Format);
            model.Text(2, "mmrr");
            model.Text(3, version);
            model.WriteTag(7, WireFormat.WireType.LengthDelimited);
            model.WriteLength(checked((int)size));
            foreach (var (field, message) in fields) model.Bytes(field, message);
            model.Bytes(8, Protobuf.Message(operators =>
            {
                operators.Text(1, "");
                operators.Number(2, Operators);
            }));
            foreach (var (key, value) in metadata)
            {
                model.Bytes(14, Protobuf.Message(entry =>
                {
                    entry.Text(1, key);
                    entry.Text(2, value);
                }));
            }
        };
    }
}
