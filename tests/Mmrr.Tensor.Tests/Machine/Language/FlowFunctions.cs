using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Tests.Machine.Language;

/// <summary>Loops, branches, calls, structs and local arrays.</summary>
internal static class FlowFunctions
{
    public struct While : IFunction
    {
        public readonly long Of(long a, long b)
        {
            long n = a & 63, sum = b;
            while (n > 0)
            {
                sum += n * n;
                n -= 3;
            }
            return sum;
        }
    }

    public struct DoWhile : IFunction
    {
        public readonly long Of(long a, long b)
        {
            ulong n = (ulong)a % 1000;
            int steps = 0;
            do
            {
                n = (n & 1) == 0 ? n / 2 : (3 * n) + 1;
                steps++;
            }
            while (n > 1 && steps < 500);
            return steps;
        }
    }

    public struct NestedLoops : IFunction
    {
        public readonly long Of(long a, long b)
        {
            int found = 0;
            for (int i = 0; i < (int)(a & 15); i++)
            {
                if (i == 7) continue;
                for (int j = i; j < 20; j++)
                {
                    if (((i * j) & 3) == (int)(b & 3)) continue;
                    if (i + j > 24) break;
                    found += i ^ j ^ (int)(a & 1);
                }
                if (found > 300) break;
            }
            return found;
        }
    }

    public struct DenseSwitch : IFunction
    {
        public readonly long Of(long a, long b)
        {
            switch ((int)(a & 15))
            {
                case 0: return 7;
                case 1: return b;
                case 2: return -b;
                case 3:
                case 4: return b * 3;
                case 5: return b / 5;
                case 6: return b >> 3;
                case 9: return b ^ 9;
                default: return 1000 + a;
            }
        }
    }

    public struct SparseSwitch : IFunction
    {
        public readonly long Of(long a, long b)
        {
            long result = 1;
            switch ((int)(a % 5) * 1000)
            {
                case -4000: result = 4; break;
                case -1000: result = b; break;
                case 0: result = 2; break;
                case 1000: result += b; break;
                case 4000: result = b << 1; break;
            }
            return result;
        }
    }

    public struct SwitchOfLong : IFunction
    {
        public readonly long Of(long a, long b) => (a & 7) switch { 0L => b, 1L => b + 1, 2L => b * b, 3L => 17, 5L => -1, _ => a };
    }

    // Some of the cases leave the loop, some go on: the lanes of a warp are all over it.
    public struct SwitchInLoop : IFunction
    {
        public readonly long Of(long a, long b)
        {
            long sum = 0;
            for (int i = 0; i < 12; i++)
            {
                switch ((int)((a >> i) & 7))
                {
                    case 0: sum += 1; continue;
                    case 1: sum += b; break;
                    case 2: return sum;
                    case 3: sum ^= 0x55; break;
                    case 4: i++; break;
                    default: sum -= i; break;
                }
                sum *= 3;
            }
            return sum;
        }
    }

    public struct SwitchInSwitch : IFunction
    {
        public readonly long Of(long a, long b)
        {
            long y = 0;
            switch ((int)(a & 3))
            {
                case 0: y = 5; break;
                case 1:
                    switch ((int)(b & 3))
                    {
                        case 0: y = 1; break;
                        case 1: y = 2; break;
                        case 2: y = 3; break;
                        case 3: y = a; break;
                    }
                    y += 100;
                    break;
                case 2: y = 9; break;
                case 3: y = b; break;
            }
            return y;
        }
    }

    public struct Conditions : IFunction
    {
        public readonly long Of(long a, long b)
        {
            bool x = a > b && (a & 1) == 0, y = a < 0 || b % 3 == 1, z = x ^ y;
            return (x ? 1 : 0) + (y ? 2 : 0) + (z ? 4 : 0) + (x == y ? 8 : 0) + (x & !z ? 16 : 0) + (a == b ? 32 : a != -b ? 64 : 128);
        }
    }

