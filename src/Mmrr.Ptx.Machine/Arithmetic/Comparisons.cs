using System.Numerics;
using System.Runtime.Intrinsics;

namespace Mmrr.Ptx.Machine.Arithmetic;

/// <summary>The comparisons of "Comparison and Selection Instructions": the plain ones are false where an operand is NaN, those with a u are true.</summary>
internal static class Comparisons
{
    public struct Equal<T> : IComparison<T>
    {
        public static Vector512<T> Of(Vector512<T> a, Vector512<T> b) => Vector512.Equals(a, b);
    }

    /// <summary>Of floats false where one is NaN.</summary>
    public struct NotEqual<T> : IComparison<T>
    {
        public static Vector512<T> Of(Vector512<T> a, Vector512<T> b) => ~Vector512.Equals(a, b) & Vector512.Equals(a, a) & Vector512.Equals(b, b);
    }

    public struct Less<T> : IComparison<T>
    {
        public static Vector512<T> Of(Vector512<T> a, Vector512<T> b) => Vector512.LessThan(a, b);
    }

    public struct LessOrEqual<T> : IComparison<T>
    {
        public static Vector512<T> Of(Vector512<T> a, Vector512<T> b) => Vector512.LessThanOrEqual(a, b);
    }

    public struct Greater<T> : IComparison<T>
    {
        public static Vector512<T> Of(Vector512<T> a, Vector512<T> b) => Vector512.GreaterThan(a, b);
    }

    public struct GreaterOrEqual<T> : IComparison<T>
    {
        public static Vector512<T> Of(Vector512<T> a, Vector512<T> b) => Vector512.GreaterThanOrEqual(a, b);
    }

    public struct Unordered<T> : IComparison<T>
    {
        public static Vector512<T> Of(Vector512<T> a, Vector512<T> b) => ~(Vector512.Equals(a, a) & Vector512.Equals(b, b));
    }

    /// <summary>The opposite: of less or equal, it is greater or unordered.</summary>
    public struct Not<T, TComparison> : IComparison<T>
        where TComparison : struct, IComparison<T>
    {
        public static Vector512<T> Of(Vector512<T> a, Vector512<T> b) => ~TComparison.Of(a, b);
    }

    /// <summary>Of flushed floats; <typeparamref name="T"/> is float.</summary>
    public struct Flushed<T, TComparison> : IComparison<T>
        where TComparison : struct, IComparison<T>
    {
        public static Vector512<T> Of(Vector512<T> a, Vector512<T> b) =>
            TComparison.Of(Float32.Flush(a.As<T, float>()).As<float, T>(), Float32.Flush(b.As<T, float>()).As<float, T>());
    }
}
