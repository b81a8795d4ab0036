namespace Mmrr.Nn.Checkpoints;

/// <summary>One tensor as described by the header of a safetensors file; the values stay in the file.</summary>
/// <param name="Name">The tensor's name, unique in its file.</param>
/// <param name="Dtype">The element type as the format spells it, such as <c>F32</c>.</param>
/// <param name="Shape">The dimensions, slowest first; empty for a scalar. Every dimension is 0 or more.</param>
/// <param name="Offset">Start of the values, in bytes from the start of the data section.</param>
/// <param name="ByteLength">The size of the values in bytes; equals the element count times the element size.</param>
public sealed record SafeTensorsEntry(string Name, string Dtype, IReadOnlyList<int> Shape, long Offset, long ByteLength);
