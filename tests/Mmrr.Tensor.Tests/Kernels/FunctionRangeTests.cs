using Mmrr.Kernels;

namespace Mmrr.Tests;

/// <summary>Elementwise functions outside the arguments at which <see cref="FunctionTests"/> takes them: whole ranges, ends and NaN.</summary>
[Trait("Category", "Operation")]
public class FunctionRangeTests(TestDevices devices)
{
    public static TheoryData<string> Every => TestDevices.Every;

    [Theory]
    [MemberData(nameof(Every))]
    public void Log_is_right_from_the_smallest_number_to_the_largest(string device)
    {
        var random = new RandomInputs();
        var exponents = random.Uniform(new Shape(403), -149, 128);
        HostTensor wide = Map(exponents, value => MathF.Max(float.Epsilon, MathF.ScaleB(1, (int)value) * (1 + value - MathF.Floor(value))));
        HostTensor near = random.Uniform(new Shape(403), 0.99f, 1.01f);
        foreach (var x in new[] { wide, near })
            ErrorBound.Relative(Array.ConvertAll(x.Doubles, Math.Log), Log.Traits.Roundings).Check(Forward<Log>(device, x), "Log");
        Ends<Log>(
            device, (0, float.NegativeInfinity), (-0f, float.NegativeInfinity), (-1, float.NaN), (float.NegativeInfinity, float.NaN),
            (float.PositiveInfinity, float.PositiveInfinity), (float.NaN, float.NaN), (1, 0));
    }

    [Theory]
    [MemberData(nameof(Every))]
    public void Exp_is_right_from_0_to_infinity(string device)
    {
        var x = new RandomInputs().Uniform(new Shape(403), -87, 88.7f);
        ErrorBound.Relative(Array.ConvertAll(x.Doubles, Math.Exp), Exp.Traits.Roundings).Check(Forward<Exp>(device, x), "Exp");
        Ends<Exp>(
            device, (0, 1), (-105, 0), (89, float.PositiveInfinity), (float.NegativeInfinity, 0), (float.PositiveInfinity, float.PositiveInfinity),
            (float.NaN, float.NaN));
    }

    [Theory]
    [MemberData(nameof(Every))]
    public void Gelu_is_right_in_the_tail(string device)
    {
        var x = new RandomInputs().Uniform(new Shape(403), -12, 12);
        double[] expected = Array.ConvertAll(x.Doubles, default(Gelu).Value);
        new ErrorBound(expected, i => ErrorBound.Gamma(Gelu.Traits.Roundings) * (1 + (x.Doubles[i] * x.Doubles[i])) * Math.Abs(expected[i]))
            .Check(Forward<Gelu>(device, x), "Gelu");
        Ends<Gelu>(device, (0, 0), (-20, -0f), (20, 20), (float.PositiveInfinity, float.PositiveInfinity), (float.NaN, float.NaN));
    }

    [Theory]
    [MemberData(nameof(Every))]
    public void A_whole_power_takes_negative_numbers(string device)
    {
        var x = new RandomInputs().Uniform(new Shape(135), -2, -0.5f);
        foreach (int exponent in new[] { -5, -1, 1, 2, 7, 64 })
        {
            double[] expected = Array.ConvertAll(x.Doubles, value => Math.Pow(value, exponent));
            var power = new Power(exponent);
            var actual = devices.Run(device, [x], [x.Shape], (given, taken) => Elementwise.Forward(given[0], taken[0], power));
            ErrorBound.Relative(expected, 2 * Math.Abs(exponent)).Check(actual[0], $"Power of {exponent}");
        }
        Ends(device, new Power(0), (0, 1), (-3, 1));
        Ends(device, new Power(0.5f), (0, 0), (-1, float.NaN), (float.PositiveInfinity, float.PositiveInfinity), (float.NaN, float.NaN));
        Ends(device, new Power(-1.5f), (0, float.PositiveInfinity), (float.PositiveInfinity, 0));
        Ends(device, new Power(-1), (0, float.PositiveInfinity), (-2, -0.5f));
    }

    [Theory]
    [MemberData(nameof(Every))]
    public void NaN_stays_NaN_and_the_rest_ends_where_it_should(string device)
    {
        Ends<Sqrt>(device, (0, 0), (-1, float.NaN), (float.PositiveInfinity, float.PositiveInfinity), (float.NaN, float.NaN));
        Ends(device, new LeakyRelu(0.5f), (0, 0), (-2, -1), (float.NegativeInfinity, float.NegativeInfinity), (float.NaN, float.NaN));
    }

    [Fact]
    public void The_normal_distribution_is_the_integral_of_its_density()
    {
        for (double x = -8; x <= 8; x += 0.37)
        {
            // Simpson's rule; below −20 the density is less than 10⁻⁸⁷.
            const int Steps = 20_000;
            double step = (x + 20) / Steps, sum = 0;
            for (int i = 0; i <= Steps; i++) sum += (i == 0 || i == Steps ? 1 : i % 2 == 0 ? 2 : 4) * Math.Exp(-0.5 * Math.Pow(-20 + (i * step), 2));
            double expected = sum * step / 3 / Math.Sqrt(2 * Math.PI);
            Assert.Equal(1, NormalDistribution.Probability(x) / expected, 1e-9);
        }
    }

    [Fact]
    public void A_power_refuses_an_exponent_that_is_not_finite() =>
        Assert.Contains("exponent is NaN", Assert.Throws<ArgumentException>(() => new Power(float.NaN)).Message, StringComparison.Ordinal);

    private static HostTensor Map(HostTensor x, Func<float, float> f) => new(x.Shape, Array.ConvertAll(x.Values, value => f(value)));

    private float[] Forward<TFunction>(string device, HostTensor x, TFunction function = default)
        where TFunction : struct, IUnaryFunction =>
        devices.Run(device, [x], [x.Shape], (given, taken) =>
        {
            Elementwise.Fill(1234, taken[0]); // outputs begin as NaN, which may be the result
            Elementwise.Forward(given[0], taken[0], function);
        })[0];

    private void Ends<TFunction>(string device, params (float X, float Y)[] expected)
        where TFunction : struct, IUnaryFunction =>
        Ends(device, default(TFunction), expected);

    // Padded to several vectors, so that both the vector loop and its tail see each of them.
    private void Ends<TFunction>(string device, TFunction function, params (float X, float Y)[] expected)
        where TFunction : struct, IUnaryFunction
    {
        float[] x = [.. Enumerable.Repeat(expected, 19).SelectMany(pairs => pairs).Select(pair => pair.X)];
        float[] y = Forward(device, new HostTensor(new Shape(x.Length), x), function);
        for (int i = 0; i < x.Length; i++) Assert.Equal(expected[i % expected.Length].Y, y[i]);
    }
}
