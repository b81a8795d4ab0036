using Mmrr.Ptx.Machine.Arithmetic;
using Mmrr.Ptx.Machine.Execution;

namespace Mmrr.Ptx.Machine.Code;

/// <summary>Decodes comparisons and selections.</summary>
internal static unsafe class ComparisonDecoding
{
    public static void SetPredicate(Emission e, ref Instruction i)
    {
        var type = e.Type;
        string comparison = e.Operation.Words[1];
        i.Run = (type.Kind, type.Bits) switch
        {
            ('f', 64) => Of<double>(e, comparison),
            ('f', 32) => Of<float>(e, comparison),
            ('f', 16) when !e.Has("ftz") => Of<float>(e, comparison),
            ('s', 64) => Of<long>(e, comparison),
            (_, 64) => Of<ulong>(e, comparison),
            ('s', 32) => Of<int>(e, comparison),
            (_, 32) => Of<uint>(e, comparison),
            ('s', 16) => Of<short>(e, comparison),
            ('u' or 'b', 16) => Of<ushort>(e, comparison),
            _ => throw e.Unknown(),
        };
        int bytes = type.RegisterBytes;
        (i.SizeA, i.SizeB) = ((byte)bytes, (byte)bytes);
        if (e[0].Kind == ArgumentKind.List)
        {
            i.D = e.ResultOf(e[0].Items[0]);
            i.More = e.Program.Operands(e.ResultOf(e[0].Items[1]));
        }
        else
        {
            i.D = e.Result();
        }
        i.A = e.Source(1, bytes, type.IsFloat);
        i.B = e.Source(2, bytes, type.IsFloat);
        if (e.Count == 3) return;
        i.Constant = e.Has("and") ? 1 : e.Has("or") ? 2 : e.Has("xor") ? 3 : throw e.Unknown();
        (i.C, i.Flag) = (e.Predicate(3), e[3].IsNegated);
    }

    public static void Select(Emission e, ref Instruction i)
    {
        int bytes = e.Type.RegisterBytes;
        i.Run = bytes == 8 ? &VectorHandlers.Select<ulong> : &VectorHandlers.Select<uint>;
        (i.D, i.A, i.B, i.C) = (e.Result(), e.Source(1, bytes, e.Type.IsFloat), e.Source(2, bytes, e.Type.IsFloat), e.Predicate(3));
        if (e[3].IsNegated) (i.A, i.B) = (i.B, i.A);
    }

    private static delegate*<Warp, Instruction*, Instruction*> Of<T>(Emission e, string comparison) => comparison switch
    {
        "eq" => Run<T, Comparisons.Equal<T>>(e),
        "ne" => Run<T, Comparisons.NotEqual<T>>(e),
        "lt" or "lo" => Run<T, Comparisons.Less<T>>(e),
        "le" or "ls" => Run<T, Comparisons.LessOrEqual<T>>(e),
        "gt" or "hi" => Run<T, Comparisons.Greater<T>>(e),
        "ge" or "hs" => Run<T, Comparisons.GreaterOrEqual<T>>(e),
        "equ" => Run<T, Comparisons.Not<T, Comparisons.NotEqual<T>>>(e),
        "neu" => Run<T, Comparisons.Not<T, Comparisons.Equal<T>>>(e),
        "ltu" => Run<T, Comparisons.Not<T, Comparisons.GreaterOrEqual<T>>>(e),
        "leu" => Run<T, Comparisons.Not<T, Comparisons.Greater<T>>>(e),
        "gtu" => Run<T, Comparisons.Not<T, Comparisons.LessOrEqual<T>>>(e),
        "geu" => Run<T, Comparisons.Not<T, Comparisons.Less<T>>>(e),
        "nan" => Run<T, Comparisons.Unordered<T>>(e),
        "num" => Run<T, Comparisons.Not<T, Comparisons.Unordered<T>>>(e),
        _ => throw e.Unknown(),
    };

    // Of registers of 16 bits the low half; halves are compared as floats.
    private static delegate*<Warp, Instruction*, Instruction*> Run<T, TComparison>(Emission e)
        where TComparison : struct, IComparison<T> =>
        e.Type == new PtxType('f', 16) ? &ScalarHandlers.Test<Float16.Test<T, TComparison>>
        : e.Type.Bits == 16 ? &ScalarHandlers.Test<ScalarIntegers.Test<T, TComparison>>
        : e.Has("ftz") ? &VectorHandlers.Compare<T, Comparisons.Flushed<T, TComparison>>
        : &VectorHandlers.Compare<T, TComparison>;
}
