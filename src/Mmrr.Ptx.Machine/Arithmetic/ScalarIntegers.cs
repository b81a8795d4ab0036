using System.Numerics;
using System.Runtime.Intrinsics;

namespace Mmrr.Ptx.Machine.Arithmetic;

/// <summary>Integer instructions of one lane. A register of 16 bits has its value in the low half of 4 bytes, the rest is ignored when read.</summary>
internal static class ScalarIntegers
{
    /// <summary>"div": a division by zero gives all bits set, which is one of the machine-specific values that the manual allows.</summary>
    public struct Divide<T> : IScalar
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c)
        {
            T x = T.CreateTruncating(a), y = T.CreateTruncating(b);
            if (T.IsZero(y)) return ulong.MaxValue;
            // The most negative number divided by −1 is itself, modulo 2ⁿ.
            return ulong.CreateTruncating(IsMinusOne(y) ? T.Zero - x : x / y);
        }
    }

    /// <summary>A comparison of two integers; <typeparamref name="T"/> has 16 bits.</summary>
    public struct Test<T, TComparison> : IScalar
        where TComparison : struct, IComparison<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c) => TComparison.Of(Spread(a), Spread(b)).ExtractMostSignificantBits();

        private static Vector512<T> Spread(ulong bits) => Vector512.Create((ushort)bits).As<ushort, T>();
    }

    public struct Remainder<T> : IScalar
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c)
        {
            T x = T.CreateTruncating(a), y = T.CreateTruncating(b);
            if (T.IsZero(y)) return ulong.MaxValue;
            return ulong.CreateTruncating(IsMinusOne(y) ? T.Zero : x % y);
        }
    }

    /// <summary>"abs": the most negative number is its own.</summary>
    public struct Absolute<T> : IScalar
        where T : struct, IBinaryInteger<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c)
        {
            var x = T.CreateTruncating(a);
            return ulong.CreateTruncating(T.IsNegative(x) ? T.Zero - x : x);
        }
    }

    public struct Add<T> : IScalar
        where T : struct, IBinaryInteger<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c) => ulong.CreateTruncating(T.CreateTruncating(a + b));
    }

    public struct Subtract<T> : IScalar
        where T : struct, IBinaryInteger<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c) => ulong.CreateTruncating(T.CreateTruncating(a - b));
    }

    public struct MultiplyLow<T> : IScalar
        where T : struct, IBinaryInteger<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c) => ulong.CreateTruncating(T.CreateTruncating((a * b) + c));
    }

    /// <summary>The upper half of the product, plus C.</summary>
    public struct MultiplyHigh<T> : IScalar
        where T : struct, IBinaryInteger<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c)
        {
            var product = Int128.CreateTruncating(T.CreateTruncating(a)) * Int128.CreateTruncating(T.CreateTruncating(b));
            return (ulong)(product >> (8 * System.Runtime.CompilerServices.Unsafe.SizeOf<T>())) + c;
        }
    }

    /// <summary>The upper half of a product of two unsigned numbers of 64 bits.</summary>
    public struct MultiplyHighUnsigned64 : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => Math.BigMul(a, b, out _) + c;
    }

    public struct MultiplyWide<T> : IScalar
        where T : struct, IBinaryInteger<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c) => ulong.CreateTruncating(T.CreateTruncating(a)) * ulong.CreateTruncating(T.CreateTruncating(b)) + c;
    }

    public struct Min<T> : IScalar
        where T : struct, IBinaryInteger<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c) => ulong.CreateTruncating(T.Min(T.CreateTruncating(a), T.CreateTruncating(b)));
    }

    public struct Max<T> : IScalar
        where T : struct, IBinaryInteger<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c) => ulong.CreateTruncating(T.Max(T.CreateTruncating(a), T.CreateTruncating(b)));
    }

    public struct Negate<T> : IScalar
        where T : struct, IBinaryInteger<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c) => ulong.CreateTruncating(T.Zero - T.CreateTruncating(a));
    }

    /// <summary>|a − b| + c.</summary>
    public struct AbsoluteDifference<T> : IScalar
        where T : struct, IBinaryInteger<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c)
        {
            T x = T.CreateTruncating(a), y = T.CreateTruncating(b);
            return ulong.CreateTruncating(x > y ? x - y : y - x) + c;
        }
    }

    /// <summary>A shift amount above the width counts as the width.</summary>
    public struct ShiftLeft<T> : IScalar
        where T : struct, IBinaryInteger<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c) =>
            (uint)b >= 8 * System.Runtime.CompilerServices.Unsafe.SizeOf<T>() ? 0 : ulong.CreateTruncating(T.CreateTruncating(a) << (int)b);
    }

    public struct ShiftRight<T> : IScalar
        where T : struct, IBinaryInteger<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c)
        {
            int most = (8 * System.Runtime.CompilerServices.Unsafe.SizeOf<T>()) - 1;
            T x = T.CreateTruncating(a);
            return ulong.CreateTruncating((uint)b > most ? (x >> most) >> 1 : x >> (int)b);
        }
    }

    public struct PopulationCount<T> : IScalar
        where T : struct, IBinaryInteger<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c) => ulong.CreateTruncating(T.PopCount(T.CreateTruncating(a)));
    }

    public struct LeadingZeros<T> : IScalar
        where T : struct, IBinaryInteger<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c) => ulong.CreateTruncating(T.LeadingZeroCount(T.CreateTruncating(a)));
    }

    public struct ReverseBits32 : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => Reverse(a) >> 32;
    }

    public struct ReverseBits64 : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => Reverse(a);
    }

    /// <summary>The place of the highest bit that differs from the sign, −1 where there is none.</summary>
    public struct FindHighestBit<T> : IScalar
        where T : struct, IBinaryInteger<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c)
        {
            T x = T.CreateTruncating(a);
            if (T.IsNegative(x)) x = ~x;
            return ulong.CreateTruncating((8 * System.Runtime.CompilerServices.Unsafe.SizeOf<T>()) - 1 - int.CreateTruncating(T.LeadingZeroCount(x)));
        }
    }

    /// <summary>C bits of A from bit B on; a signed field is extended with its highest bit, or A's where it reaches beyond A.</summary>
    public struct ExtractBits<T> : IScalar
        where T : struct, IBinaryInteger<T>
    {
        public static ulong Of(ulong a, ulong b, ulong c)
        {
            int width = 8 * System.Runtime.CompilerServices.Unsafe.SizeOf<T>(), from = (int)(b & 255), length = (int)(c & 255);
            T x = T.CreateTruncating(a);
            if (length == 0) return 0;
            T shifted = from >= width ? (x >> (width - 1)) >> 1 : x >> from;
            if (from >= width && T.IsNegative(x)) shifted = ~T.Zero;
            if (from + length >= width || length >= width) return ulong.CreateTruncating(shifted);
            int spare = width - length;
            return ulong.CreateTruncating((shifted << spare) >> spare);
        }
    }

    /// <summary>"prmt" without a mode: each nibble of C picks a byte of B:A, or its sign eight times.</summary>
    public struct PermuteBytes : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c)
        {
            ulong bytes = (b << 32) | (uint)a, result = 0;
            for (int n = 0; n < 4; n++)
            {
                uint nibble = (uint)(c >> (4 * n)) & 15;
                ulong picked = (bytes >> (8 * (int)(nibble & 7))) & 255;
                if ((nibble & 8) != 0) picked = (picked & 128) != 0 ? 255u : 0u;
                result |= picked << (8 * n);
            }
            return result;
        }
    }

    /// <summary>"shf.l.wrap": the upper half of B:A shifted left by C modulo 32.</summary>
    public struct FunnelLeft : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => (((b << 32) | (uint)a) << (int)(c & 31)) >> 32;
    }

    /// <summary>"shf.r.wrap": the lower half of B:A shifted right by C modulo 32.</summary>
    public struct FunnelRight : IScalar
    {
        public static ulong Of(ulong a, ulong b, ulong c) => ((b << 32) | (uint)a) >> (int)(c & 31);
    }

    private static bool IsMinusOne<T>(T value)
        where T : struct, IBinaryInteger<T> => T.IsNegative(value) && T.IsZero(~value);

    private static ulong Reverse(ulong a)
    {
        ulong reversed = 0;
        for (int n = 0; n < 64; n++) reversed |= ((a >> n) & 1) << (63 - n);
        return reversed;
    }
}
