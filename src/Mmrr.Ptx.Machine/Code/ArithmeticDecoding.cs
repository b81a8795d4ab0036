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
        i.Run = e.Type.Bits == 64 ? &VectorHandlers.Binary<double, Float64.Add>
            : e.Has("ftz") ? &VectorHandlers.Binary<float, Float32.Flushed<Float32.Add>> : &VectorHandlers.Binary<float, Float32.Add>;
        Sources(e, ref i, 2);
    }

    public static void Subtract(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Subtract(e, ref i);
            return;
        }
        if (IsDirected(e, ref i, DirectedOperation.Subtract, 2)) return;
        i.Run = e.Type.Bits == 64 ? &VectorHandlers.Binary<double, Float64.Subtract>
            : e.Has("ftz") ? &VectorHandlers.Binary<float, Float32.Flushed<Float32.Subtract>> : &VectorHandlers.Binary<float, Float32.Subtract>;
        Sources(e, ref i, 2);
    }

    public static void Multiply(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Multiply(e, ref i);
            return;
        }
        if (IsDirected(e, ref i, DirectedOperation.Multiply, 2)) return;
        i.Run = e.Type.Bits == 64 ? &VectorHandlers.Binary<double, Float64.Multiply>
            : e.Has("ftz") ? &VectorHandlers.Binary<float, Float32.Flushed<Float32.Multiply>> : &VectorHandlers.Binary<float, Float32.Multiply>;
        Sources(e, ref i, 2);
    }

    public static void MultiplyAdd(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.MultiplyAdd(e, ref i);
            return;
        }
        if (IsDirected(e, ref i, DirectedOperation.MultiplyAdd, 3)) return;
        i.Run = e.Type.Bits == 64 ? &VectorHandlers.Ternary<double, Float64.FusedMultiplyAdd>
            : e.Has("ftz") ? &VectorHandlers.Ternary<float, Float32.Flushed<Float32.FusedMultiplyAdd>>
            : &VectorHandlers.Ternary<float, Float32.FusedMultiplyAdd>;
        Sources(e, ref i, 3);
    }

    public static void Divide(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Divide(e, ref i);
            return;
        }
        if (IsDirected(e, ref i, DirectedOperation.Divide, 2)) return;
        i.Run = e.Type.Bits == 64 ? &VectorHandlers.Binary<double, Float64.Divide>
            : e.Has("ftz") ? &VectorHandlers.Binary<float, Float32.Flushed<Float32.Divide>> : &VectorHandlers.Binary<float, Float32.Divide>;
        Sources(e, ref i, 2);
    }

    public static void Reciprocal(Emission e, ref Instruction i)
    {
        if (IsDirected(e, ref i, DirectedOperation.Reciprocal, 1)) return;
        i.Run = e.Type.Bits == 64 ? &VectorHandlers.Unary<double, Float64.Reciprocal>
            : e.Has("ftz") ? &VectorHandlers.Unary<float, Float32.Flushed<Float32.Reciprocal>> : &VectorHandlers.Unary<float, Float32.Reciprocal>;
        Sources(e, ref i, 1);
    }

    public static void SquareRoot(Emission e, ref Instruction i)
    {
        if (IsDirected(e, ref i, DirectedOperation.SquareRoot, 1)) return;
        i.Run = e.Type.Bits == 64 ? &VectorHandlers.Unary<double, Float64.SquareRoot>
            : e.Has("ftz") ? &VectorHandlers.Unary<float, Float32.Flushed<Float32.SquareRoot>> : &VectorHandlers.Unary<float, Float32.SquareRoot>;
        Sources(e, ref i, 1);
    }

    public static void Negate(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Negate(e, ref i);
            return;
        }
        i.Run = e.Type.Bits == 64 ? &VectorHandlers.Unary<double, Float64.Negate>
            : e.Has("ftz") ? &VectorHandlers.Unary<float, Float32.Flushed<Float32.Negate>> : &VectorHandlers.Unary<float, Float32.Negate>;
        Sources(e, ref i, 1);
    }

    public static void Absolute(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Absolute(e, ref i);
            return;
        }
        i.Run = e.Type.Bits == 64 ? &VectorHandlers.Unary<double, Float64.Absolute>
            : e.Has("ftz") ? &VectorHandlers.Unary<float, Float32.Flushed<Float32.Absolute>> : &VectorHandlers.Unary<float, Float32.Absolute>;
        Sources(e, ref i, 1);
    }

    public static void Min(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Min(e, ref i);
            return;
        }
        if (e.Has("NaN") || e.Has("xorsign")) throw e.Unknown();
        i.Run = e.Type.Bits == 64 ? &VectorHandlers.Binary<double, Float64.Min>
            : e.Has("ftz") ? &VectorHandlers.Binary<float, Float32.Flushed<Float32.Min>> : &VectorHandlers.Binary<float, Float32.Min>;
        Sources(e, ref i, 2);
    }

    public static void Max(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Max(e, ref i);
            return;
        }
        if (e.Has("NaN") || e.Has("xorsign")) throw e.Unknown();
        i.Run = e.Type.Bits == 64 ? &VectorHandlers.Binary<double, Float64.Max>
            : e.Has("ftz") ? &VectorHandlers.Binary<float, Float32.Flushed<Float32.Max>> : &VectorHandlers.Binary<float, Float32.Max>;
        Sources(e, ref i, 2);
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
