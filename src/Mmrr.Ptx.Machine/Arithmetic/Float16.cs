using System.Runtime.Intrinsics;

namespace Mmrr.Ptx.Machine.Arithmetic;

/// <summary>
/// Half precision: "Half Precision Floating Point Instructions". Each result is computed in double precision and rounded once to nearest even; subnormals are
/// kept, and what is no number becomes 7FFF.
/// </summary>
internal static class Float16
{
    public struct Add : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => Bits(Value(a) + Value(b));
    }

    public struct Subtract : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => Bits(Value(a) - Value(b));
    }

    // A product of two has 22 bits.
    public struct Multiply : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => Bits(Value(a) * Value(b));
    }

    // The sum of a product and a third may have more bits than a double: what it drops decides where the double is a tie of two halves.
    public struct FusedMultiplyAdd : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c)
        {
            double product = Value(a) * Value(b), sum = product + Value(c);
            if (!double.IsFinite(sum)) return Bits(sum);
            double of = sum - product, rest = (product - (sum - of)) + (Value(c) - of);
            return Bits(rest == 0 ? sum : Directed.ToOdd(sum, rest));
        }
    }

    public struct Negate : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => (a ^ 0x8000) & 0xFFFF;
    }

    public struct Absolute : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => a & 0x7FFF;
    }

    public struct Min : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => Bits(double.MinNumber(Value(a), Value(b)));
    }

    public struct Max : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => Bits(double.MaxNumber(Value(a), Value(b)));
    }

    /// <summary>"ex2.approx" and "tanh.approx": the exact value, rounded; the manual bounds the error of both by about 2⁻¹⁰.</summary>
    public struct Exp2 : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => Bits(Math.Pow(2, Value(a)));
    }

    public struct HyperbolicTangent : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => Bits(Math.Tanh(Value(a)));
    }

    /// <summary>A comparison of two halves, which a float holds; <typeparamref name="T"/> is float.</summary>
    public struct Test<T, TComparison> : IScalar
        where TComparison : struct, IComparison<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c) => TComparison.Of(Spread(a), Spread(b)).ExtractMostSignificantBits();

        private static Vector512<T> Spread(ulong bits) => Vector512.Create((float)Value(bits)).As<float, T>();
    }

    public static double Value(ulong bits) => (double)BitConverter.UInt16BitsToHalf((ushort)bits);

    private static ulong Bits(double value) => double.IsNaN(value) ? (ulong)0x7FFF : BitConverter.HalfToUInt16Bits((Half)value);
}
