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
        Binary<Float64.Add, Float32.Add, Float16.Add>(e, ref i);
    }

    public static void Subtract(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Subtract(e, ref i);
            return;
        }
        if (IsDirected(e, ref i, DirectedOperation.Subtract, 2)) return;
        Binary<Float64.Subtract, Float32.Subtract, Float16.Subtract>(e, ref i);
    }

    public static void Multiply(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Multiply(e, ref i);
            return;
        }
        if (IsDirected(e, ref i, DirectedOperation.Multiply, 2)) return;
        Binary<Float64.Multiply, Float32.Multiply, Float16.Multiply>(e, ref i);
    }

    public static void MultiplyAdd(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.MultiplyAdd(e, ref i);
            return;
        }
        if (IsDirected(e, ref i, DirectedOperation.MultiplyAdd, 3)) return;
        Ternary<Float64.FusedMultiplyAdd, Float32.FusedMultiplyAdd, Float16.FusedMultiplyAdd>(e, ref i);
    }

    public static void Divide(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Divide(e, ref i);
            return;
        }
        if (IsDirected(e, ref i, DirectedOperation.Divide, 2)) return;
        Binary<Float64.Divide, Float32.Divide, NoHalf>(e, ref i);
    }

    public static void Reciprocal(Emission e, ref Instruction i)
    {
        if (IsDirected(e, ref i, DirectedOperation.Reciprocal, 1)) return;
        Unary<Float64.Reciprocal, Float32.Reciprocal, NoHalf>(e, ref i);
    }

    public static void SquareRoot(Emission e, ref Instruction i)
    {
        if (IsDirected(e, ref i, DirectedOperation.SquareRoot, 1)) return;
        Unary<Float64.SquareRoot, Float32.SquareRoot, NoHalf>(e, ref i);
    }

    public static void Negate(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Negate(e, ref i);
            return;
        }
        Unary<Float64.Negate, Float32.Negate, Float16.Negate>(e, ref i);
    }

    public static void Absolute(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Absolute(e, ref i);
            return;
        }
        Unary<Float64.Absolute, Float32.Absolute, Float16.Absolute>(e, ref i);
    }

    public static void Min(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Min(e, ref i);
            return;
        }
        if (e.Has("NaN") || e.Has("xorsign")) throw e.Unknown();
        Binary<Float64.Min, Float32.Min, Float16.Min>(e, ref i);
    }

    public static void Max(Emission e, ref Instruction i)
    {
        if (!e.Type.IsFloat)
        {
            IntegerDecoding.Max(e, ref i);
            return;
        }
        if (e.Has("NaN") || e.Has("xorsign")) throw e.Unknown();
        Binary<Float64.Max, Float32.Max, Float16.Max>(e, ref i);
    }

    public static void Approximation(Emission e, ref Instruction i)
    {
        if (!e.Has("approx")) throw e.Unknown();
        i.Run = (e.Operation.Name, e.Type.Bits) switch
        {
            ("rsqrt", 64) => Flushing<ScalarFloats.ReciprocalSquareRoot64, ScalarFloats.Flushed64<ScalarFloats.ReciprocalSquareRoot64>>(e),
            ("ex2", 16) when !e.Has("ftz") => &ScalarHandlers.Run<Float16.Exp2>,
            ("tanh", 16) => &ScalarHandlers.Run<Float16.HyperbolicTangent>,
            (_, not 32) => throw e.Unknown(),
            ("rsqrt", _) => Flushing<ScalarFloats.ReciprocalSquareRoot, ScalarFloats.Flushed<ScalarFloats.ReciprocalSquareRoot>>(e),
            ("sin", _) => Flushing<ScalarFloats.Sine, ScalarFloats.Flushed<ScalarFloats.Sine>>(e),
            ("cos", _) => Flushing<ScalarFloats.Cosine, ScalarFloats.Flushed<ScalarFloats.Cosine>>(e),
            ("lg2", _) => Flushing<ScalarFloats.Log2, ScalarFloats.Flushed<ScalarFloats.Log2>>(e),
            ("ex2", _) => Flushing<ScalarFloats.Exp2, ScalarFloats.Flushed<ScalarFloats.Exp2>>(e),
            _ => Flushing<ScalarFloats.HyperbolicTangent, ScalarFloats.Flushed<ScalarFloats.HyperbolicTangent>>(e),
        };
        Sources(e, ref i, 1);
        Scalar(ref i, e.Type);
    }

    public static void TestProperty(Emission e, ref Instruction i)
    {
        string property = e.Operation.Words[1];
        i.Run = e.Type.Bits switch
        {
            64 => Property<double>(e, property),
            32 => Property<float>(e, property),
            _ => throw e.Unknown(),
        };
        Sources(e, ref i, 1);
        Scalar(ref i, e.Type);
    }

    public static void CopySign(Emission e, ref Instruction i)
    {
        i.Run = e.Type.Bits switch
        {
            64 => &ScalarHandlers.Run<ScalarFloats.CopySign64>,
            32 => &ScalarHandlers.Run<ScalarFloats.CopySign>,
            _ => throw e.Unknown(),
        };
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
        if (type == new PtxType('f', 16) && e.Operation.Arguments.Any(argument => argument.Kind == ArgumentKind.Constant))
            throw e.Refuse("half precision has no constants");
    }

    /// <summary>All operands have the type's size.</summary>
    public static void Scalar(ref Instruction i, PtxType type)
    {
        byte bytes = (byte)type.RegisterBytes;
        (i.SizeD, i.SizeA, i.SizeB, i.SizeC) = (bytes, bytes, bytes, bytes);
    }

    private static delegate*<Warp, Instruction*, Instruction*> Flushing<TFunction, TFlushed>(Emission e)
        where TFunction : struct, IScalar
        where TFlushed : struct, IScalar =>
        e.Has("ftz") ? &ScalarHandlers.Run<TFlushed> : &ScalarHandlers.Run<TFunction>;

    private static delegate*<Warp, Instruction*, Instruction*> Property<T>(Emission e, string property)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T> => property switch
        {
            "finite" => &ScalarHandlers.Test<ScalarFloats.IsFinite<T>>,
            "infinite" => &ScalarHandlers.Test<ScalarFloats.IsInfinite<T>>,
            "number" => &ScalarHandlers.Test<ScalarFloats.IsNumber<T>>,
            "notanumber" => &ScalarHandlers.Test<ScalarFloats.IsNotANumber<T>>,
            "normal" => &ScalarHandlers.Test<ScalarFloats.IsNormal<T>>,
            "subnormal" => &ScalarHandlers.Test<ScalarFloats.IsSubnormal<T>>,
            _ => throw e.Unknown(),
        };

    private static void Unary<TDouble, TSingle, THalf>(Emission e, ref Instruction i)
        where TDouble : struct, IUnary<double>
        where TSingle : struct, IUnary<float>
        where THalf : struct, IScalar
    {
        i.Run = e.Type.Bits switch
        {
            64 => &VectorHandlers.Unary<double, TDouble>,
            32 => e.Has("ftz") ? &VectorHandlers.Unary<float, Float32.Flushed<TSingle>> : &VectorHandlers.Unary<float, TSingle>,
            _ when e.Has("ftz") || typeof(THalf) == typeof(NoHalf) => throw e.Unknown(),
            _ => &ScalarHandlers.Run<THalf>,
        };
        Sources(e, ref i, 1);
        Scalar(ref i, e.Type);
    }

    private static void Binary<TDouble, TSingle, THalf>(Emission e, ref Instruction i)
        where TDouble : struct, IBinary<double>
        where TSingle : struct, IBinary<float>
        where THalf : struct, IScalar
    {
        i.Run = e.Type.Bits switch
        {
            64 => &VectorHandlers.Binary<double, TDouble>,
            32 => e.Has("ftz") ? &VectorHandlers.Binary<float, Float32.Flushed<TSingle>> : &VectorHandlers.Binary<float, TSingle>,
            _ when e.Has("ftz") || typeof(THalf) == typeof(NoHalf) => throw e.Unknown(),
            _ => &ScalarHandlers.Run<THalf>,
        };
        Sources(e, ref i, 2);
        Scalar(ref i, e.Type);
    }

    private static void Ternary<TDouble, TSingle, THalf>(Emission e, ref Instruction i)
        where TDouble : struct, ITernary<double>
        where TSingle : struct, ITernary<float>
        where THalf : struct, IScalar
    {
        i.Run = e.Type.Bits switch
        {
            64 => &VectorHandlers.Ternary<double, TDouble>,
            32 => e.Has("ftz") ? &VectorHandlers.Ternary<float, Float32.Flushed<TSingle>> : &VectorHandlers.Ternary<float, TSingle>,
            _ when e.Has("ftz") || typeof(THalf) == typeof(NoHalf) => throw e.Unknown(),
            _ => &ScalarHandlers.Run<THalf>,
        };
        Sources(e, ref i, 3);
        Scalar(ref i, e.Type);
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

    // What the manual has no instruction of half precision for.
    private struct NoHalf : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => 0;
    }
}
