using Mmrr.Kernels;

namespace Mmrr.Tests;

/// <summary>Every elementwise function of the engine, found by its interface, against its own float64 form and central differences of that.</summary>
[Trait("Category", "Operation")]
public class FunctionTests(TestDevices devices)
{
    // Functions with parameters: those found have the default ones.
    private static readonly Dictionary<string, ICase> s_unary = new(Cases(typeof(IUnaryFunction), typeof(UnaryCase<>)))
    {
        ["Scaling by -1.7"] = Of(new Scaling(-1.7f)),
        ["LeakyRelu of 0.2"] = Of(new LeakyRelu(0.2f)),
        ["Power of 3"] = Of(new Power(3)),
        ["Power of -2"] = Of(new Power(-2)),
        ["Power of 2.5"] = Of(new Power(2.5f)),
        ["Power of -0.3"] = Of(new Power(-0.3f)),
    };

    private static readonly Dictionary<string, ICase> s_binary = Cases(typeof(IBinaryFunction), typeof(BinaryCase<>));

    /// <summary>A function with the type parameter closed. Gradients of functions of two tensors are checked with the recorded operations.</summary>
    private interface ICase
    {
        void Forward(TestDevices devices, string device, Shape shape);
    }

    private interface IGradientCase : ICase
    {
        void Backward(TestDevices devices, string device, Shape shape);
    }

    public static TheoryData<string, string, int[]> Unary => Rows(s_unary);

    public static TheoryData<string, string, int[]> Binary => Rows(s_binary);

    [Theory]
    [MemberData(nameof(Unary))]
    public void A_function_of_one_tensor_is_as_exact_as_it_states(string name, string device, int[] sizes) =>
        s_unary[name].Forward(devices, device, new Shape(sizes));

    [Theory]
    [MemberData(nameof(Unary))]
    public void Its_gradient_is_that_of_central_differences(string name, string device, int[] sizes) =>
        ((IGradientCase)s_unary[name]).Backward(devices, device, new Shape(sizes));

    [Theory]
    [MemberData(nameof(Binary))]
    public void A_function_of_two_tensors_is_as_exact_as_it_states(string name, string device, int[] sizes) =>
        s_binary[name].Forward(devices, device, new Shape(sizes));

    [Fact]
    public void All_functions_are_found()
    {
        string[] expected = [nameof(Tanh), nameof(Sigmoid), nameof(Relu), nameof(Scaling), nameof(Exp), nameof(Gelu)];
        foreach (string name in expected) Assert.Contains(name, s_unary.Keys);
        foreach (string name in new[] { nameof(Sum), nameof(Product), nameof(Difference), nameof(Quotient) }) Assert.Contains(name, s_binary.Keys);
    }

    private static Dictionary<string, ICase> Cases(Type function, Type test) => function.Assembly.GetTypes()
        .Where(type => type.IsValueType && !type.ContainsGenericParameters && function.IsAssignableFrom(type))
        .ToDictionary(type => type.Name, type => (ICase)Activator.CreateInstance(test.MakeGenericType(type))!);

    private static UnaryCase<TFunction> Of<TFunction>(TFunction function)
        where TFunction : struct, IUnaryFunction =>
        new() { Function = function };

    private static TheoryData<string, string, int[]> Rows(Dictionary<string, ICase> cases)
    {
        var rows = new TheoryData<string, string, int[]>();
        foreach (var row in TestDevices.Rows([[1], [3], [5, 27]], [[17, 241]]))
        {
            foreach (string name in cases.Keys.Order(StringComparer.Ordinal)) rows.Add(name, row.Data.Item1, row.Data.Item2);
        }
        return rows;
    }

    private static double Slope(Func<double, double> f, double x)
    {
        double h = 1e-5 * Math.Max(1e-2, Math.Abs(x));
        return (f(x + h) - f(x - h)) / (2 * h);
    }

    private sealed class UnaryCase<TFunction> : IGradientCase
        where TFunction : struct, IUnaryFunction
    {
        // Of the central differences, with a step of 10⁻⁵ and values of order 1 to 100: h²·|f‴| and 100·ε/h.
        private const double Differences = 2e-8;

        private static readonly UnaryTraits s_traits = TFunction.Traits;

        public TFunction Function { get; init; }

        public void Forward(TestDevices devices, string device, Shape shape)
        {
            var x = Arguments(shape);
            var actual = devices.Run(device, [x], [shape], (given, taken) => Elementwise.Forward(given[0], taken[0], Function));
            Bound(x).Check(actual[0], s_traits.Name);
        }

        // The kept value is rounded once, which moves the derivative by U·|x·f″|; it is then computed in a few roundings, of terms no larger than 1 + |f′|.
        public void Backward(TestDevices devices, string device, Shape shape)
        {
            HostTensor x = Arguments(shape), g = new RandomInputs(1).Uniform(shape, -2, 2);
            HostTensor kept = s_traits.Kept == Kept.Output ? new(shape, [.. x.Doubles.Select(value => (float)Value(value))]) : x;
            var actual = devices.Run(device, [kept, g], [shape], (given, taken) => Elementwise.Backward(given[0], given[1], taken[0], Function));
            double[] slopes = [.. x.Doubles.Select(value => Slope(Value, value))];
            double[] bends = [.. x.Doubles.Select(value => Math.Abs(value * Slope(at => Slope(Value, at), value)))];
            new ErrorBound(
                [.. slopes.Zip(g.Doubles, (slope, gradient) => slope * gradient)],
                i => Math.Abs(g.Doubles[i]) * ((ErrorBound.Gamma(s_traits.Roundings + 8) * (1 + Math.Abs(slopes[i]) + bends[i])) + Differences))
                .Check(actual[0], $"{s_traits.Name} gradient");
        }

        private HostTensor Arguments(Shape shape)
        {
            var x = new RandomInputs().Uniform(shape, (float)s_traits.Low, (float)s_traits.High);
            return new(shape, [.. x.Values.Select(value => IsAtKink(value) ? value + 0.01f : value)]);
        }

        /// <summary>Whether the slopes on both sides differ: central differences lie between them.</summary>
        private bool IsAtKink(double x)
        {
            double h = 1e-4 * Math.Max(1e-2, Math.Abs(x)), left = (Value(x) - Value(x - h)) / h, right = (Value(x + h) - Value(x)) / h;
            return Math.Abs(right - left) > 1e-2 * (1 + Math.Abs(left) + Math.Abs(right));
        }

        private double Value(double x) => Function.Value(x);

        private ErrorBound Bound(HostTensor x) => new(
            [.. x.Doubles.Select(Value)],
            i => ErrorBound.Gamma(s_traits.Roundings) * Math.Max(Math.Abs(Value(x.Doubles[i])), Math.Abs(x.Doubles[i] * Slope(Value, x.Doubles[i]))));
    }

    private sealed class BinaryCase<TFunction> : ICase
        where TFunction : struct, IBinaryFunction
    {
        public void Forward(TestDevices devices, string device, Shape shape)
        {
            HostTensor a = new RandomInputs().Uniform(shape, -3, 3), b = new RandomInputs(1).Uniform(shape, 0.1f, 3);
            var actual = devices.Run(device, [a, b], [shape], (given, taken) => Elementwise.Forward<TFunction>(given[0], given[1], taken[0]));
            double[] expected = [.. a.Doubles.Zip(b.Doubles, (x, y) => default(TFunction).Value(x, y))];
            new ErrorBound(expected, i => ErrorBound.Gamma(TFunction.Traits.Roundings) * Math.Abs(expected[i])).Check(actual[0], TFunction.Traits.Name);
        }
    }
}
