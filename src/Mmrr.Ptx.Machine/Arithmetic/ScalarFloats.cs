using System.Numerics;
using System.Runtime.CompilerServices;

namespace Mmrr.Ptx.Machine.Arithmetic;

/// <summary>
/// The approximations of single precision. The manual bounds their error and says no more; here each is the exact value, rounded, except tanh, whose bound
/// of 2⁻¹¹ relative is coarse enough to matter: it keeps 11 bits.
/// </summary>
internal static class ScalarFloats
{
    public struct Log2 : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => Bits(Math.Log2(Value(a)));
    }

    public struct Exp2 : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => Bits(Math.Pow(2, Value(a)));
    }

    public struct Sine : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => Bits(Math.Sin(Value(a)));
    }

    public struct Cosine : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => Bits(Math.Cos(Value(a)));
    }

    public struct ReciprocalSquareRoot : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => Bits(1 / Math.Sqrt(Value(a)));
    }

    /// <summary>Of a double. The manual bounds the relative error by 2⁻²⁰; here it is the exact value, rounded.</summary>
    public struct ReciprocalSquareRoot64 : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => BitConverter.DoubleToUInt64Bits(1 / Math.Sqrt(BitConverter.UInt64BitsToDouble(a)));
    }

    public struct HyperbolicTangent : IScalar
    {
        // Half of the last bit that is kept, which is 2⁻¹¹ of the value at most.
        private const uint Half = 1u << 12;

        public static ulong Of(ulong a, ulong b, ulong c)
        {
            uint bits = (uint)Bits(Math.Tanh(Value(a)));
            return (bits & 0x7F800000) == 0x7F800000 ? bits : (bits + Half) & ~((2 * Half) - 1);
        }
    }

    /// <summary>"testp": the properties of a float.</summary>
    public struct IsFinite<T> : IScalar
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c) => T.IsFinite(Read<T>(a)) ? 1u : 0;
    }

    public struct IsInfinite<T> : IScalar
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c) => T.IsInfinity(Read<T>(a)) ? 1u : 0;
    }

    public struct IsNumber<T> : IScalar
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c) => !T.IsNaN(Read<T>(a)) ? 1u : 0;
    }

    public struct IsNotANumber<T> : IScalar
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c) => T.IsNaN(Read<T>(a)) ? 1u : 0;
    }

    public struct IsNormal<T> : IScalar
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c) => T.IsNormal(Read<T>(a)) ? 1u : 0;
    }

    public struct IsSubnormal<T> : IScalar
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c) => T.IsSubnormal(Read<T>(a)) ? 1u : 0;
    }

    /// <summary>"copysign": the sign of A and the magnitude of B.</summary>
    public struct CopySign : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => (a & 0x80000000) | (b & 0x7FFFFFFF);
    }

    /// <summary>The same for doubles.</summary>
    public struct CopySign64 : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => (a & (1UL << 63)) | (b & long.MaxValue);
    }

    /// <summary>A function of a flushed operand with a flushed result.</summary>
    public struct Flushed<TFunction> : IScalar
        where TFunction : struct, IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => Flush(TFunction.Of(Flush(a), b, c));

        private static ulong Flush(ulong bits) => (bits & 0x7F800000) == 0 ? bits & 0x80000000 : bits;
    }

    /// <summary>The same for doubles.</summary>
    public struct Flushed64<TFunction> : IScalar
        where TFunction : struct, IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => Flush(TFunction.Of(Flush(a), b, c));

        private static ulong Flush(ulong bits) => (bits & 0x7FF0000000000000) == 0 ? bits & (1UL << 63) : bits;
    }

    private static T Read<T>(ulong bits)
        where T : unmanaged => Unsafe.As<ulong, T>(ref bits);

    private static float Value(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    private static ulong Bits(double value) => double.IsNaN(value) ? 0x7FFFFFFF : BitConverter.SingleToUInt32Bits((float)value);
}
