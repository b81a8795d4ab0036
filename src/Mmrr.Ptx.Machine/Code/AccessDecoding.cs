using Mmrr.Ptx.Machine.Access;
using Mmrr.Ptx.Machine.Arithmetic;
using Mmrr.Ptx.Machine.Execution;
using Mmrr.Ptx.Machine.Text;

namespace Mmrr.Ptx.Machine.Code;

/// <summary>Decodes loads, stores and atomic operations. Cache operators, levels and orders of memory change nothing here and are read over.</summary>
internal static unsafe class AccessDecoding
{
    public static void Load(Emission e, ref Instruction i)
    {
        var space = Address(e, 1, ref i);
        Elements(e, e[0], ref i, isStore: false);
        i.Run = space switch
        {
            PtxSpace.Param => &LocalHandlers.LoadParameter,
            PtxSpace.Local => &LocalHandlers.Load,
            _ when e.Operation.LoadsExpected && i.Elements == 1 => &AtomicHandlers.LoadExpected,
            _ => &AccessHandlers.Load,
        };
    }

    public static void Store(Emission e, ref Instruction i)
    {
        var space = Address(e, 0, ref i);
        Elements(e, e[1], ref i, isStore: true);
        i.Run = space switch
        {
            PtxSpace.Param or PtxSpace.Const => throw e.Refuse("this memory cannot be written"),
            PtxSpace.Local => &LocalHandlers.Store,
            _ => &AccessHandlers.Store,
        };
    }

    public static void Atomic(Emission e, ref Instruction i)
    {
        bool isReduction = e.Operation.Name == "red";
        int at = isReduction ? 0 : 1;
        Address(e, at, ref i);
        var type = e.Type;
        if (type.Bits < 32) throw e.Unknown();
        i.Bytes = (byte)(type.Bits / 8);
        i.D = isReduction ? -1 : e.Result();
        byte size = (byte)type.RegisterBytes;
        (i.SizeD, i.SizeB) = (size, size);
        i.B = e.Source(at + 1, size, type.IsFloat);
        bool isSwap = e.Has("cas");
        if (isSwap) (i.C, i.SizeC) = (e.Source(at + 2, size, type.IsFloat), size);
        i.Run = &AtomicHandlers.Run;
        i.More = e.Program.Operands(e.Program.Atomics.Count);
        e.Program.Atomics.Add(Function(e, type));
    }

    private static PtxSpace Address(Emission e, int n, ref Instruction i)
    {
        var address = e[n];
        if (address.Kind != ArgumentKind.Address) throw e.Refuse("an address in brackets is expected");
        var space = e.Has("global") ? PtxSpace.Global
            : e.Has("shared") ? PtxSpace.Shared
            : e.Has("local") ? PtxSpace.Local
            : e.Has("const") ? PtxSpace.Const
            : e.Has("param") ? PtxSpace.Param
            : PtxSpace.Generic;
        i.Constant = (long)address.Bits;
        i.A = -1;
        if (address.Register is { } register) (i.A, i.SizeA) = (register.At, (byte)register.Bytes);
        // A function's parameters lie in its caller's local memory, a kernel's where the launch put them.
        if (space == PtxSpace.Param && address.Space == PtxSpace.Local) space = PtxSpace.Local;
        if (space == PtxSpace.Param && address.Register is not null) throw e.Refuse("a parameter's address in a register is not supported");
        i.Space = (byte)space;
        return space;
    }

    private static void Elements(Emission e, Argument values, ref Instruction i, bool isStore)
    {
        var type = e.Type;
        (i.Bytes, i.Signed) = ((byte)(type.Bits / 8), type.IsSigned);
        int count = e.Has("v2") ? 2 : e.Has("v4") ? 4 : 1;
        i.Elements = (byte)count;
        IReadOnlyList<Argument> items = count == 1 ? [values] : values.Items;
        if (items.Count != count) throw e.Refuse($"{count} registers are expected in braces");
        // A register may be wider than the type.
        int size = items.Any(item => item.Register is { Bytes: 8 }) ? 8 : type.RegisterBytes;
        i.SizeD = (byte)size;
        int[] places = [.. items.Select(item => isStore ? e.SourceOf(item, size, type.IsFloat) : e.ResultOf(item))];
        i.D = places[0];
        if (count > 1) i.More = e.Program.Operands(places.AsSpan(1));
    }

    private static Func<ulong, ulong, ulong, ulong> Function(Emission e, PtxType type)
    {
        string[] words = e.Operation.Words;
        string operation = words.FirstOrDefault(word => word is "add" or "min" or "max" or "exch" or "cas" or "and" or "or" or "xor" or "inc" or "dec")
            ?? throw e.Unknown();
        return (operation, type.Kind, type.Bits) switch
        {
            ("exch", _, _) => (_, b, _) => b,
            ("cas", _, 32) => (old, b, c) => (uint)old == (uint)b ? c : old,
            ("cas", _, _) => (old, b, c) => old == b ? c : old,
            ("and", _, _) => (old, b, _) => old & b,
            ("or", _, _) => (old, b, _) => old | b,
            ("xor", _, _) => (old, b, _) => old ^ b,
            ("inc", 'u', 32) => (old, b, _) => (uint)old >= (uint)b ? 0 : old + 1,
            ("dec", 'u', 32) => (old, b, _) => old == 0 || (uint)old > (uint)b ? b : old - 1,
            ("add", 'f', 32) => (old, b, _) =>
                BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle((uint)old) + BitConverter.UInt32BitsToSingle((uint)b)),
            ("add", 'f', 64) => (old, b, _) => BitConverter.DoubleToUInt64Bits(BitConverter.UInt64BitsToDouble(old) + BitConverter.UInt64BitsToDouble(b)),
            ("add", _, _) => (old, b, _) => old + b,
            ("min", 's', 32) => (old, b, _) => (uint)Math.Min((int)old, (int)b),
            ("min", 's', 64) => (old, b, _) => (ulong)Math.Min((long)old, (long)b),
            ("min", 'u', _) => (old, b, _) => Math.Min(old, b),
            ("max", 's', 32) => (old, b, _) => (uint)Math.Max((int)old, (int)b),
            ("max", 's', 64) => (old, b, _) => (ulong)Math.Max((long)old, (long)b),
            ("max", 'u', _) => (old, b, _) => Math.Max(old, b),
            _ => throw e.Unknown(),
        };
    }
}