    public struct Goto : IFunction
    {
        public readonly long Of(long a, long b)
        {
            int i = 0;
        again:
            if (i * i > (a & 255)) goto done;
            i++;
            goto again;
        done:
            return i + b;
        }
    }

    public struct EarlyReturn : IFunction
    {
        public readonly long Of(long a, long b)
        {
            if (a == 0) return b;
            if (b < 0)
            {
                if ((a & 1) == 1) return 1;
                a = -a;
            }
            return a / 3; // of a signed number by a power of two ILGPU 1.5.3 makes a shift, which rounds down
        }
    }

    public struct Pair(int first, double second)
    {
        public int First = first;
        public double Second = second;
        public Inner Within;
    }

    public struct Inner
    {
        public byte Small;
        public long Large;
    }

    public struct Structs : IFunction
    {
        public readonly long Of(long a, long b)
        {
            var pair = new Pair((int)a, b) { Within = new Inner { Small = (byte)a, Large = b } };
            Change(ref pair, out long old);
            var copy = pair;
            copy.Within.Large ^= 1;
            return pair.First + (long)(pair.Second / 1e6) + pair.Within.Small + pair.Within.Large + copy.Within.Large + old;
        }

        private static void Change(ref Pair pair, out long old)
        {
            old = pair.Within.Large;
            pair.First += 5;
            pair.Within.Small++;
            pair.Within.Large *= 3;
        }
    }

    public struct CallsThatAreNotInlined : IFunction
    {
        public readonly long Of(long a, long b) => One((int)(a & 0xFFFF), b) + Twice(new Inner { Small = (byte)b, Large = a }).Large;

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static long One(int a, long b) => a > 100 ? Two(a - 100, b) : Two(a, -b);

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static long Two(int a, long b)
        {
            if (a == 7) return b;
            long sum = 0;
            for (int i = 0; i < (a & 3); i++) sum += Three((short)(a + i), b);
            return sum;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static long Three(short a, long b) => Four(a < 0, a) ? b - a : b + a;

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static bool Four(bool negative, short a) => negative || (a & 1) == 0;

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static Inner Twice(Inner value) => new() { Small = (byte)(2 * value.Small), Large = (2 * value.Large) + (byte)(2 * value.Small) };
    }

    public struct ReferencesToLocals : IFunction
    {
        public readonly long Of(long a, long b)
        {
            Swap(ref a, ref b);
            ref long larger = ref Larger(ref a, ref b);
            larger = 3;
            return a - (2 * b);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Swap(ref long a, ref long b) => (a, b) = (b, a);

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static ref long Larger(ref long a, ref long b)
        {
            if (a > b) return ref a;
            return ref b;
        }
    }

    public struct LocalArray : IFunction
    {
        public readonly long Of(long a, long b)
        {
            int[] digits = new int[16];
            for (int i = 0; i < digits.Length; i++) digits[i] = (int)(a >> i) & 3;
            int at = (int)(b & 15);
            digits[at] += 9;
            int sum = 0;
            for (int i = 0; i < digits.Length; i++) sum = (sum * 5) + digits[(i + at) & 15];
            return sum;
        }
    }

    public struct LocalArrays : IFunction
    {
        public readonly long Of(long a, long b)
        {
            byte[] bytes = new byte[7];
            short[] shorts = new short[5];
            var structs = new Inner[3];
            for (int i = 0; i < 7; i++) bytes[i] = (byte)(a >> i);
            for (int i = 0; i < 5; i++) shorts[i] = (short)(b - i);
            for (int i = 0; i < 3; i++) structs[i] = new Inner { Small = bytes[i], Large = shorts[i] };
            int at = (int)((ulong)a % 3);
            return bytes[2 * at] + (shorts[at + 2] * 3L) + structs[at].Small + structs[2 - at].Large;
        }
    }

    private const int Constant = 41;
    private static readonly int s_number = 1234567;
    private static readonly double s_fraction = 2.5;

    public struct StaticValues : IFunction
    {
        public readonly long Of(long a, long b) => a + Constant + s_number + (long)s_fraction;
    }
}
