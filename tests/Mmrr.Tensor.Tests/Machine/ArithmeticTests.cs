using static Mmrr.Tests.Machine.ArithmeticInputs;

namespace Mmrr.Tests.Machine;

/// <summary>
/// Instructions on 10⁵ inputs each, among them NaN, infinities, zeros, subnormals, ties and the ends of the ranges, against results that are exact or
/// computed in float64 and rounded once.
/// </summary>
[Collection(TestDevices.Beside)]
public class ArithmeticTests
{
    // A double holds the exact sum, product or quotient of two floats, or rounds so that a second rounding does not matter (Figueroa: 53 ≥ 2·24 + 2).
    public static TheoryData<string> Binary => ["add.f32", "sub.rn.f32", "mul.f32", "div.rn.f32", "min.f32", "max.f32"];

    [Theory]
    [MemberData(nameof(Binary))]
    public void Float32_of_two(string opcode)
    {
        float[] a = Singles(1), b = Singles(2);
        uint[] found = Run(a, b, $"{opcode} %f3, %f1, %f2;");
        for (int i = 0; i < Count; i++)
        {
            double x = a[i], y = b[i];
            float expected = opcode.Split('.')[0] switch
            {
                "add" => (float)(x + y),
                "sub" => (float)(x - y),
                "mul" => (float)(x * y),
                "div" => (float)(x / y),
                // The number where one is none; −0 is below +0.
                "min" => float.MinNumber(a[i], b[i]),
                _ => float.MaxNumber(a[i], b[i]),
            };
            Same(expected, found[i], $"{opcode} {a[i]:R} {b[i]:R}");
        }
    }

    [Theory]
    [InlineData("rcp.rn.f32")]
    [InlineData("sqrt.rn.f32")]
    [InlineData("neg.f32")]
    [InlineData("abs.f32")]
    public void Float32_of_one(string opcode)
    {
        float[] a = Singles(3);
        uint[] found = Run(a, a, $"{opcode} %f3, %f1;");
        for (int i = 0; i < Count; i++)
        {
            float expected = opcode.Split('.')[0] switch
            {
                "rcp" => (float)(1 / (double)a[i]),
                "sqrt" => (float)Math.Sqrt(a[i]),
                "neg" => -a[i],
                _ => Math.Abs(a[i]),
            };
            if (float.IsNaN(a[i])) Assert.True(float.IsNaN(BitConverter.UInt32BitsToSingle(found[i])));
            else Same(expected, found[i], $"{opcode} {a[i]:R}");
        }
    }

    // The product is exact in a double; that the sum is rounded once follows from its rest, which decides where the double is a tie of two floats.
    [Fact]
    public void A_fused_multiply_add_is_rounded_once()
    {
        float[] a = Singles(4), b = Singles(5);
        uint[] found = Run(a, b, "fma.rn.f32 %f3, %f1, %f2, %f1;");
        for (int i = 0; i < Count; i++)
        {
            double product = (double)a[i] * b[i], sum = product + a[i];
            var exact = double.IsFinite(sum) ? Exact(product) + Exact(a[i]) : 0;
            Same(double.IsFinite(sum) && sum != 0 ? Nearest(exact, sum) : (float)sum, found[i], $"fma {a[i]:R} {b[i]:R}");
        }
    }

    // Every direction by its definition: the result is on the right side of the exact one, and its neighbour on the other.
    [Theory]
    [InlineData("add.rz.f32")]
    [InlineData("add.rm.f32")]
    [InlineData("add.rp.f32")]
    [InlineData("mul.rz.f32")]
    [InlineData("mul.rm.f32")]
    [InlineData("mul.rp.f32")]
    public void Directed_roundings_lie_on_their_side(string opcode)
    {
        float[] a = Singles(6), b = Singles(7);
        uint[] found = Run(a, b, $"{opcode} %f3, %f1, %f2;");
        for (int i = 0; i < Count; i++)
        {
            if (!float.IsFinite(a[i]) || !float.IsFinite(b[i])) continue;
            var exact = opcode[0] == 'a' ? Exact(a[i]) + Exact(b[i]) : Exact((double)a[i] * b[i]);
            float result = BitConverter.UInt32BitsToSingle(found[i]);
            string mode = opcode.Split('.')[1];
            bool down = mode == "rm" || (mode == "rz" && exact.Sign > 0);
            float other = down ? MathF.BitIncrement(result) : MathF.BitDecrement(result);
            string what = $"{opcode} {a[i]:R} {b[i]:R} is {result:R}";
            if (float.IsFinite(result)) Assert.True(down ? Exact(result) <= exact : Exact(result) >= exact, what);
            else Assert.True(down ? result < 0 : result > 0, what);
            if (float.IsFinite(other)) Assert.True(down ? Exact(other) > exact : Exact(other) < exact, what);
        }
    }

