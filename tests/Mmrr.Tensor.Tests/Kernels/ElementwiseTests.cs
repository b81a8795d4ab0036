using Mmrr.Kernels;

namespace Mmrr.Tests;

[Trait("Category", "Operation")]
public class ElementwiseTests(TestDevices devices)
{
    // Roundings in the kernels' sigmoid and tanh: Exponential.cs states a few ulp, and an ulp is up to two roundings.
    private const double ExponentialRoundings = 8;

    public static TheoryData<string, int[]> Sizes => TestDevices.Rows([[1], [3], [64], [135], [2049]], [[17], [4097], [70000], [262144]]);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Arithmetic_is_rounded_once(string device, int[] sizes)
    {
        var random = new RandomInputs();
        var shape = new Shape(sizes);
        HostTensor a = random.Uniform(shape, -3, 3), b = random.Uniform(shape, -3, 3);
        const float Factor = -1.7f;
        void Check(string what, Func<double, double, double> reference, Action<Tensor[], Tensor> operation)
        {
            var actual = devices.Run(device, [a, b], [shape], (given, taken) => operation(given, taken[0]));
            ErrorBound.Relative([.. a.Doubles.Zip(b.Doubles, reference)], 1).Check(actual[0], what);
        }

        Check("Add", (x, y) => x + y, (given, output) => Elementwise.Add(given[0], given[1], output));
        Check("Multiply", (x, y) => x * y, (given, output) => Elementwise.Multiply(given[0], given[1], output));
        Check("Scale", (x, _) => x * Factor, (given, output) => Elementwise.Scale(given[0], Factor, output));
        Check("Relu", (x, _) => Math.Max(x, 0), (given, output) => Elementwise.Forward<Relu>(given[0], output));
        Check("Fill", (_, _) => Factor, (_, output) => Elementwise.Fill(Factor, output));
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void Add_may_write_over_either_input(string device)
    {
        var random = new RandomInputs();
        var shape = new Shape(5, 9);
        HostTensor a = random.Uniform(shape), b = random.Uniform(shape);
        var expected = ErrorBound.Relative([.. a.Doubles.Zip(b.Doubles, (x, y) => x + y)], 1);
        for (int over = 0; over < 2; over++)
        {
            using Tensor x = a.On(devices.Get(device)), y = b.On(devices.Get(device));
            var output = over == 0 ? x : y;
            Elementwise.Add(x, y, output);
            expected.Check(output.ToArray(), over == 0 ? "over a" : "over b");
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Tanh_and_sigmoid_are_right_to_a_few_ulp(string device, int[] sizes)
    {
        var random = new RandomInputs();
        var shape = new Shape(sizes);
        foreach (float range in new[] { 1e-4f, 0.5f, 4f, 20f, 85f })
        {
            var x = random.Uniform(shape, -range, range);
            var tanh = devices.Run(device, [x], [shape], (given, taken) => Elementwise.Forward<Tanh>(given[0], taken[0]));
            ErrorBound.Relative(Array.ConvertAll(x.Doubles, Math.Tanh), ExponentialRoundings).Check(tanh[0], $"Tanh up to {range}");
            var sigmoid = devices.Run(device, [x], [shape], (given, taken) => Elementwise.Forward<Sigmoid>(given[0], taken[0]));
            ErrorBound.Relative(Array.ConvertAll(x.Doubles, MaskReference.Sigmoid), ExponentialRoundings).Check(sigmoid[0], $"Sigmoid up to {range}");
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void Tanh_and_sigmoid_saturate(string device)
    {
        float[] ends = [0, 90, -90, 1e4f, -1e4f, float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity];
        // Padded to several vectors, so that both the vector loop and its tail see each of them.
        var x = new HostTensor(new Shape(45), [.. Enumerable.Range(0, 5).SelectMany(_ => ends)]);
        var tanh = devices.Run(device, [x], [x.Shape], (given, taken) => Elementwise.Forward<Tanh>(given[0], taken[0]));
        ErrorBound.Relative(Array.ConvertAll(x.Doubles, Math.Tanh), ExponentialRoundings).Check(tanh[0], "Tanh");
        var sigmoid = devices.Run(device, [x], [x.Shape], (given, taken) => Elementwise.Forward<Sigmoid>(given[0], taken[0]));
        ErrorBound.Relative(Array.ConvertAll(x.Doubles, MaskReference.Sigmoid), ExponentialRoundings).Check(sigmoid[0], "Sigmoid");
        Assert.All(tanh[0], value => Assert.InRange(value, -1, 1));
        Assert.All(sigmoid[0], value => Assert.InRange(value, 0, 1));
    }

    // A maximum in the wrong order would turn a diverged training into zeros.
    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void NaN_stays_NaN(string device)
    {
        var x = HostTensor.Constant(new Shape(19), float.NaN);
        foreach (var operation in new Action<Tensor, Tensor>[]
        {
            (from, to) => Elementwise.Forward<Relu>(from, to), (from, to) => Elementwise.Forward<Tanh>(from, to),
            (from, to) => Elementwise.Forward<Sigmoid>(from, to),
        })
        {
            // Outputs begin as NaN; one that was left so must not pass for a result.
            var y = devices.Run(device, [x], [x.Shape], (given, taken) =>
            {
                Elementwise.Fill(0, taken[0]);
                operation(given[0], taken[0]);
            });
            Assert.All(y[0], value => Assert.True(float.IsNaN(value), $"{operation.Method.Name} gave {value}"));
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Gradients_follow_from_the_outputs(string device, int[] sizes)
    {
        var random = new RandomInputs();
        var shape = new Shape(sizes);
        HostTensor y = random.Uniform(shape), p = random.Uniform(shape, 0, 1), g = random.Uniform(shape, -2, 2);
        var relu = y.ZeroWhere(i => y.Values[i] < 0);

        // g·(1 − y²) cancels where |y| is near 1: the roundings are those of 1 and of y².
        var tanh = devices.Run(device, [y, g], [shape], (given, taken) => Elementwise.Backward<Tanh>(given[0], given[1], taken[0]));
        ErrorBound.Sum(
            [.. y.Doubles.Zip(g.Doubles, (value, gradient) => gradient * (1 - (value * value)))],
            [.. y.Doubles.Zip(g.Doubles, (value, gradient) => Math.Abs(gradient) * (1 + (value * value)))],
            2).Check(tanh[0], "Tanh");
        var sigmoid = devices.Run(device, [p, g], [shape], (given, taken) => Elementwise.Backward<Sigmoid>(given[0], given[1], taken[0]));
        ErrorBound.Sum(
            [.. p.Doubles.Zip(g.Doubles, (value, gradient) => gradient * value * (1 - value))],
            [.. p.Doubles.Zip(g.Doubles, (value, gradient) => Math.Abs(gradient) * value * (1 + value))],
            2).Check(sigmoid[0], "Sigmoid");
        var passed = devices.Run(device, [relu, g], [shape], (given, taken) => Elementwise.Backward<Relu>(given[0], given[1], taken[0]));
        ErrorBound.Exact([.. relu.Doubles.Zip(g.Doubles, (value, gradient) => value > 0 ? gradient : 0)]).Check(passed[0], "Relu");
    }

    [Fact]
    public void The_reference_gradients_are_those_of_the_reference()
    {
        var random = new RandomInputs();
        double[] x = random.Doubles(40, -3, 3), g = random.Doubles(40);
        double[] Derivative(Func<double, double> f) => [.. x.Zip(g, (value, gradient) => gradient * f(value))];
        GradientCheck.Check(x, g, v => Array.ConvertAll(v, Math.Tanh), Derivative(v => 1 - (Math.Tanh(v) * Math.Tanh(v))), "Tanh");
        GradientCheck.Check(
            x, g, v => Array.ConvertAll(v, MaskReference.Sigmoid), Derivative(v => MaskReference.Sigmoid(v) * (1 - MaskReference.Sigmoid(v))), "Sigmoid");
    }
}
