using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using static Mmrr.Tests.Machine.ArithmeticInputs;

namespace Mmrr.Tests.Machine;

/// <summary>"cvt" between floats of 16, 32 and 64 bits and integers, on 10⁵ inputs each, in every direction of rounding.</summary>
[Collection(TestDevices.Beside)]
public partial class ConversionTests
{
    // A widening conversion is exact; of a narrowing one the result is on the right side of the operand, or nearest to it, and no neighbour is better.
    [Theory]
    [InlineData("cvt.f64.f32")]
    [InlineData("cvt.f64.f16")]
    [InlineData("cvt.f32.f16")]
    [InlineData("cvt.rn.f32.f64")]
    [InlineData("cvt.rz.f32.f64")]
    [InlineData("cvt.rm.f32.f64")]
    [InlineData("cvt.rp.f32.f64")]
    [InlineData("cvt.rn.f16.f64")]
    [InlineData("cvt.rn.f16.f32")]
    [InlineData("cvt.rz.f16.f32")]
    [InlineData("cvt.rm.f16.f32")]
    [InlineData("cvt.rp.f16.f32")]
    public void Floats_become_other_floats(string opcode)
    {
        int to = Bits(opcode, 1), from = Bits(opcode, 0);
        double[] a = from switch
        {
            16 => Array.ConvertAll(Halves(51), value => (double)value),
            32 => Array.ConvertAll(Singles(51), value => (double)value),
            _ => Doubles(51),
        };
        double[] found = Converted(opcode, a, from, to);
        for (int i = 0; i < Count; i++)
        {
            string what = string.Create(CultureInfo.InvariantCulture, $"{opcode} {a[i]:R} is {found[i]:R}");
            if (!double.IsFinite(a[i]))
            {
                Assert.True(double.IsNaN(a[i]) ? double.IsNaN(found[i]) : a[i] == found[i], what);
                continue;
            }
            Assert.True(found[i] == 0 || double.IsNegative(found[i]) == double.IsNegative(a[i]), what);
            CheckRounded(FloatFormTests.Scaled(a[i], 1100), found[i], to, opcode, what);
        }
    }

    [Theory]
    [InlineData("cvt.rn.f32.s64")]
    [InlineData("cvt.rz.f32.s64")]
    [InlineData("cvt.rm.f32.s64")]
    [InlineData("cvt.rp.f32.u64")]
    [InlineData("cvt.rn.f64.s64")]
    [InlineData("cvt.rm.f64.s64")]
    [InlineData("cvt.rn.f64.u64")]
    [InlineData("cvt.rn.f32.s32")]
    [InlineData("cvt.rn.f32.u32")]
    [InlineData("cvt.rn.f16.s32")]
    [InlineData("cvt.rz.f16.u32")]
    public void Integers_become_floats(string opcode)
    {
        int to = Bits(opcode, 1);
        long[] a = Integers(52);
        string type = opcode.Split('.')[^1], source = type[1..] == "64" ? "a" : "%r1";
        string body = source == "a" ? $"{opcode} x, a;" : $"cvt.u32.u64 %r1, a; {opcode} x, %r1;";
        double[] found = Widened<long>(body, a, to);
        for (int i = 0; i < Count; i++)
        {
            BigInteger exact = type switch { "s64" => a[i], "u64" => (ulong)a[i], "s32" => (int)a[i], _ => (uint)a[i] };
            CheckRounded(exact << 1100, found[i], to, opcode, $"{opcode} {exact} is {found[i]:R}");
        }
    }

    [Theory]
    [InlineData("cvt.rzi.s32.f64")]
    [InlineData("cvt.rni.s64.f64")]
    [InlineData("cvt.rmi.u64.f64")]
    [InlineData("cvt.rpi.s64.f32")]
    [InlineData("cvt.rzi.u64.f32")]
    [InlineData("cvt.rni.s32.f16")]
    [InlineData("cvt.rmi.s16.f32")]
    [InlineData("cvt.rzi.u8.f32")]
    public void Floats_become_the_nearest_integers_that_the_type_has(string opcode)
    {
        int from = Bits(opcode, 0), to = Bits(opcode, 1);
        double[] a = from switch
        {
            16 => Array.ConvertAll(Halves(53), value => (double)value),
            32 => Array.ConvertAll(Singles(53), value => (double)value),
            _ => Doubles(53),
        };
        bool isSigned = opcode.Split('.')[^2][0] == 's';
        string register = to == 64 ? "%rd9" : to == 32 ? "%r9" : "%rs1";
        // Narrower results fill their register with the sign or with zeros.
        string widens = to == 64 ? "mov.b64 d, %rd9;" : $"cvt.{(isSigned ? "s64.s" : "u64.u")}{Math.Max(to, 16)} d, {register};";
        long[] found = from switch
        {
            16 => Run<Half, long>($"{opcode} {register}, a; {widens}", Array.ConvertAll(a, value => (Half)value), new Half[Count]),
            32 => Run<float, long>($"{opcode} {register}, a; {widens}", Array.ConvertAll(a, value => (float)value), new float[Count]),
            _ => Run<double, long>($"{opcode} {register}, a; {widens}", a, a),
        };
        var lowest = isSigned ? -(BigInteger.One << (to - 1)) : 0;
        var highest = (BigInteger.One << (isSigned ? to - 1 : to)) - 1;
        for (int i = 0; i < Count; i++)
        {
            double whole = opcode.Split('.')[1] switch
            {
                "rzi" => Math.Truncate(a[i]),
                "rni" => Math.Round(a[i], MidpointRounding.ToEven),
                "rmi" => Math.Floor(a[i]),
                _ => Math.Ceiling(a[i]),
            };
            var expected = double.IsNaN(whole) ? 0 : double.IsInfinity(whole) ? (whole > 0 ? highest : lowest)
                : BigInteger.Min(highest, BigInteger.Max(lowest, new BigInteger(whole)));
            Assert.True(unchecked((long)(ulong)(expected & ulong.MaxValue)) == found[i], $"{opcode} {a[i]:R} is {found[i]}, expected {expected}");
        }
    }

