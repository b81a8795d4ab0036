using Mmrr.Kernels;

namespace Mmrr.Tests;

[Trait("Category", "Operation")]
public class AxisReductionTests(TestDevices devices)
{
    // The first summed axis, their number, the shape: contiguous sums, narrow and wide ones, in one range and in several.
    public static TheoryData<string, int[]> Sums => TestDevices.Rows(
        [
            [0, 1, 1], [0, 1, 7], [0, 1, 65], [0, 2, 5, 3], [1, 1, 4, 6], [0, 1, 6, 1], [1, 1, 2, 70, 1], [0, 1, 33, 5], [0, 1, 3, 16], [1, 2, 2, 3, 5, 17],
            [0, 3, 3, 4, 5], [0, 1, 4100], [0, 1, 600, 2], [1, 1, 3, 300, 2, 2],
        ],
        [
            [0, 1, 100_000], [1, 1, 1000, 3], [1, 1, 3, 5000, 1], [0, 1, 700, 300], [0, 1, 300, 257], [0, 1, 9000, 3], [1, 2, 3, 40, 30, 5],
            [0, 1, 70_000, 15], [0, 1, 256, 512], [1, 1, 2, 257, 79],
        ],
        (64, [0, 1, 5000]), (64, [0, 1, 300, 18]));

    [Theory]
    [MemberData(nameof(Sums))]
    public void A_sum_over_neighbouring_axes_is_that_of_its_elements(string device, int[] sizes)
    {
        int axis = sizes[0], axes = sizes[1];
        int[] shape = sizes[2..], without = [.. shape[..axis], .. shape[(axis + axes)..]], kept = [.. shape];
        Array.Fill(kept, 1, axis, axes);
        int inner = shape[(axis + axes)..].Aggregate(1, (p, n) => p * n), length = shape[axis..(axis + axes)].Aggregate(1, (p, n) => p * n);
        var x = new RandomInputs().Uniform(new Shape(shape));
        double[] Reference(double[] values, double factor) =>
            [.. MatrixReference.Sum(values, values.Length / length / inner, length, inner).Select(sum => factor * sum)];
        foreach (var (factor, output) in new[] { (1f, new Shape(without)), (0.3f, new Shape(kept)) })
        {
            var sums = devices.Run(device, [x], [output], (given, taken) => AxisReduction.Sum(given[0], axis, axes, taken[0], factor));
            // At most as many additions as elements and a product; partial sums are rounded once more where they are formed in float64.
            ErrorBound.Sum(Reference(x.Doubles, factor), Reference(ErrorBound.Magnitude(x.Doubles), factor), length).Check(sums[0], $"sums times {factor}");
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void A_sum_does_not_depend_on_the_sizes_before_it(string device)
    {
        var x = new RandomInputs().Uniform(new Shape(3, 300, 5));
        float[] Sums(HostTensor values, int outer) =>
            devices.Run(device, [values], [new Shape(outer, 5)], (given, taken) => AxisReduction.Sum(given[0], 1, 1, taken[0]))[0];
        Assert.Equal(Sums(x, 3)[10..], Sums(new HostTensor(new Shape(1, 300, 5), x.Values[3000..]), 1));
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        using var scope = new DisposeScope();
        Tensor Make(params int[] sizes) => Tensor.Empty(devices.Get("cpu"), new Shape(sizes));
        var x = Make(3, 4, 5);
        foreach (var (axis, axes) in new[] { (-1, 1), (0, 0), (2, 2), (3, 1), (1, int.MaxValue) })
        {
            string message = Assert.Throws<ArgumentException>(() => AxisReduction.Sum(x, axis, axes, Make(3, 4))).Message;
            Assert.Contains("AxisReduction.Sum: x is [3, 4, 5]", message, StringComparison.Ordinal);
        }
        string wrong = Assert.Throws<ArgumentException>(() => AxisReduction.Sum(x, 1, 1, Make(3, 4))).Message;
        Assert.Equal("AxisReduction.Sum: output is [3, 4], expected [3, 5] or [3, 1, 5]", wrong);
    }
}
