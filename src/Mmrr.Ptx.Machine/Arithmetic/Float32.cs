using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Ptx.Machine.Arithmetic;

/// <summary>
/// Single precision: "Floating Point Instructions" of the manual. Rounding is to nearest even, subnormals are kept, and what is no number becomes the
/// canonical NaN 7FFFFFFF of NVIDIA's hardware, whatever the operands' NaN was.
/// </summary>
internal static class Float32
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Canonical(Vector512<float> x) =>
        Vector512.ConditionalSelect(Vector512.Equals(x, x), x, Vector512.Create(0x7FFFFFFF).AsSingle());

    // Flushes subnormals to zeros of their sign, as .ftz does to operands and results.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Flush(Vector512<float> x)
    {
        var magnitude = Vector512.Abs(x);
        var sign = x.AsInt32() & Vector512.Create(int.MinValue);
        return Vector512.ConditionalSelect(Vector512.LessThan(magnitude, Vector512.Create(1.17549435E-38f)), sign.AsSingle(), x);
    }

    public struct Add : IBinary<float>
    {
        public static Vector512<float> Of(Vector512<float> a, Vector512<float> b) => Canonical(a + b);
    }

    public struct Subtract : IBinary<float>
    {
        public static Vector512<float> Of(Vector512<float> a, Vector512<float> b) => Canonical(a - b);
    }

    public struct Multiply : IBinary<float>
    {
        public static Vector512<float> Of(Vector512<float> a, Vector512<float> b) => Canonical(a * b);
    }

    public struct Divide : IBinary<float>
    {
        public static Vector512<float> Of(Vector512<float> a, Vector512<float> b) => Canonical(a / b);
    }

    public struct FusedMultiplyAdd : ITernary<float>
    {
        public static Vector512<float> Of(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Canonical(Vector512.FusedMultiplyAdd(a, b, c));
    }

    public struct Reciprocal : IUnary<float>
    {
        public static Vector512<float> Of(Vector512<float> a) => Canonical(Vector512<float>.One / a);
    }

    public struct SquareRoot : IUnary<float>
    {
        public static Vector512<float> Of(Vector512<float> a) => Canonical(Vector512.Sqrt(a));
    }

    public struct Negate : IUnary<float>
    {
        public static Vector512<float> Of(Vector512<float> a) => (a.AsInt32() ^ Vector512.Create(int.MinValue)).AsSingle();
    }

    public struct Absolute : IUnary<float>
    {
        public static Vector512<float> Of(Vector512<float> a) => Vector512.Abs(a);
    }

    /// <summary>The other operand where one is NaN; −0 is below +0.</summary>
    public struct Min : IBinary<float>
    {
        public static Vector512<float> Of(Vector512<float> a, Vector512<float> b) => Canonical(Vector512.MinNumber(a, b));
    }

    public struct Max : IBinary<float>
    {
        public static Vector512<float> Of(Vector512<float> a, Vector512<float> b) => Canonical(Vector512.MaxNumber(a, b));
    }

    /// <summary>An operation on flushed operands with a flushed result.</summary>
    public struct Flushed<T> : IBinary<float>, IUnary<float>, ITernary<float>
        where T : struct
    {
        public static Vector512<float> Of(Vector512<float> a) => Flush(One<T>(Flush(a)));

        public static Vector512<float> Of(Vector512<float> a, Vector512<float> b) => Flush(Two<T>(Flush(a), Flush(b)));

        public static Vector512<float> Of(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
            Flush(FusedMultiplyAdd.Of(Flush(a), Flush(b), Flush(c)));

        private static Vector512<float> One<TFunction>(Vector512<float> a) =>
            typeof(TFunction) == typeof(Reciprocal) ? Reciprocal.Of(a)
            : typeof(TFunction) == typeof(SquareRoot) ? SquareRoot.Of(a)
            : typeof(TFunction) == typeof(Negate) ? Negate.Of(a)
            : Absolute.Of(a);

        private static Vector512<float> Two<TFunction>(Vector512<float> a, Vector512<float> b) =>
            typeof(TFunction) == typeof(Add) ? Add.Of(a, b)
            : typeof(TFunction) == typeof(Subtract) ? Subtract.Of(a, b)
            : typeof(TFunction) == typeof(Multiply) ? Multiply.Of(a, b)
            : typeof(TFunction) == typeof(Divide) ? Divide.Of(a, b)
            : typeof(TFunction) == typeof(Min) ? Min.Of(a, b)
            : Max.Of(a, b);
    }
}
