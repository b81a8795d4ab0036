using System.Numerics;
using static Mmrr.Tests.Machine.ArithmeticInputs;

namespace Mmrr.Tests.Machine;

/// <summary>
/// The forms of the float instructions beyond those of <see cref="ArithmeticTests"/>, on 10⁵ inputs each: the other approximations, properties, signs, flushed
/// and saturated results, double and half precision, conversions between them.
/// </summary>
[Collection(TestDevices.Beside)]
public class FloatFormTests
{
    private const float SmallestNormal = 1.17549435E-38f;

    // The manual's bounds ("lg2", "sin", "cos"): of lg2 2⁻²² absolute where the operand is in (0.5, 2) and 2 units in the last place elsewhere;
    // of sin and cos 2⁻²⁰·⁹ absolute within −π … π.
    [Theory]
    [InlineData("lg2.approx.f32")]
    [InlineData("sin.approx.f32")]
    [InlineData("cos.approx.f32")]
    public void Other_approximations_are_within_the_manuals_bounds(string opcode)
    {
        float[] a = Singles(21);
        float[] found = Run<float, float>($"{opcode} d, a;", a, a);
        for (int i = 0; i < Count; i++)
        {
            double expected = opcode[0] switch { 'l' => Math.Log2(a[i]), 's' => Math.Sin(a[i]), _ => Math.Cos(a[i]) };
            if (!double.IsFinite(expected) || a[i] == 0)
            {
                Same((float)expected, found[i], $"{opcode} {a[i]:R}");
                continue;
            }
            if (opcode[0] != 'l' && Math.Abs(a[i]) > Math.PI) continue;
            bool isAbsolute = opcode[0] != 'l' || (a[i] > 0.5f && a[i] < 2);
            double unit = MathF.BitIncrement(Math.Abs((float)expected)) - Math.Abs((float)expected);
            Assert.InRange(Math.Abs(found[i] - expected), 0, isAbsolute ? Math.ScaleB(1, opcode[0] == 'l' ? -22 : -21) + (unit / 2) : 2 * unit);
        }
    }

    [Theory]
    [InlineData("ex2.approx.ftz.f32")]
    [InlineData("rsqrt.approx.ftz.f32")]
    [InlineData("lg2.approx.ftz.f32")]
    [InlineData("sin.approx.ftz.f32")]
    [InlineData("rcp.rn.ftz.f32")]
    [InlineData("sqrt.rn.ftz.f32")]
    [InlineData("neg.ftz.f32")]
    [InlineData("abs.ftz.f32")]
    public void Flushed_functions_of_one_are_those_of_flushed_operands(string opcode)
    {
        float[] a = Singles(22);
        float[] found = Run<float, float>($"{opcode} d, a;", a, a);
        string plain = opcode.Replace(".ftz", "", StringComparison.Ordinal);
        float[] expected = Run<float, float>($"{plain} d, a;", Array.ConvertAll(a, Flush), a);
        for (int i = 0; i < Count; i++) Same(Flush(expected[i]), found[i], $"{opcode} {a[i]:R}");
    }

    [Theory]
    [InlineData("add.ftz.f32")]
    [InlineData("sub.ftz.f32")]
    [InlineData("mul.ftz.f32")]
    [InlineData("div.rn.ftz.f32")]
    [InlineData("min.ftz.f32")]
    [InlineData("max.ftz.f32")]
    public void Flushed_functions_of_two_are_those_of_flushed_operands(string opcode)
    {
        float[] a = Tiny(23), b = Tiny(24);
        float[] found = Run<float, float>($"{opcode} d, a, b;", a, b);
        for (int i = 0; i < Count; i++) Same(Flush(Two(opcode, Flush(a[i]), Flush(b[i]))), found[i], $"{opcode} {a[i]:R} {b[i]:R}");
    }

