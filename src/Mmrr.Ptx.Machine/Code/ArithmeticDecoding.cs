using Mmrr.Ptx.Machine.Arithmetic;
using Mmrr.Ptx.Machine.Execution;

namespace Mmrr.Ptx.Machine.Code;

/// <summary>Decodes arithmetic: floats here, integers by <see cref="IntegerDecoding"/>.</summary>
internal static unsafe class ArithmeticDecoding
{
    public static void Add(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Add(e, ref i);
            return;
        }
        if (IsDirected(e, ref i, DirectedOperation.Add, 2)) return;
        Binary<Float64.Add, Float32.Add>(e, ref i);
    }

    public static void Subtract(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Subtract(e, ref i);
            return;
        }
        if (IsDirected(e, ref i, DirectedOperation.Subtract, 2)) return;
        Binary<Float64.Subtract, Float32.Subtract>(e, ref i);
    }

    public static void Multiply(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Multiply(e, ref i);
            return;
        }
        if (IsDirected(e, ref i, DirectedOperation.Multiply, 2)) return;
        Binary<Float64.Multiply, Float32.Multiply>(e, ref i);
    }

    public static void MultiplyAdd(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.MultiplyAdd(e, ref i);
            return;
        }
        if (IsDirected(e, ref i, DirectedOperation.MultiplyAdd, 3)) return;
        Ternary<Float64.FusedMultiplyAdd, Float32.FusedMultiplyAdd>(e, ref i);
    }

    public static void Divide(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Divide(e, ref i);
            return;
        }
        if (IsDirected(e, ref i, DirectedOperation.Divide, 2)) return;
        Binary<Float64.Divide, Float32.Divide>(e, ref i);
    }

    public static void Reciprocal(Emission e, ref Instruction i)
    {
        if (IsDirected(e, ref i, DirectedOperation.Reciprocal, 1)) return;
        Unary<Float64.Reciprocal, Float32.Reciprocal>(e, ref i);
    }

    public static void SquareRoot(Emission e, ref Instruction i)
    {
        if (IsDirected(e, ref i, DirectedOperation.SquareRoot, 1)) return;
        Unary<Float64.SquareRoot, Float32.SquareRoot>(e, ref i);
    }

    public static void Negate(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Negate(e, ref i);
            return;
        }
        Unary<Float64.Negate, Float32.Negate>(e, ref i);
    }

    public static void Absolute(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Absolute(e, ref i);
            return;
        }
        Unary<Float64.Absolute, Float32.Absolute>(e, ref i);
    }

    public static void Min(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Min(e, ref i);
            return;
        }
        if (e.Has("NaN") || e.Has("xorsign")) throw e.Unknown();
        Binary<Float64.Min, Float32.Min>(e, ref i);
    }

    public static void Max(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Max(e, ref i);
            return;
        }
        if (e.Has("NaN") || e.Has("xorsign")) throw e.Unknown();
        Binary<Float64.Max, Float32.Max>(e, ref i);
    }

    public static void Approximation(Emission e, ref Instruction i)
    {
        if (!e.Has("approx") || e.Type != new PtxType('f', 32)) throw e.Unknown();
        i.Run = e.Operation.Name switch
        {
            "rsqrt" => &ScalarHandlers.Run<ScalarFloats.ReciprocalSquareRoot>,
            "sin" => &ScalarHandlers.Run<ScalarFloats.Sine>,
            "cos" => &ScalarHandlers.Run<ScalarFloats.Cosine>,
            "lg2" => &ScalarHandlers.Run<ScalarFloats.Log2>,
            "ex2" => &ScalarHandlers.Run<ScalarFloats.Exp2>,
            _ => &ScalarHandlers.Run<ScalarFloats.HyperbolicTangent>,
        };
        Sources(e, ref i, 1);
        Scalar(ref i, e.Type);
    }

    public static void TestProperty(Emission e, ref Instruction i)
    {
        bool isDouble = e.Type.Bits == 64;
        i.Run = e.Operation.Words[1] switch
        {
            "notanumber" when isDouble => &ScalarHandlers.Test<ScalarFloats.IsNotANumber64>,
            _ when isDouble => throw e.Unknown(),
            "finite" => &ScalarHandlers.Test<ScalarFloats.IsFinite>,
            "infinite" => &ScalarHandlers.Test<ScalarFloats.IsInfinite>,
            "number" => &ScalarHandlers.Test<ScalarFloats.IsNumber>,
            "notanumber" => &ScalarHandlers.Test<ScalarFloats.IsNotANumber>,
            "normal" => &ScalarHandlers.Test<ScalarFloats.IsNormal>,
            "subnormal" => &ScalarHandlers.Test<ScalarFloats.IsSubnormal>,
            _ => throw e.Unknown(),
        };
        Sources(e, ref i, 1);
        Scalar(ref i, e.Type);
    }

    public static void CopySign(Emission e, ref Instruction i)
    {
        if (e.Type.Bits != 32) throw e.Unknown();
        i.Run = &ScalarHandlers.Run<ScalarFloats.CopySign>;
        Sources(e, ref i, 2);
        Scalar(ref i, e.Type);
    }

    /// <summary>The result and so many operands of the instruction's type.</summary>
    public static void Sources(Emission e, ref Instruction i, int count)
    {
        var type = e.Type;
        int bytes = type.RegisterBytes;
        i.D = e.Result();
        i.A = e.Source(1, bytes, type.IsFloat);
        i.B = count > 1 ? e.Source(2, bytes, type.IsFloat) : i.A;
        i.C = count > 2 ? e.Source(3, bytes, type.IsFloat) : i.A;
        if (type.IsFloat && type.Bits == 16) throw e.Unknown();
    }

    /// <summary>All operands have the type's size.</summary>
    public static void Scalar(ref Instruction i, PtxType type)
    {
        byte bytes = (byte)type.RegisterBytes;
        (i.SizeD, i.SizeA, i.SizeB, i.SizeC) = (bytes, bytes, bytes, bytes);
    }

    private static void Unary<TDouble, TSingle>(Emission e, ref Instruction i)
        where TDouble : struct, IUnary<double>
        where TSingle : struct, IUnary<float>
    {
        i.Run = e.Type.Bits == 64 ? &VectorHandlers.Unary<double, TDouble>
            : e.Has("ftz") ? &VectorHandlers.Unary<float, Float32.Flushed<TSingle>> : &VectorHandlers.Unary<float, TSingle>;
        Sources(e, ref i, 1);
    }

    private static void Binary<TDouble, TSingle>(Emission e, ref Instruction i)
        where TDouble : struct, IBinary<double>
        where TSingle : struct, IBinary<float>
    {
        i.Run = e.Type.Bits == 64 ? &VectorHandlers.Binary<double, TDouble>
            : e.Has("ftz") ? &VectorHandlers.Binary<float, Float32.Flushed<TSingle>> : &VectorHandlers.Binary<float, TSingle>;
        Sources(e, ref i, 2);
    }

    private static void Ternary<TDouble, TSingle>(Emission e, ref Instruction i)
        where TDouble : struct, ITernary<double>
        where TSingle : struct, ITernary<float>
    {
        i.Run = e.Type.Bits == 64 ? &VectorHandlers.Ternary<double, TDouble>
            : e.Has("ftz") ? &VectorHandlers.Ternary<float, Float32.Flushed<TSingle>> : &VectorHandlers.Ternary<float, TSingle>;
        Sources(e, ref i, 3);
    }

    private static bool IsDirected(Emission e, ref Instruction i, DirectedOperation operation, int count)
    {
        var rounding = RoundingOf(e);
        if (rounding == Rounding.Nearest && !e.Has("sat")) return false;
        if (e.Type.Bits != 32 || e.Has("ftz")) throw e.Unknown();
        i.Run = &DirectedHandlers.Run;
        i.Constant = DirectedHandlers.Encode(operation, rounding, e.Has("sat"));
        Sources(e, ref i, count);
        return true;
    }

    public static Rounding RoundingOf(Emission e) =>
        e.Has("rz") || e.Has("rzi") ? Rounding.Zero : e.Has("rm") || e.Has("rmi") ? Rounding.Down
        : e.Has("rp") || e.Has("rpi") ? Rounding.Up : Rounding.Nearest;
}
