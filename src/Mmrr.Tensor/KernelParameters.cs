using System.Reflection;
using ILGPU;
using ILGPU.Runtime;

namespace Mmrr;

/// <summary>
/// The bytes that ILGPU passes to a card for a struct of arguments: its fields in their order, each at a multiple of its alignment; a view is its address and
/// its length, 8 bytes each; a struct without fields is one byte.
/// </summary>
internal sealed class KernelParameters
{
    private readonly List<byte> _bytes = [];
    private readonly List<View> _views = [];

    private KernelParameters(object arguments)
    {
        Add(arguments, arguments.GetType(), "");
        Align(AlignmentOf(arguments.GetType()));
    }

    /// <summary>The views that have memory.</summary>
    public IReadOnlyList<View> Views => _views;

    public byte[] Bytes => [.. _bytes];

    public static KernelParameters Of(object arguments) => new(arguments);

    /// <summary>A view: its field, its address, and the buffer that it is of.</summary>
    internal readonly record struct View(string Name, nint Address, nint Buffer, long BufferBytes);

    private static FieldInfo[] Fields(Type type) =>
        [.. type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).OrderBy(field => field.MetadataToken)];

    private static bool IsView(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArrayView<>);

    private static int AlignmentOf(Type type)
    {
        if (IsView(type)) return 8;
        if (type.IsEnum) return AlignmentOf(type.GetEnumUnderlyingType());
        if (type.IsPrimitive) return SizeOf(type);
        return Fields(type).Select(field => AlignmentOf(field.FieldType)).DefaultIfEmpty(1).Max();
    }

    private static int SizeOf(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean or TypeCode.Byte or TypeCode.SByte => 1,
        TypeCode.Int16 or TypeCode.UInt16 or TypeCode.Char => 2,
        TypeCode.Int32 or TypeCode.UInt32 or TypeCode.Single => 4,
        _ => 8,
    };

    private void Add(object value, Type type, string path)
    {
        Align(AlignmentOf(type));
        if (IsView(type))
        {
            var view = (IContiguousArrayView)value;
            nint address = view.IsValid ? view.Buffer.NativePtr + (nint)view.IndexInBytes : 0;
            if (address != 0) _views.Add(new View(path, address, view.Buffer.NativePtr, view.Buffer.LengthInBytes));
            _bytes.AddRange(BitConverter.GetBytes((long)address));
            _bytes.AddRange(BitConverter.GetBytes(view.Length));
        }
        else if (type.IsEnum)
        {
            Add(Convert.ChangeType(value, type.GetEnumUnderlyingType(), System.Globalization.CultureInfo.InvariantCulture), type.GetEnumUnderlyingType(), path);
        }
        else if (type.IsPrimitive)
        {
            _bytes.AddRange(Primitive(value));
        }
        else
        {
            var fields = Fields(type);
            foreach (var field in fields) Add(field.GetValue(value)!, field.FieldType, path.Length == 0 ? field.Name : $"{path}.{field.Name}");
            if (fields.Length == 0) _bytes.Add(0);
            Align(AlignmentOf(type));
        }
    }

    private void Align(int alignment)
    {
        while (_bytes.Count % alignment != 0) _bytes.Add(0);
    }

    private static byte[] Primitive(object value) => value switch
    {
        bool v => [v ? (byte)1 : (byte)0],
        byte v => [v],
        sbyte v => [(byte)v],
        short v => BitConverter.GetBytes(v),
        ushort v => BitConverter.GetBytes(v),
        char v => BitConverter.GetBytes(v),
        int v => BitConverter.GetBytes(v),
        uint v => BitConverter.GetBytes(v),
        long v => BitConverter.GetBytes(v),
        ulong v => BitConverter.GetBytes(v),
        float v => BitConverter.GetBytes(v),
        double v => BitConverter.GetBytes(v),
        nint v => BitConverter.GetBytes((long)v),
        nuint v => BitConverter.GetBytes((ulong)v),
        _ => throw new NotSupportedException($"a kernel's argument of type {value.GetType()}"),
    };
}
