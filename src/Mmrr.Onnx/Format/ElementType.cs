namespace Mmrr.Onnx.Format;

/// <summary>The types of tensor elements that the graphs use, with their numbers in the ONNX format (TensorProto.DataType).</summary>
internal enum ElementType
{
    Float = 1,
    Byte = 2,
    UShort = 4,
    Long = 7,
    Bool = 9,
    Double = 11,
}