    [Theory]
    [InlineData("cvt.rzi.s32.f32", -2147483648.0, 2147483647.0)]
    [InlineData("cvt.rni.s32.f32", -2147483648.0, 2147483647.0)]
    [InlineData("cvt.rmi.u32.f32", 0.0, 4294967295.0)]
    [InlineData("cvt.rpi.u32.f32", 0.0, 4294967295.0)]
    public void Floats_become_integers(string opcode, double lowest, double highest)
    {
        float[] a = Singles(8);
        uint[] found = Run(a, a, $"{opcode} %r1, %f1; mov.b32 %f3, %r1;");
        for (int i = 0; i < Count; i++)
        {
            double whole = opcode.Split('.')[1] switch
            {
                "rzi" => Math.Truncate((double)a[i]),
                "rni" => Math.Round(a[i], MidpointRounding.ToEven),
                "rmi" => Math.Floor((double)a[i]),
                _ => Math.Ceiling((double)a[i]),
            };
            double expected = double.IsNaN(whole) ? 0 : Math.Clamp(whole, lowest, highest);
            Assert.Equal((uint)(long)expected, found[i]);
        }
    }

    [Theory]
    [InlineData("ex2.approx.f32", 2)]
    [InlineData("rsqrt.approx.f32", 2)]
    [InlineData("rcp.approx.f32", 1)]
    [InlineData("sqrt.approx.f32", 1)]
    public void Approximations_are_within_the_manuals_bounds(string opcode, int units)
    {
        float[] a = Singles(9);
        uint[] found = Run(a, a, $"{opcode} %f3, %f1;");
        for (int i = 0; i < Count; i++)
        {
            double expected = opcode[..3] switch
            {
                "ex2" => Math.Pow(2, a[i]),
                "rsq" => 1 / Math.Sqrt(a[i]),
                "rcp" => 1 / (double)a[i],
                _ => Math.Sqrt(a[i]),
            };
            float result = BitConverter.UInt32BitsToSingle(found[i]);
            if (!float.IsFinite((float)expected) || expected == 0) Same((float)expected, found[i], $"{opcode} {a[i]:R}");
            else Assert.InRange(Math.Abs(result - expected), 0, units * ((double)MathF.BitIncrement(Math.Abs((float)expected)) - Math.Abs((float)expected)));
        }
    }

    // As coarse as on a card: a kernel that needs more than 11 bits of tanh fails here too.
    [Fact]
    public void The_approximate_tanh_has_eleven_bits()
    {
        float[] a = Singles(10);
        uint[] found = Run(a, a, "tanh.approx.f32 %f3, %f1;");
        int coarse = 0;
        for (int i = 0; i < Count; i++)
        {
            if (float.IsNaN(a[i])) continue;
            double expected = Math.Tanh(a[i]), result = BitConverter.UInt32BitsToSingle(found[i]);
            if (Math.Abs(expected) < 1.2e-38) continue;
            double error = Math.Abs(result - expected) / Math.Abs(expected);
            Assert.InRange(error, 0, Math.ScaleB(1, -11));
            if (error > Math.ScaleB(1, -13)) coarse++;
        }
        Assert.True(coarse > Count / 20, $"{coarse} results are as coarse as the bound allows");
    }