    [Fact]
    public void A_flushed_fused_multiply_add_flushes_its_result()
    {
        float[] a = Tiny(25), b = Singles(26), c = Tiny(27);
        float[] found = Run<float, float>("fma.rn.ftz.f32 d, a, b, c;", a, b, c);
        float[] expected = Run<float, float>("fma.rn.f32 d, a, b, c;", Array.ConvertAll(a, Flush), Array.ConvertAll(b, Flush), Array.ConvertAll(c, Flush));
        for (int i = 0; i < Count; i++) Same(Flush(expected[i]), found[i], $"fma.ftz {a[i]:R} {b[i]:R} {c[i]:R}");
    }

    [Theory]
    [InlineData("add.sat.f32")]
    [InlineData("sub.sat.f32")]
    [InlineData("mul.sat.f32")]
    [InlineData("cvt.sat.f32.f32")]
    public void Saturated_results_lie_from_zero_to_one_and_are_zero_for_what_is_no_number(string opcode)
    {
        float[] a = Singles(28), b = Singles(29);
        float[] found = Run<float, float>(opcode[0] == 'c' ? $"{opcode} d, a;" : $"{opcode} d, a, b;", a, b);
        for (int i = 0; i < Count; i++)
        {
            float exact = opcode[0] == 'c' ? a[i] : Two(opcode, a[i], b[i]);
            Same(float.IsNaN(exact) || exact <= 0 ? 0 : Math.Min(exact, 1), found[i], $"{opcode} {a[i]:R} {b[i]:R}");
        }
    }

    [Theory]
    [InlineData("finite")]
    [InlineData("infinite")]
    [InlineData("number")]
    [InlineData("notanumber")]
    [InlineData("normal")]
    [InlineData("subnormal")]
    public void Properties_are_those_of_both_precisions(string property)
    {
        float[] a = Singles(30);
        uint[] found = Run<float, uint>($"testp.{property}.f32 %p1, a; selp.b32 d, 1, 0, %p1;", a, a);
        for (int i = 0; i < Count; i++) Assert.Equal(Holds(property, a[i]) ? 1u : 0, found[i]);
        double[] wide = Doubles(30);
        found = Run<double, uint>($"testp.{property}.f64 %p1, a; selp.b32 d, 1, 0, %p1;", wide, wide);
        for (int i = 0; i < Count; i++) Assert.Equal(Holds(property, wide[i]) ? 1u : 0, found[i]);
    }

    [Fact]
    public void Copysign_takes_the_sign_of_the_first_and_the_magnitude_of_the_second()
    {
        float[] a = Singles(31), b = Singles(32);
        uint[] found = Run<float, uint>("copysign.f32 d, a, b;", a, b);
        for (int i = 0; i < Count; i++) Assert.Equal(BitConverter.SingleToUInt32Bits(MathF.CopySign(b[i], a[i])), found[i]);
        double[] x = Doubles(31), y = Doubles(32);
        ulong[] wide = Run<double, ulong>("copysign.f64 d, a, b;", x, y);
        for (int i = 0; i < Count; i++) Assert.Equal(BitConverter.DoubleToUInt64Bits(Math.CopySign(y[i], x[i])), wide[i]);
    }

    // The processor's own double arithmetic is IEEE 754's, rounded to nearest even.
    [Theory]
    [InlineData("add.f64")]
    [InlineData("sub.f64")]
    [InlineData("mul.f64")]
    [InlineData("div.rn.f64")]
    [InlineData("min.f64")]
    [InlineData("max.f64")]
    public void Float64_of_two(string opcode)
    {
        double[] a = Doubles(33), b = Doubles(34);
        double[] found = Run<double, double>($"{opcode} d, a, b;", a, b);
        for (int i = 0; i < Count; i++) Same(Two(opcode, a[i], b[i]), found[i], $"{opcode} {a[i]:R} {b[i]:R}");
    }

