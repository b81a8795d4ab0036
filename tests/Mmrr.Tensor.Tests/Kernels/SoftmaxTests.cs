using Mmrr.Kernels;

namespace Mmrr.Tests;

[Trait("Category", "Operation")]
public class SoftmaxTests(TestDevices devices)
{
    // Rows, classes, and the range of the logits.
    public static TheoryData<string, int[]> Cases => TestDevices.Rows(
        [[1, 1, 3], [1, 10, 3], [7, 3, 30], [3, 16, 4], [2, 37, 1], [33, 5, 2], [2, 40, 1000]],
        [[1, 1000, 5], [5000, 10, 3], [300, 129, 4], [64, 4097, 8]]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Softmax_is_within_its_rounding_errors(string device, int[] sizes)
    {
        var (shape, x) = Logits(sizes);
        double[] expected = Probabilities(x.Doubles, sizes[1]);
        var forward = devices.Run(device, [x], [shape], (given, taken) => Softmax.Forward(given[0], taken[0]));
        double error = ProbabilityError(sizes);
        new ErrorBound(expected, i => (error * expected[i]) + float.Epsilon).Check(forward[0], "output");

        // The backward kernel is given the output rounded to float32; the reference takes the same.
        var y = new HostTensor(shape, Array.ConvertAll(expected, value => (float)value));
        var g = new RandomInputs(1).Uniform(shape, -2, 2);
        var backward = devices.Run(device, [y, g], [shape], (given, taken) => Softmax.Backward(given[0], given[1], taken[0]));
        ErrorBound.Sum(
            SoftmaxGradient(y.Doubles, g.Doubles, sizes[1], -1),
            SoftmaxGradient(y.Doubles, ErrorBound.Magnitude(g.Doubles), sizes[1], +1),
            sizes[1] + 2).Check(backward[0], "x gradient");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_cross_entropy_is_within_its_rounding_errors(string device, int[] sizes)
    {
        var (shape, x) = Logits(sizes);
        int rows = sizes[0], classes = sizes[1];
        var t = new HostTensor(shape, [.. Probabilities(new RandomInputs(1).Doubles(shape.Count, -3, 3), classes).Select(value => (float)value)]);
        double[] probability = Probabilities(x.Doubles, classes);
        double[] losses = [.. Enumerable.Range(0, rows).Select(row => Loss(x.Doubles, t.Doubles, row, classes))];
        var forward = devices.Run(device, [x, t], [shape, new Shape()], (given, taken) => SoftmaxCrossEntropy.Forward(given[0], given[1], taken[0], taken[1]));
        double error = ProbabilityError(sizes);
        new ErrorBound(probability, i => (error * probability[i]) + float.Epsilon).Check(forward[0], "probability");
        // Of a row: the relative error of Σ e^(x − m) is an absolute one of its logarithm; each term t·(ln Σ − (x − m)) has values up to the span of the
        // logits plus that logarithm, and the weights t add up to 1. Of the mean: float64, or a group's sum.
        double span = 2 * sizes[2], logarithm = 1 + Math.Log(classes);
        new ErrorBound([losses.Average()], _ => error + (ErrorBound.Gamma(classes + 8) * (logarithm + span)) + (ErrorBound.Gamma(16) * losses.Average()))
            .Check(forward[1], "loss");

        var p = new HostTensor(shape, Array.ConvertAll(probability, value => (float)value));
        var g = new HostTensor(new Shape(), [-1.7f]);
        var backward = devices.Run(device, [p, t, g], [shape], (given, taken) => SoftmaxCrossEntropy.Backward(given[0], given[1], given[2], taken[0]));
        ErrorBound.Relative([.. p.Doubles.Zip(t.Doubles, (a, b) => (a - b) / rows * g.Doubles[0])], 4).Check(backward[0], "logits gradient");
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void Large_and_excluded_logits_are_right(string device)
    {
        const float None = float.NegativeInfinity;
        var x = new HostTensor(new Shape(3, 3), [1e30f, 0, -1e30f, 2, None, 2, -3e38f, -3e38f, None]);
        var softmax = devices.Run(device, [x], [x.Shape], (given, taken) => Softmax.Forward(given[0], taken[0]));
        Assert.Equal([1, 0, 0, 0.5f, 0, 0.5f, 0.5f, 0.5f, 0], softmax[0]);
        var t = new HostTensor(x.Shape, [1, 0, 0, 0, 0, 1, 0.5f, 0.5f, 0]);
        var loss = devices.Run(device, [x, t], [x.Shape, new Shape()], (given, taken) => SoftmaxCrossEntropy.Forward(given[0], given[1], taken[0], taken[1]));
        Assert.Equal(softmax[0], loss[0]);
        Assert.Equal(2 * Math.Log(2) / 3, loss[1][0], 1e-6);
        var infinite = HostTensor.Constant(new Shape(1, 40), 1).ZeroWhere(i => i == 3);
        foreach (float value in new[] { float.NaN, float.PositiveInfinity })
        {
            infinite.Values[38] = value;
            var result = devices.Run(device, [infinite], [infinite.Shape], (given, taken) =>
            {
                Elementwise.Fill(0, taken[0]); // outputs begin as NaN
                Softmax.Forward(given[0], taken[0]);
            });
            Assert.True(float.IsNaN(result[0][38]));
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void OneHot_has_a_one_at_each_label(string device)
    {
        using var rows = SoftmaxCrossEntropy.OneHot(devices.Get(device), [2, 0, 3], 4);
        Assert.Equal(new Shape(3, 4), rows.Shape);
        Assert.Equal([0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1], rows.ToArray());
    }

    [Fact]
    public void The_reference_gradients_are_those_of_the_reference()
    {
        const int Rows = 3, Classes = 4;
        var random = new RandomInputs();
        double[] x = random.Doubles(Rows * Classes, -2, 2), g = random.Doubles(Rows * Classes), p = Probabilities(x, Classes);
        GradientCheck.Check(x, g, v => Probabilities(v, Classes), SoftmaxGradient(p, g, Classes, -1), "softmax");
        double[] t = Probabilities(random.Doubles(Rows * Classes), Classes);
        GradientCheck.Check(
            x, [1], v => [Enumerable.Range(0, Rows).Average(row => Loss(v, t, row, Classes))], [.. p.Zip(t, (a, b) => (a - b) / Rows)], "cross-entropy");
    }

    /// <summary>
    /// The relative error of a probability: the exponent x − m is rounded, which moves an exponential by its size, in the numerator and in the sum; then two
    /// roundings of exp, the sum and the quotient.
    /// </summary>
    private static double ProbabilityError(int[] sizes) => (2 * ErrorBound.U * 2 * sizes[2]) + ErrorBound.Gamma(sizes[1] + 6);

    private static double[] Probabilities(double[] x, int classes) => [.. x.Chunk(classes).SelectMany(row =>
    {
        double largest = row.Max(), sum = row.Sum(value => Math.Exp(value - largest));
        return row.Select(value => Math.Exp(value - largest) / sum);
    })];

    private static double Loss(double[] x, double[] t, int row, int classes)
    {
        double[] values = x[(row * classes)..((row + 1) * classes)];
        double largest = values.Max(), logarithm = Math.Log(values.Sum(value => Math.Exp(value - largest)));
        return values.Select((value, c) => t[(row * classes) + c] * (logarithm - (value - largest))).Sum();
    }

    /// <summary>y·(g ± Σ y·g); with a minus the gradient, with a plus its magnitude.</summary>
    private static double[] SoftmaxGradient(double[] y, double[] g, int classes, int sign)
    {
        double[] sums = [.. y.Zip(g, (a, b) => a * b).Chunk(classes).Select(row => row.Sum())];
        return [.. y.Select((value, i) => value * (g[i] + (sign * sums[i / classes])))];
    }

    private static (Shape Shape, HostTensor X) Logits(int[] sizes)
    {
        var shape = new Shape(sizes[0], sizes[1]);
        return (shape, new RandomInputs().Uniform(shape, -sizes[2], sizes[2]));
    }
}