    [Theory]
    [InlineData("div.s32", -1)]
    [InlineData("rem.s32", -1)]
    [InlineData("mul.hi.s32", -1)]
    [InlineData("min.s32", -1)]
    [InlineData("shr.s32", 31)]
    [InlineData("shl.b32", 63)]
    public void Integers_of_two(string opcode, int mask)
    {
        uint[] a = [.. Singles(11).Select(BitConverter.SingleToUInt32Bits)], b = [.. Singles(12).Select(BitConverter.SingleToUInt32Bits)];
        for (int i = 0; i < Count; i += 7) (a[i], b[i]) = (0x80000000 + (uint)(i % 3), uint.MaxValue - (uint)(i % 5));
        b = [.. b.Select(value => value & (uint)mask)];
        uint[] found = Run(
            [.. a.Select(BitConverter.UInt32BitsToSingle)], [.. b.Select(BitConverter.UInt32BitsToSingle)],
            $"mov.b32 %r1, %f1; mov.b32 %r2, %f2; {opcode} %r3, %r1, %r2; mov.b32 %f3, %r3;");
        for (int i = 0; i < Count; i++)
        {
            long x = (int)a[i], y = (int)b[i];
            if (y == 0 && opcode is "div.s32" or "rem.s32") continue;
            long expected = opcode switch
            {
                "div.s32" => x / y,
                "rem.s32" => x % y,
                "mul.hi.s32" => (x * y) >> 32,
                "min.s32" => Math.Min(x, y),
                "shr.s32" => x >> (int)y,
                _ => y > 31 ? 0 : x << (int)y,
            };
            Assert.Equal((uint)expected, found[i]);
        }
    }

    [Theory]
    [InlineData("lt", false)]
    [InlineData("le", false)]
    [InlineData("eq", false)]
    [InlineData("ne", false)]
    [InlineData("ltu", true)]
    [InlineData("geu", true)]
    [InlineData("neu", true)]
    [InlineData("nan", true)]
    public void Comparisons_of_what_is_no_number(string comparison, bool unordered)
    {
        float[] a = Singles(13), b = Singles(14);
        for (int i = 0; i < Count; i += 3) b[i] = a[i];
        uint[] found = Run(a, b, $"setp.{comparison}.f32 %p1, %f1, %f2; selp.f32 %f3, 1.0, 0.0, %p1;");
        for (int i = 0; i < Count; i++)
        {
            bool expected = float.IsNaN(a[i]) || float.IsNaN(b[i]) ? unordered : comparison switch
            {
                "lt" or "ltu" => a[i] < b[i],
                "le" => a[i] <= b[i],
                "eq" => a[i] == b[i],
                "ne" or "neu" => a[i] != b[i],
                "geu" => a[i] >= b[i],
                _ => false,
            };
            Assert.Equal(expected ? 0x3F800000u : 0, found[i]);
        }
    }

    private static uint[] Run(float[] a, float[] b, string body) =>
        Run<float, uint>($"mov.f32 %f1, a; mov.f32 %f2, b; {body} mov.b32 d, %f3;", a, b);

    private static void Same(float expected, uint found, string what)
    {
        if (float.IsNaN(expected) ? found != 0x7FFFFFFF : BitConverter.SingleToUInt32Bits(expected) != found)
            Assert.Fail($"{what}: {BitConverter.UInt32BitsToSingle(found):R} (0x{found:X8}), expected {expected:R}");
    }

    // In units of 2⁻³⁰⁰: of two subnormals' product, too, nothing is lost.
    private static System.Numerics.BigInteger Exact(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)(bits >> 52) & 0x7FF;
        var fraction = new System.Numerics.BigInteger((bits & ((1L << 52) - 1)) | (exponent == 0 ? 0 : 1L << 52));
        int shift = Math.Max(exponent, 1) - 1075 + 350;
        var magnitude = shift >= 0 ? fraction << shift : fraction >> -shift;
        return bits < 0 ? -magnitude : magnitude;
    }

    // Of the float nearest to an approximation and its neighbours the one nearest to the exact value, with the even one for a tie.
    private static float Nearest(System.Numerics.BigInteger exact, double near)
    {
        float middle = (float)near;
        if (float.IsInfinity(middle)) return middle;
        return new[] { MathF.BitDecrement(middle), middle, MathF.BitIncrement(middle) }.Where(float.IsFinite)
            .OrderBy(x => System.Numerics.BigInteger.Abs(Exact(x) - exact)).ThenBy(x => BitConverter.SingleToInt32Bits(x) & 1).First();
    }
}
