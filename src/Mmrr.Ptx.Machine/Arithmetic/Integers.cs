using System.Numerics;
using System.Runtime.Intrinsics;

namespace Mmrr.Ptx.Machine.Arithmetic;

/// <summary>"Integer Arithmetic Instructions" and "Logic and Shift Instructions" on vectors; arithmetic wraps around.</summary>
internal static class Integers
{
    public struct Add<T> : IBinary<T>
    {
        public static Vector512<T> Of(Vector512<T> a, Vector512<T> b) => a + b;
    }

    public struct Subtract<T> : IBinary<T>
    {
        public static Vector512<T> Of(Vector512<T> a, Vector512<T> b) => a - b;
    }

    public struct MultiplyLow<T> : IBinary<T>
    {
        public static Vector512<T> Of(Vector512<T> a, Vector512<T> b) => a * b;
    }

    public struct MultiplyAddLow<T> : ITernary<T>
    {
        public static Vector512<T> Of(Vector512<T> a, Vector512<T> b, Vector512<T> c) => (a * b) + c;
    }

    public struct Min<T> : IBinary<T>
    {
        public static Vector512<T> Of(Vector512<T> a, Vector512<T> b) => Vector512.Min(a, b);
    }

    public struct Max<T> : IBinary<T>
    {
        public static Vector512<T> Of(Vector512<T> a, Vector512<T> b) => Vector512.Max(a, b);
    }

    public struct Negate<T> : IUnary<T>
    {
        public static Vector512<T> Of(Vector512<T> a) => -a;
    }

    public struct Absolute<T> : IUnary<T>
    {
        public static Vector512<T> Of(Vector512<T> a) => Vector512.Abs(a);
    }

    public struct And<T> : IBinary<T>
    {
        public static Vector512<T> Of(Vector512<T> a, Vector512<T> b) => a & b;
    }

    public struct Or<T> : IBinary<T>
    {
        public static Vector512<T> Of(Vector512<T> a, Vector512<T> b) => a | b;
    }

    public struct Xor<T> : IBinary<T>
    {
        public static Vector512<T> Of(Vector512<T> a, Vector512<T> b) => a ^ b;
    }

    public struct Not<T> : IUnary<T>
    {
        public static Vector512<T> Of(Vector512<T> a) => ~a;
    }

    public struct Copy<T> : IUnary<T>
    {
        public static Vector512<T> Of(Vector512<T> a) => a;
    }
}
