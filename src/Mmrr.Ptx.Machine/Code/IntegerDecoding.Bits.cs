using Mmrr.Ptx.Machine.Arithmetic;
using Mmrr.Ptx.Machine.Execution;

namespace Mmrr.Ptx.Machine.Code;

/// <content>Bits: logic, shifts, fields.</content>
internal static unsafe partial class IntegerDecoding
{
    public static void And(Emission e, ref Instruction i)
    {
        i.Run = Wide64(e) ? &VectorHandlers.Binary<ulong, Integers.And<ulong>> : &VectorHandlers.Binary<uint, Integers.And<uint>>;
        Logic(e, ref i, 1);
    }

    public static void Or(Emission e, ref Instruction i)
    {
        i.Run = Wide64(e) ? &VectorHandlers.Binary<ulong, Integers.Or<ulong>> : &VectorHandlers.Binary<uint, Integers.Or<uint>>;
        Logic(e, ref i, 2);
    }

    public static void Xor(Emission e, ref Instruction i)
    {
        i.Run = Wide64(e) ? &VectorHandlers.Binary<ulong, Integers.Xor<ulong>> : &VectorHandlers.Binary<uint, Integers.Xor<uint>>;
        Logic(e, ref i, 3);
    }

    public static void Not(Emission e, ref Instruction i)
    {
        if (e.Has("pred"))
        {
            i.Run = &VectorHandlers.Predicates;
            (i.D, i.A, i.C) = (e.Result(), e.Predicate(1), e[1].IsNegated ? 0 : 1);
            return;
        }
        i.Run = Wide64(e) ? &VectorHandlers.Unary<ulong, Integers.Not<ulong>> : &VectorHandlers.Unary<uint, Integers.Not<uint>>;
        Operands(e, ref i, 1);
    }

    public static void ShiftLeft(Emission e, ref Instruction i)
    {
        int bits = e.Type.Bits;
        if (e[2].Kind == ArgumentKind.Constant && (uint)e[2].Bits < bits && bits >= 32)
        {
            (i.D, i.A, i.Constant) = (e.Result(), e.Source(1, e.Type.RegisterBytes), (long)e[2].Bits);
            i.Run = bits == 64 ? &WideHandlers.ShiftLeft<ulong> : &WideHandlers.ShiftLeft<uint>;
            return;
        }
        i.Run = bits switch
        {
            64 => &ScalarHandlers.Run<ScalarIntegers.ShiftLeft<ulong>>,
            32 => &ScalarHandlers.Run<ScalarIntegers.ShiftLeft<uint>>,
            _ => &ScalarHandlers.Run<ScalarIntegers.ShiftLeft<ushort>>,
        };
        Shift(e, ref i);
    }

    public static void ShiftRight(Emission e, ref Instruction i)
    {
        var type = e.Type;
        if (e[2].Kind == ArgumentKind.Constant && (uint)e[2].Bits < type.Bits && type.Bits >= 32)
        {
            (i.D, i.A, i.Constant) = (e.Result(), e.Source(1, type.RegisterBytes), (long)e[2].Bits);
            i.Run = (type.Bits, type.IsSigned) switch
            {
                (64, true) => &WideHandlers.ShiftRight<long>,
                (64, _) => &WideHandlers.ShiftRight<ulong>,
                (_, true) => &WideHandlers.ShiftRight<int>,
                _ => &WideHandlers.ShiftRight<uint>,
            };
            return;
        }
        i.Run = (type.Bits, type.IsSigned) switch
        {
            (64, true) => &ScalarHandlers.Run<ScalarIntegers.ShiftRight<long>>,
            (64, _) => &ScalarHandlers.Run<ScalarIntegers.ShiftRight<ulong>>,
            (32, true) => &ScalarHandlers.Run<ScalarIntegers.ShiftRight<int>>,
            (32, _) => &ScalarHandlers.Run<ScalarIntegers.ShiftRight<uint>>,
            (_, true) => &ScalarHandlers.Run<ScalarIntegers.ShiftRight<short>>,
            _ => &ScalarHandlers.Run<ScalarIntegers.ShiftRight<ushort>>,
        };
        Shift(e, ref i);
    }

    public static void Funnel(Emission e, ref Instruction i)
    {
        if (!e.Has("wrap")) throw e.Unknown();
        i.Run = e.Has("l") ? &ScalarHandlers.Run<ScalarIntegers.FunnelLeft> : &ScalarHandlers.Run<ScalarIntegers.FunnelRight>;
        Operands(e, ref i, 3);
    }

