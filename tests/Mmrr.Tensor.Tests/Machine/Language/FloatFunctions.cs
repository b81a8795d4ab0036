using ILGPU;
using ILGPU.Algorithms;
using Half = ILGPU.Half;

namespace Mmrr.Tests.Machine.Language;

/// <summary>Floats of every width: arithmetic, comparisons, conversions with their roundings, bits, and the functions of ILGPU.Algorithms.</summary>
internal static class FloatFunctions
{
    // Values of ordinary size, and the special ones.
    private static float Single(long bits) => (bits & 7) == 0 ? Interop.IntAsFloat((uint)(bits >> 16)) : (int)(bits >> 24) / 1024f;

    private static double Double(long bits) => (bits & 7) == 0 ? Interop.IntAsFloat((ulong)bits) : (bits >> 20) / 1048576.0;

    private static long Bits(double value) => (long)Interop.FloatAsInt(value);

    // A number that is none may have any of its bits.
    private static long Bits(float value) => float.IsNaN(value) ? 0x7FFFFFFF : Interop.FloatAsInt(value);

    private static long Number(double value) => double.IsNaN(value) ? long.MaxValue : Bits(value);

    public struct Singles : IFunction
    {
        public readonly long Of(long a, long b)
        {
            float x = Single(a), y = Single(b);
            return Bits(x + y) ^ (Bits(x - y) << 1) ^ (Bits(x * y) << 2) ^ (Bits(x / y) << 3) ^ (Bits(-x) << 4) ^ (Bits(MathF.Abs(y)) << 5);
        }
    }

    public struct Doubles : IFunction
    {
        public readonly long Of(long a, long b)
        {
            double x = Double(a), y = Double(b);
            return Number(x + y) ^ Number(x - y) ^ Number(x * y) ^ Number(x / y) ^ Number(-x) ^ Number(Math.Abs(y));
        }
    }

    public struct SingleComparisons : IFunction
    {
        public readonly long Of(long a, long b)
        {
            float x = Single(a), y = Single(b);
            return (x < y ? 1 : 0) + (x <= y ? 2 : 0) + (x > y ? 4 : 0) + (x >= y ? 8 : 0) + (x == y ? 16 : 0) + (x != y ? 32 : 0) + (!(x < y) ? 64 : 0)
                + (!(x >= y) ? 128 : 0) + (float.IsNaN(x) ? 256 : 0) + (float.IsInfinity(y) ? 512 : 0) + (float.IsFinite(x) ? 1024 : 0);
        }
    }

    public struct DoubleComparisons : IFunction
    {
        public readonly long Of(long a, long b)
        {
            double x = Double(a), y = Double(b);
            return (x < y ? 1 : 0) + (x <= y ? 2 : 0) + (x > y ? 4 : 0) + (x >= y ? 8 : 0) + (x == y ? 16 : 0) + (x != y ? 32 : 0) + (!(x > y) ? 64 : 0)
                + (!(x <= y) ? 128 : 0) + (double.IsNaN(x) ? 256 : 0) + (double.IsInfinity(y) ? 512 : 0);
        }
    }

    public struct ToIntegers : IFunction
    {
        // Within the range of the results: beyond it C# promises nothing.
        public readonly long Of(long a, long b)
        {
            float x = (int)(a >> 33) / 4096f;
            double y = (b >> 11) / 8.0;
            return (int)x + ((long)y * 3) + (uint)MathF.Abs(x) + (long)(ulong)Math.Abs(y) + (sbyte)(int)(x / 4096) + (short)(x / 64) + (byte)Math.Abs(x / 4096);
        }
    }

    public struct FromIntegers : IFunction
    {
        public readonly long Of(long a, long b) =>
            Bits((float)(int)a) ^ (Bits((float)(uint)a) << 1) ^ (Bits((float)a) << 2) ^ (Bits((float)(ulong)b) << 3) ^ Bits((double)(int)b) ^ Bits((double)a)
            ^ Bits((double)(ulong)b) ^ Bits((double)(uint)b) ^ Bits((float)(short)a) ^ Bits((float)(sbyte)b) ^ Bits((float)(byte)b) ^ Bits((double)(ushort)a);
    }

    public struct BetweenFloats : IFunction
    {
        public readonly long Of(long a, long b) => Bits((float)Double(a)) ^ Number((double)Single(b));
    }

    public struct Roundings : IFunction
    {
        public readonly long Of(long a, long b)
        {
            float x = Single(a);
            double y = Double(b);
            // ILGPU.Algorithms makes −0 to 0; its RoundToEven, of 1.5 1, is left out.
            return Bits(MathF.Floor(x)) ^ (Bits(MathF.Ceiling(x) + 0f) << 1) ^ Number(Math.Floor(y)) ^ Number(Math.Ceiling(y) + 0.0)
                ^ (Bits(MathF.Truncate(x) + 0f) << 3) ^ Number(Math.Truncate(y) + 0.0);
        }
    }