    [Theory]
    [InlineData("rcp.rn.f64")]
    [InlineData("sqrt.rn.f64")]
    [InlineData("neg.f64")]
    [InlineData("abs.f64")]
    public void Float64_of_one(string opcode)
    {
        double[] a = Doubles(35);
        double[] found = Run<double, double>($"{opcode} d, a;", a, a);
        for (int i = 0; i < Count; i++)
        {
            double expected = opcode[0] switch { 'r' => 1 / a[i], 's' => Math.Sqrt(a[i]), 'n' => -a[i], _ => Math.Abs(a[i]) };
            Same(expected, found[i], $"{opcode} {a[i]:R}");
        }
    }

    // Against the exact value as a whole number of 2⁻²²⁰⁰, of which the result must be the nearest double.
    [Fact]
    public void A_fused_multiply_add_of_doubles_is_rounded_once()
    {
        double[] a = Doubles(36), b = Doubles(37), c = Doubles(38);
        // Every second sum cancels all but a few bits.
        for (int i = 0; i < Count; i += 2) c[i] = -(a[i] * b[i]);
        double[] found = Run<double, double>("fma.rn.f64 d, a, b, c;", a, b, c);
        for (int i = 0; i < Count; i++)
        {
            double near = Math.FusedMultiplyAdd(a[i], b[i], c[i]);
            Same(near, found[i], $"fma {a[i]:R} {b[i]:R} {c[i]:R}");
            if (i % 50 > 1 || !double.IsFinite(near)) continue;
            // Of the processor's own instruction every fiftieth pair is looked at too.
            var exact = (Scaled(a[i], 1100) * Scaled(b[i], 1100)) + Scaled(c[i], 2200);
            var error = BigInteger.Abs(Scaled(found[i], 2200) - exact);
            foreach (double beside in new[] { Math.BitDecrement(found[i]), Math.BitIncrement(found[i]) })
                if (double.IsFinite(beside)) Assert.True(error <= BigInteger.Abs(Scaled(beside, 2200) - exact), $"fma {a[i]:R} {b[i]:R} {c[i]:R}");
        }
    }

    [Theory]
    [InlineData("add.f16")]
    [InlineData("sub.f16")]
    [InlineData("mul.f16")]
    [InlineData("min.f16")]
    [InlineData("max.f16")]
    [InlineData("neg.f16")]
    [InlineData("abs.f16")]
    public void Float16_is_exact_and_rounded_once(string opcode)
    {
        Half[] a = Halves(39), b = Halves(40);
        Half[] found = Run<Half, Half>(opcode[0] == 'n' || opcode.StartsWith("abs", StringComparison.Ordinal) ? $"{opcode} d, a;" : $"{opcode} d, a, b;", a, b);
        for (int i = 0; i < Count; i++)
        {
            // A sum or product of two halves is exact in a double.
            var expected = opcode switch
            {
                "neg.f16" => -a[i],
                "abs.f16" => Half.Abs(a[i]),
                _ => (Half)Two(opcode, (double)a[i], (double)b[i]),
            };
            Same(expected, found[i], $"{opcode} {a[i]} {b[i]}");
        }
    }

    [Fact]
    public void A_fused_multiply_add_of_halves_is_rounded_once()
    {
        Half[] a = Halves(41), b = Halves(42), c = Halves(43);
        Half[] found = Run<Half, Half>("fma.rn.f16 d, a, b, c;", a, b, c);
        for (int i = 0; i < Count; i++)
        {
            string what = $"fma {a[i]} {b[i]} {c[i]}";
            double near = ((double)a[i] * (double)b[i]) + (double)c[i];
            if (!double.IsFinite(near) || near == 0)
            {
                Same((Half)near, found[i], what);
                continue;
            }
            var exact = (Scaled((double)a[i], 30) * Scaled((double)b[i], 30)) + Scaled((double)c[i], 60);
            Same(Nearest(exact, (Half)near), found[i], what);
        }
    }