    public static void PermuteBytes(Emission e, ref Instruction i)
    {
        if (e.Operation.Words.Length != 2) throw e.Unknown();
        i.Run = &ScalarHandlers.Run<ScalarIntegers.PermuteBytes>;
        Operands(e, ref i, 3);
    }

    public static void PopulationCount(Emission e, ref Instruction i)
    {
        i.Run = Wide64(e) ? &ScalarHandlers.Run<ScalarIntegers.PopulationCount<ulong>> : &ScalarHandlers.Run<ScalarIntegers.PopulationCount<uint>>;
        Count(e, ref i);
    }

    public static void LeadingZeros(Emission e, ref Instruction i)
    {
        i.Run = Wide64(e) ? &ScalarHandlers.Run<ScalarIntegers.LeadingZeros<ulong>> : &ScalarHandlers.Run<ScalarIntegers.LeadingZeros<uint>>;
        Count(e, ref i);
    }

    public static void FindBit(Emission e, ref Instruction i)
    {
        if (e.Has("shiftamt")) throw e.Unknown();
        i.Run = (e.Type.Bits, e.Type.IsSigned) switch
        {
            (64, true) => &ScalarHandlers.Run<ScalarIntegers.FindHighestBit<long>>,
            (64, _) => &ScalarHandlers.Run<ScalarIntegers.FindHighestBit<ulong>>,
            (_, true) => &ScalarHandlers.Run<ScalarIntegers.FindHighestBit<int>>,
            _ => &ScalarHandlers.Run<ScalarIntegers.FindHighestBit<uint>>,
        };
        Count(e, ref i);
    }

    public static void ReverseBits(Emission e, ref Instruction i)
    {
        i.Run = Wide64(e) ? &ScalarHandlers.Run<ScalarIntegers.ReverseBits64> : &ScalarHandlers.Run<ScalarIntegers.ReverseBits32>;
        Operands(e, ref i, 1);
    }

    public static void ExtractBits(Emission e, ref Instruction i)
    {
        i.Run = (e.Type.Bits, e.Type.IsSigned) switch
        {
            (64, true) => &ScalarHandlers.Run<ScalarIntegers.ExtractBits<long>>,
            (64, _) => &ScalarHandlers.Run<ScalarIntegers.ExtractBits<ulong>>,
            (_, true) => &ScalarHandlers.Run<ScalarIntegers.ExtractBits<int>>,
            _ => &ScalarHandlers.Run<ScalarIntegers.ExtractBits<uint>>,
        };
        int bytes = e.Type.RegisterBytes;
        (i.D, i.A, i.B, i.C) = (e.Result(), e.Source(1, bytes), e.Source(2, 4), e.Source(3, 4));
        (i.SizeD, i.SizeA, i.SizeB, i.SizeC) = ((byte)bytes, (byte)bytes, 4, 4);
    }

    public static void AbsoluteDifference(Emission e, ref Instruction i)
    {
        i.Run = (e.Type.Bits, e.Type.IsSigned) switch
        {
            (64, true) => &ScalarHandlers.Run<ScalarIntegers.AbsoluteDifference<long>>,
            (64, _) => &ScalarHandlers.Run<ScalarIntegers.AbsoluteDifference<ulong>>,
            (32, true) => &ScalarHandlers.Run<ScalarIntegers.AbsoluteDifference<int>>,
            (32, _) => &ScalarHandlers.Run<ScalarIntegers.AbsoluteDifference<uint>>,
            _ => throw e.Unknown(),
        };
        Operands(e, ref i, 3);
    }

    private static bool Wide64(Emission e) => e.Operation.Words[^1] is not "pred" && e.Type.Bits == 64;

    // Of registers, or of predicates with the operation of this number.
    private static void Logic(Emission e, ref Instruction i, int operation)
    {
        if (!e.Has("pred"))
        {
            Operands(e, ref i, 2);
            return;
        }
        i.Run = &VectorHandlers.Predicates;
        i.Constant = operation;
        (i.D, i.A, i.B) = (e.Result(), e.Predicate(1), e.Predicate(2));
        i.C = (e[1].IsNegated ? 1 : 0) | (e[2].IsNegated ? 2 : 0);
    }

    private static void Shift(Emission e, ref Instruction i)
    {
        int bytes = e.Type.RegisterBytes;
        (i.D, i.A, i.B) = (e.Result(), e.Source(1, bytes), e.Source(2, 4));
        i.C = i.A;
        (i.SizeD, i.SizeA, i.SizeB, i.SizeC) = ((byte)bytes, (byte)bytes, 4, (byte)bytes);
    }

    // The result is a 32-bit integer, whatever the type.
    private static void Count(Emission e, ref Instruction i)
    {
        Operands(e, ref i, 1);
        i.SizeD = 4;
    }
}
