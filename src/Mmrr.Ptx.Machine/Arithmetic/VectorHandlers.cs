using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Mmrr.Ptx.Machine.Execution;

namespace Mmrr.Ptx.Machine.Arithmetic;

/// <summary>A function of one register, on vectors of its lanes.</summary>
internal interface IUnary<T>
{
    static abstract Vector512<T> Of(Vector512<T> a);
}

/// <summary>A function of two registers.</summary>
internal interface IBinary<T>
{
    static abstract Vector512<T> Of(Vector512<T> a, Vector512<T> b);
}

/// <summary>A function of three registers.</summary>
internal interface ITernary<T>
{
    static abstract Vector512<T> Of(Vector512<T> a, Vector512<T> b, Vector512<T> c);
}

/// <summary>A comparison of two registers: all bits of an element where it holds.</summary>
internal interface IComparison<T>
{
    static abstract Vector512<T> Of(Vector512<T> a, Vector512<T> b);
}

/// <summary>Instructions whose lanes are computed as vectors.</summary>
internal static unsafe class VectorHandlers
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Unary<T, TFunction>(Warp warp, Instruction* i)
        where TFunction : struct, IUnary<T>
    {
        Vector512<T>* d = Lanes.Of<T>(warp, i->D), a = Lanes.Of<T>(warp, i->A);
        uint mask = warp.Mask;
        for (int n = 0; n < Lanes.Parts<T>(); n++) d[n] = Lanes.Merge(mask, n, TFunction.Of(a[n]), d[n]);
        return i + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Binary<T, TFunction>(Warp warp, Instruction* i)
        where TFunction : struct, IBinary<T>
    {
        Vector512<T>* d = Lanes.Of<T>(warp, i->D), a = Lanes.Of<T>(warp, i->A), b = Lanes.Of<T>(warp, i->B);
        uint mask = warp.Mask;
        for (int n = 0; n < Lanes.Parts<T>(); n++) d[n] = Lanes.Merge(mask, n, TFunction.Of(a[n], b[n]), d[n]);
        return i + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Ternary<T, TFunction>(Warp warp, Instruction* i)
        where TFunction : struct, ITernary<T>
    {
        Vector512<T>* d = Lanes.Of<T>(warp, i->D), a = Lanes.Of<T>(warp, i->A), b = Lanes.Of<T>(warp, i->B), c = Lanes.Of<T>(warp, i->C);
        uint mask = warp.Mask;
        for (int n = 0; n < Lanes.Parts<T>(); n++) d[n] = Lanes.Merge(mask, n, TFunction.Of(a[n], b[n], c[n]), d[n]);
        return i + 1;
    }

    /// <summary>A comparison; the predicate C, if it is one, is combined with it: the constant is 1 for and, 2 for or, 3 for xor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Compare<T, TComparison>(Warp warp, Instruction* i)
        where TComparison : struct, IComparison<T>
    {
        Vector512<T>* a = Lanes.Of<T>(warp, i->A), b = Lanes.Of<T>(warp, i->B);
        uint holds = 0;
        for (int n = 0; n < Lanes.Parts<T>(); n++) holds |= Lanes.Gather(TComparison.Of(a[n], b[n]), n);
        SetComparison(warp, i, holds);
        return i + 1;
    }

    public static void SetComparison(Warp warp, Instruction* i, uint holds)
    {
        uint other = holds ^ uint.MaxValue;
        if (i->Constant != 0)
        {
            uint c = Lanes.Predicate(warp, i->C) ^ (i->Flag ? uint.MaxValue : 0);
            (holds, other) = (Combine(i->Constant, holds, c), Combine(i->Constant, other, c));
        }
        Lanes.SetPredicate(warp, i->D, holds);
        if (i->More is not null) Lanes.SetPredicate(warp, *i->More, other);
    }

    /// <summary>A or B by the predicate C.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Select<T>(Warp warp, Instruction* i)
    {
        Vector512<T>* d = Lanes.Of<T>(warp, i->D), a = Lanes.Of<T>(warp, i->A), b = Lanes.Of<T>(warp, i->B);
        uint mask = warp.Mask, choice = Lanes.Predicate(warp, i->C);
        for (int n = 0; n < Lanes.Parts<T>(); n++)
            d[n] = Lanes.Merge(mask, n, Vector512.ConditionalSelect(Lanes.Spread<T>(choice, n), a[n], b[n]), d[n]);
        return i + 1;
    }

    /// <summary>
    /// Predicates: A and B as masks, negated by the low bits of C; <see cref="Instruction.Constant"/> is 0 for A alone, else as for a comparison.
    /// </summary>
    public static Instruction* Predicates(Warp warp, Instruction* i)
    {
        uint a = Lanes.Predicate(warp, i->A) ^ ((i->C & 1) != 0 ? uint.MaxValue : 0);
        uint b = i->Constant == 0 ? 0 : Lanes.Predicate(warp, i->B) ^ ((i->C & 2) != 0 ? uint.MaxValue : 0);
        Lanes.SetPredicate(warp, i->D, Combine(i->Constant, a, b));
        return i + 1;
    }

    private static uint Combine(long operation, uint a, uint b) => operation switch
    {
        0 => a,
        1 => a & b,
        2 => a | b,
        _ => a ^ b,
    };
}
