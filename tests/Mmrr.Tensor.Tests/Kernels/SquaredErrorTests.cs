using Mmrr.Kernels;

namespace Mmrr.Tests;

[Trait("Category", "Operation")]
public class SquaredErrorTests(TestDevices devices)
{
    public static TheoryData<string, int[]> Images => TestDevices.Rows(
        [[1, 1, 1, 1], [1, 5, 9, 3], [2, 2, 3, 16], [3, 3, 5, 1], [1, 40, 37, 3], [2, 1, 1500, 3], [2, 1, 1367, 3], [1, 40, 53, 4]],
        [[2, 33, 31, 3], [7, 32, 32, 3], [1, 64, 64, 16], [1, 256, 256, 3], [5, 1, 1, 20]],
        (64, [2, 1, 1400, 3]), (256, [1, 27, 19, 4]));

    [Theory]
    [MemberData(nameof(Images))]
    public void Means_are_within_their_rounding_errors(string device, int[] sizes)
    {
        var random = new RandomInputs();
        var shape = new Shape(sizes);
        HostTensor prediction = random.Uniform(shape), target = random.Uniform(shape);
        double[] squares = [.. prediction.Doubles.Zip(target.Doubles, (p, t) => (p - t) * (p - t))];
        void Check(string what, Shape output, Action<Tensor, Tensor, Tensor> operation)
        {
            // Each output is the mean of adjacent squares; a square has three roundings (the difference's counts twice), the mean one.
            int size = shape.Count / output.Count;
            double[] means = [.. squares.Chunk(size).Select(chunk => chunk.Sum() / size)];
            var actual = devices.Run(device, [prediction, target], [output], (given, taken) => operation(given[0], given[1], taken[0]));
            ErrorBound.Sum(means, means, size + 2).Check(actual[0], what);
        }

        Check("Mean", new Shape(), SquaredError.Mean);
        Check("PerImage", new Shape(sizes[0]), SquaredError.PerImage);
        Check("PerPixel", new Shape(sizes[0], sizes[1], sizes[2]), SquaredError.PerPixel);
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void MeanBackward_is_within_its_rounding_errors(string device, int[] sizes)
    {
        var random = new RandomInputs();
        var shape = new Shape(sizes);
        HostTensor prediction = random.Uniform(shape), target = random.Uniform(shape), g = random.Uniform(new Shape());
        double[] gradient = Gradient(prediction.Doubles, target.Doubles, g.Doubles[0]);
        var actual = devices.Run(device, [prediction, target, g], [shape], (given, taken) => SquaredError.MeanBackward(given[0], given[1], given[2], taken[0]));
        // The difference, 2/n, and two products.
        ErrorBound.Relative(gradient, 4).Check(actual[0], "prediction gradient");
    }

    [Fact]
    public void The_reference_gradient_is_that_of_the_reference()
    {
        var random = new RandomInputs();
        double[] prediction = random.Doubles(30), target = random.Doubles(30);
        GradientCheck.Check(
            prediction, [1.7], v => [v.Zip(target, (p, t) => (p - t) * (p - t)).Average()], Gradient(prediction, target, 1.7), "prediction");
    }

    private static double[] Gradient(double[] prediction, double[] target, double outputGradient) =>
        [.. prediction.Zip(target, (p, t) => 2.0 / prediction.Length * (p - t) * outputGradient)];
}
