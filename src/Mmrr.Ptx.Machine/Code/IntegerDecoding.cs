using Mmrr.Ptx.Machine.Arithmetic;
using Mmrr.Ptx.Machine.Execution;

namespace Mmrr.Ptx.Machine.Code;

/// <summary>Decodes integer arithmetic, logic and shifts.</summary>
internal static unsafe partial class IntegerDecoding
{
    public static void Add(Emission e, ref Instruction i)
    {
        RefuseCarry(e);
        i.Run = e.Operation.MakesAddress ? &WideHandlers.AddressSum : e.Type switch
        {
            { Bits: 64 } => &VectorHandlers.Binary<ulong, Integers.Add<ulong>>,
            { Bits: 32 } => &VectorHandlers.Binary<uint, Integers.Add<uint>>,
            { IsSigned: true } => &ScalarHandlers.Run<ScalarIntegers.Add<short>>,
            _ => &ScalarHandlers.Run<ScalarIntegers.Add<ushort>>,
        };
        Operands(e, ref i, 2);
    }

    public static void Subtract(Emission e, ref Instruction i)
    {
        RefuseCarry(e);
        i.Flag = e.Operation.MakesAddress;
        i.Run = e.Operation.MakesAddress ? &WideHandlers.AddressSum : e.Type switch
        {
            { Bits: 64 } => &VectorHandlers.Binary<ulong, Integers.Subtract<ulong>>,
            { Bits: 32 } => &VectorHandlers.Binary<uint, Integers.Subtract<uint>>,
            { IsSigned: true } => &ScalarHandlers.Run<ScalarIntegers.Subtract<short>>,
            _ => &ScalarHandlers.Run<ScalarIntegers.Subtract<ushort>>,
        };
        Operands(e, ref i, 2);
    }

    public static void Multiply(Emission e, ref Instruction i)
    {
        if (e.Has("wide"))
        {
            Wide(e, ref i, 2);
            return;
        }
        if (e.Has("hi"))
        {
            High(e, ref i, 2);
            return;
        }
        i.Run = e.Operation.MakesAddress ? &WideHandlers.AddressProduct : e.Type switch
        {
            { Bits: 64 } => &VectorHandlers.Binary<ulong, Integers.MultiplyLow<ulong>>,
            { Bits: 32 } => &VectorHandlers.Binary<uint, Integers.MultiplyLow<uint>>,
            { IsSigned: true } => &ScalarHandlers.Run<ScalarIntegers.MultiplyLow<short>>,
            _ => &ScalarHandlers.Run<ScalarIntegers.MultiplyLow<ushort>>,
        };
        Operands(e, ref i, 2);
        if (e.Type.Bits == 16) i.C = e.Constant(0, 4);
    }

    public static void MultiplyAdd(Emission e, ref Instruction i)
    {
        RefuseCarry(e);
        if (e.Has("sat")) throw e.Unknown();
        if (e.Has("wide"))
        {
            Wide(e, ref i, 3);
            return;
        }
        if (e.Has("hi"))
        {
            High(e, ref i, 3);
            return;
        }
        i.Run = e.Type switch
        {
            { Bits: 64 } => &VectorHandlers.Ternary<ulong, Integers.MultiplyAddLow<ulong>>,
            { Bits: 32 } => &VectorHandlers.Ternary<uint, Integers.MultiplyAddLow<uint>>,
            { IsSigned: true } => &ScalarHandlers.Run<ScalarIntegers.MultiplyLow<short>>,
            _ => &ScalarHandlers.Run<ScalarIntegers.MultiplyLow<ushort>>,
        };
        Operands(e, ref i, 3);
    }

    public static void Divide(Emission e, ref Instruction i)
    {
        i.Run = (e.Type.Bits, e.Type.IsSigned) switch
        {
            (64, true) => &ScalarHandlers.Run<ScalarIntegers.Divide<long>>,
            (64, _) => &ScalarHandlers.Run<ScalarIntegers.Divide<ulong>>,
            (32, true) => &WideHandlers.DivideSigned,
            (32, _) => &ScalarHandlers.Run<ScalarIntegers.Divide<uint>>,
            (_, true) => &ScalarHandlers.Run<ScalarIntegers.Divide<short>>,
            _ => &ScalarHandlers.Run<ScalarIntegers.Divide<ushort>>,
        };
        Operands(e, ref i, 2);
    }

    public static void Remainder(Emission e, ref Instruction i)
    {
        i.Flag = true;
        i.Run = (e.Type.Bits, e.Type.IsSigned) switch
        {
            (64, true) => &ScalarHandlers.Run<ScalarIntegers.Remainder<long>>,
            (64, _) => &ScalarHandlers.Run<ScalarIntegers.Remainder<ulong>>,
            (32, true) => &WideHandlers.DivideSigned,
            (32, _) => &ScalarHandlers.Run<ScalarIntegers.Remainder<uint>>,
            (_, true) => &ScalarHandlers.Run<ScalarIntegers.Remainder<short>>,
            _ => &ScalarHandlers.Run<ScalarIntegers.Remainder<ushort>>,
        };
        Operands(e, ref i, 2);
    }

