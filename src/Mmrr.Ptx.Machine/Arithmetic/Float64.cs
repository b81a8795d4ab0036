using System.Runtime.Intrinsics;

namespace Mmrr.Ptx.Machine.Arithmetic;

/// <summary>Double precision, as <see cref="Float32"/>; NaN payloads are kept, as the manual's "Double-Precision Floating-Point" says.</summary>
internal static class Float64
{
    public struct Add : IBinary<double>
    {
        public static Vector512<double> Of(Vector512<double> a, Vector512<double> b) => a + b;
    }

    public struct Subtract : IBinary<double>
    {
        public static Vector512<double> Of(Vector512<double> a, Vector512<double> b) => a - b;
    }

    public struct Multiply : IBinary<double>
    {
        public static Vector512<double> Of(Vector512<double> a, Vector512<double> b) => a * b;
    }

    public struct Divide : IBinary<double>
    {
        public static Vector512<double> Of(Vector512<double> a, Vector512<double> b) => a / b;
    }

    public struct FusedMultiplyAdd : ITernary<double>
    {
        public static Vector512<double> Of(Vector512<double> a, Vector512<double> b, Vector512<double> c) => Vector512.FusedMultiplyAdd(a, b, c);
    }

    public struct Reciprocal : IUnary<double>
    {
        public static Vector512<double> Of(Vector512<double> a) => Vector512<double>.One / a;
    }

    public struct SquareRoot : IUnary<double>
    {
        public static Vector512<double> Of(Vector512<double> a) => Vector512.Sqrt(a);
    }

    public struct Negate : IUnary<double>
    {
        public static Vector512<double> Of(Vector512<double> a) => (a.AsInt64() ^ Vector512.Create(long.MinValue)).AsDouble();
    }

    public struct Absolute : IUnary<double>
    {
        public static Vector512<double> Of(Vector512<double> a) => Vector512.Abs(a);
    }

    public struct Min : IBinary<double>
    {
        public static Vector512<double> Of(Vector512<double> a, Vector512<double> b) => Vector512.MinNumber(a, b);
    }

    public struct Max : IBinary<double>
    {
        public static Vector512<double> Of(Vector512<double> a, Vector512<double> b) => Vector512.MaxNumber(a, b);
    }
}