    [Theory]
    [InlineData("cvt.rni.f32.f32")]
    [InlineData("cvt.rzi.f64.f64")]
    [InlineData("cvt.ftz.f32.f32")]
    [InlineData("cvt.rn.sat.f32.f64")]
    public void Floats_are_made_whole_flushed_or_saturated(string opcode)
    {
        int from = Bits(opcode, 0);
        double[] a = from == 32 ? Array.ConvertAll(Singles(54), value => (double)value) : Doubles(54);
        double[] found = Converted(opcode, a, from, Bits(opcode, 1));
        for (int i = 0; i < Count; i++)
        {
            double expected = opcode.Split('.')[1] switch
            {
                "rni" => Math.Round(a[i], MidpointRounding.ToEven),
                "rzi" => Math.Truncate(a[i]),
                "ftz" => float.IsSubnormal((float)a[i]) ? Math.CopySign(0, a[i]) : a[i],
                _ => a[i] > 0 ? Math.Min((float)a[i], 1) : 0,
            };
            FloatFormTests.Same(expected, found[i], $"{opcode} {a[i]:R}");
        }
    }

    private static int Bits(string opcode, int fromTheEnd) => int.Parse(Number().Matches(opcode)[^(fromTheEnd + 1)].Value, CultureInfo.InvariantCulture);

    private static double[] Converted(string opcode, double[] a, int from, int to) => from switch
    {
        16 => Widened($"{opcode} x, a;", Array.ConvertAll(a, value => (Half)value), to),
        32 => Widened($"{opcode} x, a;", Array.ConvertAll(a, value => (float)value), to),
        _ => Widened($"{opcode} x, a;", a, to),
    };

    // The results, whose register is x, as doubles.
    private static double[] Widened<T>(string body, T[] a, int bits)
        where T : unmanaged
    {
        body = $".reg .b{bits} x; {body} mov.b{bits} d, x;";
        return bits switch
        {
            16 => Array.ConvertAll(Run<T, Half>(body, a, a), value => (double)value),
            32 => Array.ConvertAll(Run<T, float>(body, a, a), value => (double)value),
            _ => Run<T, double>(body, a, a),
        };
    }

    // By the definition of the rounding, with the exact operand in units of 2⁻¹¹⁰⁰.
    private static void CheckRounded(BigInteger exact, double result, int bits, string opcode, string what)
    {
        string mode = opcode.Split('.')[1];
        bool down = mode == "rm" || (mode == "rz" && exact.Sign > 0), nearest = mode is not ("rm" or "rp" or "rz");
        var value = Scaled(result, bits);
        double before = Beside(result, bits, -1), after = Beside(result, bits, 1);
        BigInteger below = Scaled(before, bits), above = Scaled(after, bits);
        if (nearest)
        {
            var error = BigInteger.Abs(value - exact);
            foreach (var other in new[] { below, above })
            {
                var distance = BigInteger.Abs(other - exact);
                Assert.True(error < distance || (error == distance && (other == value || IsEven(result, bits))), what);
            }
            return;
        }
        // Towards a bound that has no end the last number is the nearest.
        Assert.True(down ? (value <= exact || double.IsInfinity(result)) && (exact < above || double.IsInfinity(after))
            : (below < exact || double.IsInfinity(before)) && (exact <= value || double.IsInfinity(result)), what);
    }

    // An infinity stands where the next number would be.
    private static BigInteger Scaled(double value, int bits)
    {
        if (double.IsFinite(value)) return FloatFormTests.Scaled(value, 1100);
        int exponent = bits switch { 16 => 16, 32 => 128, _ => 1024 };
        return value > 0 ? BigInteger.One << (1100 + exponent) : -(BigInteger.One << (1100 + exponent));
    }

    private static double Beside(double value, int bits, int step) => bits switch
    {
        16 => (double)(step < 0 ? Half.BitDecrement((Half)value) : Half.BitIncrement((Half)value)),
        32 => step < 0 ? MathF.BitDecrement((float)value) : MathF.BitIncrement((float)value),
        _ => step < 0 ? Math.BitDecrement(value) : Math.BitIncrement(value),
    };

    private static bool IsEven(double value, int bits) => bits switch
    {
        16 => (BitConverter.HalfToUInt16Bits((Half)value) & 1) == 0,
        32 => (BitConverter.SingleToUInt32Bits((float)value) & 1) == 0,
        _ => (BitConverter.DoubleToUInt64Bits(value) & 1) == 0,
    };

    [GeneratedRegex(@"(?<=\.[fsu])\d+")]
    private static partial Regex Number();
}