    [Theory]
    [InlineData("lt")]
    [InlineData("eq")]
    [InlineData("geu")]
    [InlineData("neu")]
    [InlineData("num")]
    public void Comparisons_of_halves_of_doubles_and_of_flushed_floats(string comparison)
    {
        bool Of(double x, double y) => comparison switch
        {
            "lt" => x < y,
            "eq" => x == y,
            "geu" => !(x < y),
            "neu" => !(x == y),
            _ => !double.IsNaN(x) && !double.IsNaN(y),
        };
        Half[] a = Halves(44), b = Halves(45);
        for (int i = 0; i < Count; i += 3) b[i] = a[i];
        uint[] found = Run<Half, uint>($"setp.{comparison}.f16 %p1, a, b; selp.b32 d, 1, 0, %p1;", a, b);
        for (int i = 0; i < Count; i++) Assert.Equal(Of((double)a[i], (double)b[i]) ? 1u : 0, found[i]);
        double[] x = Doubles(44), y = Doubles(45);
        for (int i = 0; i < Count; i += 3) y[i] = x[i];
        found = Run<double, uint>($"setp.{comparison}.f64 %p1, a, b; selp.b32 d, 1, 0, %p1;", x, y);
        for (int i = 0; i < Count; i++) Assert.Equal(Of(x[i], y[i]) ? 1u : 0, found[i]);
        float[] s = Tiny(44), t = Tiny(45);
        found = Run<float, uint>($"setp.{comparison}.ftz.f32 %p1, a, b; selp.b32 d, 1, 0, %p1;", s, t);
        for (int i = 0; i < Count; i++) Assert.Equal(Of(Flush(s[i]), Flush(t[i])) ? 1u : 0, found[i]);
    }

    private static float[] Tiny(int seed)
    {
        // About the smallest normal number, where flushing shows.
        var random = new Random(seed);
        return [.. Singles(seed).Select((value, i) => i % 2 == 0 ? value : SmallestNormal * (float)((4 * random.NextDouble()) - 2))];
    }

    private static float Flush(float value) => float.IsSubnormal(value) ? MathF.CopySign(0, value) : value;

    private static T Two<T>(string opcode, T x, T y)
        where T : IBinaryFloatingPointIeee754<T> => opcode[..3] switch
        {
            "add" => x + y,
            "sub" => x - y,
            "mul" => x * y,
            "div" => x / y,
            "min" => T.MinNumber(x, y),
            _ => T.MaxNumber(x, y),
        };

    private static bool Holds<T>(string property, T value)
        where T : IBinaryFloatingPointIeee754<T> => property switch
        {
            "finite" => T.IsFinite(value),
            "infinite" => T.IsInfinity(value),
            "number" => !T.IsNaN(value),
            "notanumber" => T.IsNaN(value),
            "normal" => T.IsNormal(value),
            _ => T.IsSubnormal(value),
        };

    // Of what is no number the sign and the payload do not count.
    internal static void Same<T>(T expected, T found, string what)
        where T : IBinaryFloatingPointIeee754<T>
    {
        if (T.IsNaN(expected) ? !T.IsNaN(found) : expected != found || T.IsNegative(expected) != T.IsNegative(found))
            Assert.Fail($"{what}: {found}, expected {expected}");
    }

    /// <summary>A number as a whole number of 2⁻ˢ.</summary>
    internal static BigInteger Scaled(double value, int s)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)(bits >> 52) & 0x7FF;
        var fraction = new BigInteger((bits & ((1L << 52) - 1)) | (exponent == 0 ? 0 : 1L << 52));
        int shift = Math.Max(exponent, 1) - 1075 + s;
        var magnitude = shift >= 0 ? fraction << shift : fraction >> -shift;
        return bits < 0 ? -magnitude : magnitude;
    }

    // The nearest half of one near by and its neighbours, the even one for a tie; beyond the largest there is an infinity in its place at 65536.
    private static Half Nearest(BigInteger exact, Half near)
    {
        double Value(Half half) => Half.IsInfinity(half) ? Math.CopySign(65536, (double)half) : (double)half;
        return new[] { Half.BitDecrement(near), near, Half.BitIncrement(near) }
            .OrderBy(half => BigInteger.Abs(Scaled(Value(half), 60) - exact)).ThenBy(half => BitConverter.HalfToUInt16Bits(half) & 1).First();
    }
}
