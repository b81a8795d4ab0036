using System.Numerics;
using ILGPU;

namespace Mmrr.Tests.Machine.Language;

/// <summary>
/// Integers of every width: arithmetic, comparisons, shifts, bits, conversions. Left out is what ILGPU 1.5.3 translates otherwise than C# says: a char is a
/// byte to it, and (byte)(sbyte)x keeps the sign.
/// </summary>
internal static class IntegerFunctions
{
    public struct SignedBytes : IFunction
    {
        public readonly long Of(long a, long b)
        {
            sbyte x = (sbyte)a, y = (sbyte)b;
            sbyte sum = (sbyte)(x + y), product = (sbyte)(x * y), shifted = (sbyte)(x >> 2), not = (sbyte)~x;
            return sum + (product * 1000L) + (shifted * 1000000L) + (not * 1000000000L) + (x < y ? 1 : 0) + (x == y ? 2 : 0)
                + (y == 0 ? 0 : x / y) + Math.Max(x, y);
        }
    }

    public struct Bytes : IFunction
    {
        public readonly long Of(long a, long b)
        {
            byte x = (byte)a, y = (byte)b;
            byte sum = (byte)(x + y), left = (byte)(x << 3), not = (byte)~y;
            return sum + (left * 1000L) + (not * 1000000L) + (x > y ? 1 : 0) + (x >= y ? 2 : 0) + (y == 0 ? 0 : x % y) + Math.Min(x, y) + (not == 255 ? 5 : 0);
        }
    }

    public struct Shorts : IFunction
    {
        public readonly long Of(long a, long b)
        {
            short x = (short)a, y = (short)b;
            short sum = (short)(x + y), product = (short)(x * y), not = (short)~x, negative = (short)-y;
            long flags = (x < y ? 1 : 0) + (x <= y ? 2 : 0) + (sum > x ? 4 : 0) + (not == -1 ? 8 : 0) + (product != negative ? 16 : 0) + (x >= -1 ? 32 : 0);
            return sum + (product * 100000L) + (not * 10000000000L) + flags + (y == 0 ? 0 : (x / y) + (x % y)) + Math.Max(x, y) + (x >> 3);
        }
    }

    public struct UnsignedShorts : IFunction
    {
        public readonly long Of(long a, long b)
        {
            ushort x = (ushort)a, y = (ushort)b;
            ushort sum = (ushort)(x + y), not = (ushort)~x;
            return sum + (not * 100000L) + (x < y ? 1 : 0) + (not == 0xFFFF ? 2 : 0) + (y == 0 ? 0 : x / y) + (x >> 5);
        }
    }

    public struct Ints : IFunction
    {
        public readonly long Of(long a, long b)
        {
            int x = (int)a, y = (int)b;
            int result = unchecked((x * y) + (x << (y & 31)) - (x >> 7)) ^ Math.Abs(x == int.MinValue ? 0 : x) ^ Math.Min(x, y) ^ Math.Max(x, -y) ^ ~y;
            return y is 0 or -1 ? result : result + (x / y) - (x % y) + IntrinsicMath.Clamp(x, -100, 100);
        }
    }

    public struct UnsignedInts : IFunction
    {
        public readonly long Of(long a, long b)
        {
            uint x = (uint)a, y = (uint)b;
            uint result = (x * y) ^ (x >> (int)(y & 31)) ^ Math.Max(x, y);
            return (y == 0 ? result : result + (x / y) + (x % y)) + (x < y ? 1L << 40 : 0) + (x >= 0x80000000 ? 1L << 41 : 0);
        }
    }

    public struct Longs : IFunction
    {
        public readonly long Of(long a, long b)
        {
            long result = unchecked((a * b) + (a << (int)(b & 63)) - (a >> 9)) ^ Math.Min(a, b) ^ ~b;
            return b is 0 or -1 ? result : result + (a / b) - (a % b) + (a < b ? 1 : 0);
        }
    }

    public struct UnsignedLongs : IFunction
    {
        public readonly long Of(long a, long b)
        {
            ulong x = (ulong)a, y = (ulong)b;
            ulong result = (x * y) ^ (x >> (int)(y & 63)) ^ Math.Max(x, y);
            return (long)(y == 0 ? result : result + (x / y) + (x % y)) + (x < y ? 3 : 0);
        }
    }

    public struct HighProducts : IFunction
    {
        public readonly long Of(long a, long b) => Math.BigMul((int)a, (int)b) + (long)(((ulong)(uint)a * (uint)b) >> 32);
    }

    public struct BitCounts : IFunction
    {
        public readonly long Of(long a, long b) =>
            BitOperations.PopCount((uint)a) + (100 * BitOperations.PopCount((ulong)b)) + (10000L * BitOperations.LeadingZeroCount((uint)a))
            + (1000000L * BitOperations.LeadingZeroCount((ulong)b)) + (100000000L * BitOperations.TrailingZeroCount((uint)a))
            + (10000000000L * BitOperations.TrailingZeroCount((ulong)b));
    }

    public struct SignedBitCounts : IFunction
    {
        public readonly long Of(long a, long b) =>
            IntrinsicMath.BitOperations.PopCount((int)a) + (100 * IntrinsicMath.BitOperations.PopCount(b))
            + (10000L * IntrinsicMath.BitOperations.LeadingZeroCount((int)a)) + (1000000L * IntrinsicMath.BitOperations.TrailingZeroCount(b));
    }

    public struct Rotations : IFunction
    {
        public readonly long Of(long a, long b) =>
            (long)BitOperations.RotateLeft((ulong)a, (int)b & 63) + BitOperations.RotateRight((uint)b, (int)a & 31);
    }

    public struct Logic : IFunction
    {
        public readonly long Of(long a, long b) => (a & b) + (a ^ ~b) + ((short)a & (sbyte)b) + ((int)a >>> 3) + (a >>> 5) + ((a | 12345) ^ b);
    }

    public struct Extensions : IFunction
    {
        public readonly long Of(long a, long b) =>
            (sbyte)a + ((byte)b * 3L) + ((short)a * 5L) + ((ushort)b * 7L) + ((int)a * 11L) + ((uint)b * 13L) + (long)(ulong)(sbyte)b;
    }
}