    public struct SmallestAndLargest : IFunction
    {
        // Without NaN: C# passes it on, and PTX the other operand.
        public readonly long Of(long a, long b)
        {
            float x = (int)a / 7f, y = (int)b / 3f;
            double u = a / 7.0, v = b / 3.0;
            return Bits(Math.Min(x, y)) ^ (Bits(Math.Max(x, y)) << 1) ^ Bits(Math.Min(u, v)) ^ Bits(Math.Max(u, v)) ^ Bits(IntrinsicMath.Clamp(x, -5f, 5f));
        }
    }

    public struct SquareRoots : IFunction
    {
        public readonly long Of(long a, long b) => Bits(MathF.Sqrt(MathF.Abs(Single(a)))) ^ Number(Math.Sqrt(Math.Abs(Double(b))));
    }

    public struct SignBits : IFunction
    {
        public readonly long Of(long a, long b) =>
            (long)Interop.FloatAsInt(Interop.IntAsFloat((ulong)a)) + Interop.FloatAsInt(Interop.IntAsFloat((uint)b & 0x7F7FFFFF)) + Math.Sign((int)a);
    }

    public struct Halves : IFunction
    {
        public readonly long Of(long a, long b)
        {
            Half x = (Half)(((a & 31) - 16) / 4f), y = (Half)(((b & 31) - 16) / 4f);
            Half sum = x + y, product = x * y, quotient = x / y;
            float z = (float)sum + ((float)product * 4) + (float)-x + (float)Half.Abs(y);
            return Bits(z) + (x < y ? 1 : 0) + (x == y ? 2 : 0) + (x >= y ? 4 : 0) + (Half.IsNaN(quotient) ? 8 : 0) + (int)x + Bits((double)(float)sum);
        }
    }

    public struct HalfFromIntegers : IFunction
    {
        public readonly long Of(long a, long b) => Bits((float)(Half)(short)(a & 1023)) ^ (Bits((float)(Half)(byte)b) << 3);
    }

    private static double Small(long bits) => (int)(bits >> 32) / 536870912.0; // −4 to 4

    public struct SingleFunctions : IApproximateFunction
    {
        public readonly double Tolerance => 2e-5;

        public readonly long Of(long a, long b)
        {
            float x = (float)Small(a), p = MathF.Abs((float)Small(b)) + 0.25f;
            return Bits(
                XMath.Sin(x) + 10.0 + XMath.Cos(x) + XMath.Exp(x) + XMath.Exp2(x) + XMath.Log(p) + XMath.Log2(p) + XMath.Log10(p) + XMath.Sqrt(p)
                + XMath.Rsqrt(p)
                + XMath.Rcp(p) + XMath.Pow(p, x));
        }
    }

    public struct MoreSingleFunctions : IApproximateFunction
    {
        public readonly double Tolerance => 1e-3;

        public readonly long Of(long a, long b)
        {
            float x = (float)Small(a), y = (float)Small(b), unit = x / 4.5f;
            return Bits(
                100.0 + XMath.Tanh(x) + XMath.Sinh(x) + XMath.Cosh(x) + XMath.Asin(unit) + XMath.Acos(unit) + XMath.Atan(x) + XMath.Atan2(y, x)
                + XMath.Tan(unit)
                + XMath.Rem(x, 1.5f) + XMath.Log(XMath.Abs(x) + 1f, 3f));
        }
    }

    public struct DoubleFunctions : IApproximateFunction
    {
        public readonly double Tolerance => 1e-5;

        // Without the sine and the cosine: in ILGPU.Algorithms 1.5.3 lanes part at a branch that ILGPU marks as uniform.
        public readonly long Of(long a, long b)
        {
            double x = Small(a), p = Math.Abs(Small(b)) + 0.25;
            return Bits(
                10.0 + XMath.Exp(x) + XMath.Exp2(x) + XMath.Log(p) + XMath.Log2(p) + XMath.Log10(p) + XMath.Sqrt(p)
                + XMath.Rsqrt(p)
                + XMath.Rcp(p) + XMath.Pow(p, x));
        }
    }

    public struct MoreDoubleFunctions : IApproximateFunction
    {
        public readonly double Tolerance => 1e-3;

        public readonly long Of(long a, long b)
        {
            double x = Small(a), y = Small(b), unit = x / 4.5;
            return Bits(
                100.0 + XMath.Tanh(x) + XMath.Sinh(x) + XMath.Cosh(x) + XMath.Asin(unit) + XMath.Acos(unit) + XMath.Atan(x) + XMath.Atan2(y, x)
                + XMath.Tan(unit)
                + XMath.Rem(x, 1.5));
        }
    }

    public struct HalfFunctions : IApproximateFunction
    {
        public readonly double Tolerance => 2e-2;

        public readonly long Of(long a, long b)
        {
            Half x = (Half)(float)(Small(a) / 4);
            return Bits(4.0 + (float)XMath.Tanh(x) + (float)XMath.Exp2(x) + (float)XMath.Exp(x));
        }
    }
}
