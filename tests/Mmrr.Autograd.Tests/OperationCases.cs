using Mmrr.Autograd;

namespace Mmrr.Tests;

/// <summary>One operation with its inputs and its float64 reference.</summary>
internal sealed record OperationCase(
    string Name, Func<IReadOnlyList<Variable>, Variable> Function, Func<double[][], double[]> Reference, params Shape[] Inputs)
{
    private static readonly float[] s_levels = [0f, 0.3f, 1f, 0.85f, 0.02f, 0.5f];

    public static IReadOnlyList<OperationCase> All { get; } =
        [.. Convolutions(), .. Products(), .. Normalizations(), .. Rearrangements(), .. Axes(), .. Elementwise(), .. Masks()];

    public IReadOnlyList<(Shape, float[])> Values => [.. Inputs.Select((shape, i) => (shape, TestDevices.Values(shape.Count, 100 + i)))];

    public override string ToString() => Name;

    private static IEnumerable<OperationCase> Convolutions()
    {
        Shape image = new(2, 5, 4, 3), weight = new(3, 3, 3, 4), bias = new(4);
        yield return new("conv 3×3", v => v[0].Conv2d(v[1]), v => References.Convolution(v[0], v[1], null, null, image, 3, 1), image, weight);
        yield return new(
            "conv 3×3, bias", v => v[0].Conv2d(v[1], v[2]),
            v => References.Convolution(v[0], v[1], v[2], null, image, 3, 1), image, weight, bias);
        yield return new(
            "conv 3×3, stride 2, bias", v => v[0].Conv2d(v[1], v[2], 2),
            v => References.Convolution(v[0], v[1], v[2], null, image, 3, 2), image, weight, bias);
        yield return new(
            "conv 3×3, bias, residual",
            v => v[0].Conv2d(v[1], v[2], residual: v[3]),
            v => References.Convolution(v[0], v[1], v[2], v[3], image, 3, 1),
            image, weight, bias, new Shape(2, 5, 4, 4));
        yield return new(
            "conv 3×3, its input as residual",
            v => v[0].Conv2d(v[1], v[2], residual: v[0]),
            v => References.Convolution(v[0], v[1], v[2], v[0], image, 3, 1),
            image, new Shape(3, 3, 3, 3), new Shape(3));
        Shape wide = new(1, 3, 3, 16);
        yield return new(
            "conv 1×1, 16 channels", v => v[0].Conv2d(v[1], v[2]),
            v => References.Convolution(v[0], v[1], v[2], null, wide, 1, 1), wide, new Shape(1, 1, 16, 16), new Shape(16));
    }

    private static IEnumerable<OperationCase> Products()
    {
        Shape left = new(3, 5), right = new(5, 4), several = new(2, 3, 5), bias = new(4);
        yield return new("matrix product", v => v[0].MatrixProduct(v[1]), v => References.MatrixProduct(v[0], v[1], 1, 3, 5, 4), left, right);
        yield return new(
            "matrix product, multiples of four", v => v[0].MatrixProduct(v[1]),
            v => References.MatrixProduct(v[0], v[1], 1, 3, 8, 4), new Shape(3, 8), new Shape(8, 4));
        yield return new("matrix product with itself", v => v[0].MatrixProduct(v[0]), v => References.MatrixProduct(v[0], v[0], 1, 3, 3, 3), new Shape(3, 3));
        yield return new(
            "matrix products", v => v[0].MatrixProduct(v[1]), v => References.MatrixProduct(v[0], v[1], 2, 3, 5, 4), several, new Shape(2, 5, 4));
        yield return new("matrix products with one", v => v[0].MatrixProduct(v[1]), v => References.MatrixProduct(v[0], v[1], 1, 6, 5, 4), several, right);
        yield return new(
            "linear", v => v[0].Linear(v[1], v[2]), v => References.Add(References.MatrixProduct(v[0], v[1], 1, 6, 5, 4), v[2]), several, right, bias);
        yield return new("linear, no bias", v => v[0].Linear(v[1]), v => References.MatrixProduct(v[0], v[1], 1, 1, 5, 4), new Shape(5), right);
    }

    private static IEnumerable<OperationCase> Normalizations()
    {
        Shape image = new(2, 3, 3, 6), channels = new(6);
        yield return new(
            "group norm", v => v[0].GroupNorm(v[1], v[2], 3),
            v => References.GroupNorm(v[0], v[1], v[2], image, 3, false), image, channels, channels);
        yield return new(
            "group norm, relu", v => v[0].GroupNorm(v[1], v[2], 2, relu: true),
            v => References.GroupNorm(v[0], v[1], v[2], image, 2, true), image, channels, channels);
    }

    private static IEnumerable<OperationCase> Rearrangements()
    {
        Shape image = new(2, 3, 2, 5);
        yield return new("nearest upsample", v => v[0].NearestUpsample(), v => References.Upsample(v[0], image), image);
        yield return new(
            "channel concat", v => v[0].ChannelConcat(v[1], v[2]),
            v => References.Concat(12, v), image, new Shape(2, 3, 2, 1), new Shape(2, 3, 2, 3));
        yield return new("channel concat, one input twice", v => v[0].ChannelConcat(v[0]), v => References.Concat(12, v[0], v[0]), image);
        yield return new("repeat images", v => v[0].RepeatImages(3), v => References.Repeat(v[0], 2, 3), image);
    }

    private static IEnumerable<OperationCase> Axes()
    {
        Shape shape = new(2, 3, 4, 5), small = new(2, 3, 1), row = new(4), column = new(3, 1);
        yield return new("sum", v => v[0].Sum(), v => [v[0].Sum()], shape);
        yield return new("sum over the channels", v => v[0].Sum(-1), v => References.Sum(v[0], shape, [3]), shape);
        yield return new("sum over all but the channels, kept", v => v[0].Sum([0, 1, 2], keepAxes: true), v => References.Sum(v[0], shape, [0, 1, 2]), shape);
        yield return new("mean", v => v[0].Mean([], keepAxes: true), v => [v[0].Average()], shape);
        yield return new("mean over two axes", v => v[0].Mean(2, 0), v => [.. References.Sum(v[0], shape, [0, 2]).Select(sum => sum / 8)], shape);
        yield return new("broadcast", v => v[0].BroadcastTo(new Shape(4, 2, 3, 5)), v => References.Broadcast(v[0], small, new Shape(4, 2, 3, 5)), small);
        yield return new("broadcast to the same shape", v => v[0].BroadcastTo(small), v => v[0], small);
        yield return new("add, broadcast", v => v[0].Add(v[1]), v => References.Add(v[0], v[1]), new Shape(3, 4), row);
        yield return new(
            "add, both broadcast", v => v[0].Add(v[1]),
            v => References.Add(References.Broadcast(v[0], column, new Shape(3, 4)), v[1]), column, row);
        yield return new(
            "multiply, broadcast", v => v[0].Multiply(v[1]),
            v => [.. References.Broadcast(v[0], column, new Shape(2, 3, 4)).Zip(v[1], (a, b) => a * b)], column, new Shape(2, 3, 4));
        yield return new("reshape", v => v[0].Reshape(4, -1), v => v[0], shape);
        yield return new("permute", v => v[0].Permute(2, 0, -1, 1), v => References.Permute(v[0], shape, [2, 0, 3, 1]), shape);
        yield return new("permute, a view", v => v[0].Permute(2, 0, 1), v => v[0], small);
        yield return new("transpose", v => v[0].Transpose(), v => References.Permute(v[0], shape, [0, 1, 3, 2]), shape);
    }

    private static IEnumerable<OperationCase> Elementwise()
    {
        Shape shape = new(3, 7), image = new(2, 3, 2, 2);
        yield return new("add", v => v[0].Add(v[1]), v => [.. v[0].Zip(v[1], (a, b) => a + b)], shape, shape);
        yield return new("add to itself", v => v[0].Add(v[0]), v => [.. v[0].Select(a => 2 * a)], shape);
        yield return new("multiply", v => v[0].Multiply(v[1]), v => [.. v[0].Zip(v[1], (a, b) => a * b)], shape, shape);
        yield return new("multiply by itself", v => v[0].Multiply(v[0]), v => [.. v[0].Select(a => a * a)], shape);
        yield return new("scale", v => v[0].Scale(-2.5f), v => [.. v[0].Select(a => -2.5 * a)], shape);
        yield return new("tanh", v => v[0].Tanh(), v => [.. v[0].Select(Math.Tanh)], shape);
        yield return new("sigmoid", v => v[0].Sigmoid(), v => [.. v[0].Select(References.Sigmoid)], shape);
        yield return new("relu", v => v[0].Relu(), v => [.. v[0].Select(a => Math.Max(0, a))], shape);
        yield return new(
            "noise blend",
            v => v[0].NoiseBlend(v[1], TestDevices.Tensor(v[0].Device, image, 9)),
            v => [.. TestDevices.Values(image.Count, 9).Select((noise, i) => (v[0][i] * v[1][i]) + (noise * (1 - v[1][i])))],
            image, image);
        yield return new(
            "mean squared error",
            v => v[0].MeanSquaredError(TestDevices.Tensor(v[0].Device, image, 9)),
            v => [TestDevices.Values(image.Count, 9).Select((target, i) => (v[0][i] - target) * (v[0][i] - target)).Average()],
            image);
    }

    private static IEnumerable<OperationCase> Masks()
    {
        Shape image = new(2, 4, 3, 2);
        foreach (var solver in Enum.GetValues<Kernels.MaskSolver>())
        {
            yield return new(
                $"bisection mask, {solver}",
                v => v[0].BisectionMask(Tensor.From(v[0].Device, new Shape(2, 3), s_levels), solver),
                v => References.BisectionMask(v[0], s_levels, 2),
                image);
        }
    }
}