    public static void Absolute(Emission e, ref Instruction i)
    {
        i.Run = e.Type.Bits switch
        {
            64 => &VectorHandlers.Unary<long, Integers.Absolute<long>>,
            32 => &VectorHandlers.Unary<int, Integers.Absolute<int>>,
            _ => &ScalarHandlers.Run<ScalarIntegers.Absolute<short>>,
        };
        Operands(e, ref i, 1);
    }

    public static void Negate(Emission e, ref Instruction i)
    {
        i.Run = e.Type.Bits switch
        {
            64 => &VectorHandlers.Unary<long, Integers.Negate<long>>,
            32 => &VectorHandlers.Unary<int, Integers.Negate<int>>,
            _ => &ScalarHandlers.Run<ScalarIntegers.Negate<short>>,
        };
        Operands(e, ref i, 1);
    }

    public static void Min(Emission e, ref Instruction i)
    {
        i.Run = (e.Type.Bits, e.Type.IsSigned) switch
        {
            (64, true) => &VectorHandlers.Binary<long, Integers.Min<long>>,
            (64, _) => &VectorHandlers.Binary<ulong, Integers.Min<ulong>>,
            (32, true) => &VectorHandlers.Binary<int, Integers.Min<int>>,
            (32, _) => &VectorHandlers.Binary<uint, Integers.Min<uint>>,
            (_, true) => &ScalarHandlers.Run<ScalarIntegers.Min<short>>,
            _ => &ScalarHandlers.Run<ScalarIntegers.Min<ushort>>,
        };
        Operands(e, ref i, 2);
    }

    public static void Max(Emission e, ref Instruction i)
    {
        i.Run = (e.Type.Bits, e.Type.IsSigned) switch
        {
            (64, true) => &VectorHandlers.Binary<long, Integers.Max<long>>,
            (64, _) => &VectorHandlers.Binary<ulong, Integers.Max<ulong>>,
            (32, true) => &VectorHandlers.Binary<int, Integers.Max<int>>,
            (32, _) => &VectorHandlers.Binary<uint, Integers.Max<uint>>,
            (_, true) => &ScalarHandlers.Run<ScalarIntegers.Max<short>>,
            _ => &ScalarHandlers.Run<ScalarIntegers.Max<ushort>>,
        };
        Operands(e, ref i, 2);
    }

    private static void Wide(Emission e, ref Instruction i, int count)
    {
        var type = e.Type;
        int bytes = type.Bits == 32 ? 8 : 4;
        i.D = e.Result();
        i.A = e.Source(1, 4);
        i.B = e.Source(2, 4);
        i.C = count == 3 ? e.Source(3, bytes) : e.Constant(0, bytes);
        (i.SizeD, i.SizeA, i.SizeB, i.SizeC) = ((byte)bytes, 4, 4, (byte)bytes);
        i.Run = (type.Bits, type.IsSigned, count) switch
        {
            (32, true, 2) => &WideHandlers.Multiply<SignedWidening>,
            (32, false, 2) => &WideHandlers.Multiply<UnsignedWidening>,
            (32, true, _) => &ScalarHandlers.Run<ScalarIntegers.MultiplyWide<int>>,
            (32, false, _) => &ScalarHandlers.Run<ScalarIntegers.MultiplyWide<uint>>,
            (16, true, _) => &ScalarHandlers.Run<ScalarIntegers.MultiplyWide<short>>,
            (16, false, _) => &ScalarHandlers.Run<ScalarIntegers.MultiplyWide<ushort>>,
            _ => throw e.Unknown(),
        };
    }

    private static void High(Emission e, ref Instruction i, int count)
    {
        i.Run = (e.Type.Bits, e.Type.IsSigned) switch
        {
            (64, true) => &ScalarHandlers.Run<ScalarIntegers.MultiplyHigh<long>>,
            (64, _) => &ScalarHandlers.Run<ScalarIntegers.MultiplyHighUnsigned64>,
            (32, true) => &ScalarHandlers.Run<ScalarIntegers.MultiplyHigh<int>>,
            (32, _) => &ScalarHandlers.Run<ScalarIntegers.MultiplyHigh<uint>>,
            (_, true) => &ScalarHandlers.Run<ScalarIntegers.MultiplyHigh<short>>,
            _ => &ScalarHandlers.Run<ScalarIntegers.MultiplyHigh<ushort>>,
        };
        Operands(e, ref i, count);
        if (count == 2) i.C = e.Constant(0, e.Type.RegisterBytes);
    }

    private static void Operands(Emission e, ref Instruction i, int count)
    {
        ArithmeticDecoding.Sources(e, ref i, count);
        ArithmeticDecoding.Scalar(ref i, e.Type);
    }

    private static void RefuseCarry(Emission e)
    {
        if (e.Has("cc") || e.Has("sat")) throw e.Unknown();
    }
}
