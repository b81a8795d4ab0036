using Mmrr.Kernels;

namespace Mmrr.Tests;

[Trait("Category", "Operation")]
public class PoolingTests(TestDevices devices)
{
    // Images, height, width, channels, kernel, stride: overlapping windows, adjoining ones, and those with gaps between.
    public static TheoryData<string, int[]> Cases => TestDevices.Rows(
        [[1, 1, 1, 1, 1, 1], [2, 5, 7, 3, 2, 2], [1, 7, 5, 20, 3, 2], [3, 4, 4, 16, 3, 1], [1, 6, 9, 5, 2, 3], [1, 3, 3, 2, 3, 5], [2, 5, 4, 18, 1, 2]],
        [[2, 33, 31, 48, 2, 2], [1, 32, 32, 64, 3, 2], [5, 16, 9, 6, 5, 1], [1, 28, 28, 1, 2, 2]]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void MaxPool_takes_the_largest_and_its_gradient_goes_there(string device, int[] sizes)
    {
        var (shape, kernel, stride, reference) = Sizes(sizes);
        var random = new RandomInputs();
        // Few values, so that maxima are equal: the first one counts.
        var x = Map(random.Uniform(shape, -3, 3), MathF.Round);
        CheckMax(device, x, random.Uniform(reference.Output), kernel, stride, reference);
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void MaxPool_counts_NaN_as_the_largest(string device)
    {
        var reference = new PoolReference(new Shape(1, 6, 7, 19), 3, 3, 2);
        var random = new RandomInputs();
        var x = Map(random.Uniform(reference.Images, -3, 3), value => value > 2.5f ? float.NaN : value < -2.5f ? float.NegativeInfinity : value);
        CheckMax(device, x, random.Uniform(reference.Output), 3, 2, reference);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AveragePool_takes_the_mean_and_shares_its_gradient(string device, int[] sizes)
    {
        var (shape, kernel, stride, reference) = Sizes(sizes);
        var random = new RandomInputs();
        HostTensor x = random.Uniform(shape), g = random.Uniform(reference.Output);
        var forward = devices.Run(device, [x], [reference.Output], (given, taken) => AveragePool.Forward(given[0], kernel, stride, taken[0]));
        Averages(reference, x).Check(forward[0], "output");
        var backward = devices.Run(device, [g], [shape], (given, taken) => AveragePool.Backward(given[0], kernel, stride, taken[0]));
        Gradients(reference, g).Check(backward[0], "x gradient");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AveragePool_takes_the_mean_of_whole_images(string device, int[] sizes)
    {
        var shape = new Shape(sizes[..4]);
        var reference = new PoolReference(shape, sizes[1], sizes[2], 1);
        var random = new RandomInputs();
        HostTensor x = random.Uniform(shape), g = random.Uniform(reference.Output);
        var forward = devices.Run(device, [x], [reference.Output], (given, taken) => AveragePool.Forward(given[0], taken[0]));
        Averages(reference, x).Check(forward[0], "output");
        var backward = devices.Run(device, [g], [shape], (given, taken) => AveragePool.Backward(given[0], taken[0]));
        Gradients(reference, g).Check(backward[0], "x gradient");
    }

    [Fact]
    public void The_reference_gradients_are_those_of_the_reference()
    {
        var random = new RandomInputs();
        foreach (var reference in new PoolReference[] { new(new Shape(2, 5, 4, 3), 3, 3, 1), new(new Shape(1, 5, 6, 2), 2, 2, 3) })
        {
            double[] x = random.Doubles(reference.Images.Count), g = random.Doubles(reference.Output.Count);
            GradientCheck.Check(x, g, reference.Average, reference.AverageGradient(g), "average");
            GradientCheck.Check(x, g, v => [.. reference.FirstMaxima(v).Select(i => v[i])], Scatter(reference, reference.FirstMaxima(x), g), "maximum");
        }
    }

    private void CheckMax(string device, HostTensor x, HostTensor g, int kernel, int stride, PoolReference reference)
    {
        int[] maxima = reference.FirstMaxima(x.Doubles);
        var forward = devices.Run(device, [x], [reference.Output], (given, taken) =>
        {
            Elementwise.Fill(1234, taken[0]); // outputs begin as NaN, which may be the result
            MaxPool.Forward(given[0], kernel, stride, taken[0]);
        });
        Assert.Equal(maxima.Select(i => x.Values[i]), forward[0]);
        var output = new HostTensor(reference.Output, forward[0]);
        var backward = devices.Run(device, [x, output, g], [x.Shape], (given, taken) =>
            MaxPool.Backward(given[0], given[1], given[2], kernel, stride, taken[0]));
        ErrorBound.Sum(Scatter(reference, maxima, g.Doubles), Scatter(reference, maxima, ErrorBound.Magnitude(g.Doubles)), Windows(reference))
            .Check(backward[0], "x gradient");
    }

    private static ErrorBound Averages(PoolReference reference, HostTensor x) => ErrorBound.Sum(
        reference.Average(x.Doubles), reference.Average(ErrorBound.Magnitude(x.Doubles)), reference.KernelHeight * reference.KernelWidth);

    private static ErrorBound Gradients(PoolReference reference, HostTensor g) => ErrorBound.Sum(
        reference.AverageGradient(g.Doubles), reference.AverageGradient(ErrorBound.Magnitude(g.Doubles)), Windows(reference));

    /// <summary>Windows that may contain a pixel.</summary>
    private static int Windows(PoolReference reference)
    {
        int across = Math.Min(reference.Output[2], (reference.KernelWidth + reference.Stride - 1) / reference.Stride);
        return across * Math.Min(reference.Output[1], (reference.KernelHeight + reference.Stride - 1) / reference.Stride);
    }

    private static double[] Scatter(PoolReference reference, int[] maxima, double[] g) => ResamplingReference.Scatter(g, maxima, reference.Images.Count);

    private static HostTensor Map(HostTensor x, Func<float, float> f) => new(x.Shape, Array.ConvertAll(x.Values, value => f(value)));

    private static (Shape Shape, int Kernel, int Stride, PoolReference Reference) Sizes(int[] sizes)
    {
        var shape = new Shape(sizes[..4]);
        return (shape, sizes[4], sizes[5], new PoolReference(shape, sizes[4], sizes[4], sizes[5]));
    }
}
