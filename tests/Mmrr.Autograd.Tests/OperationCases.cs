using Mmrr.Autograd;

namespace Mmrr.Tests;

/// <summary>One operation with its inputs and its float64 reference.</summary>
internal sealed record OperationCase(
    string Name, Func<IReadOnlyList<Variable>, Variable> Function, Func<double[][], double[]> Reference, params Shape[] Inputs)
{
    private static readonly float[] s_levels = [0f, 0.3f, 1f, 0.85f, 0.02f, 0.5f];

    public static IReadOnlyList<OperationCase> All { get; } =
        [.. Convolutions(), .. TransposedConvolutions(), .. Normalizations(), .. Rearrangements(), .. Elementwise(), .. Masks()];

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
        yield return new(
            "conv 5×5, bias", v => v[0].Conv2d(v[1], v[2]),
            v => References.Convolution(v[0], v[1], v[2], null, image, 5, 1), image, new Shape(5, 5, 3, 4), bias);
        Shape tall = new(1, 8, 5, 2);
        yield return new(
            "conv 7×7, stride 3, bias", v => v[0].Conv2d(v[1], v[2], 3),
            v => References.Convolution(v[0], v[1], v[2], null, tall, 7, 3), tall, new Shape(7, 7, 2, 3), new Shape(3));
    }

    private static IEnumerable<OperationCase> TransposedConvolutions()
    {
        Shape image = new(2, 3, 4, 3), bias = new(2);
        foreach (var (kernel, stride, padding) in new[] { (3, 1, 0), (3, 2, 0), (3, 2, 1), (5, 1, 0), (5, 3, 2), (1, 2, 1), (3, 4, 1) })
        {
            Shape weight = new(kernel, kernel, 2, 3);
            yield return new(
                $"transposed conv {kernel}×{kernel}, stride {stride}, output padding {padding}, bias",
                v => v[0].ConvTranspose2d(v[1], v[2], stride, padding),
                v => References.TransposedConvolution(v[0], v[1], v[2], image, kernel, stride, padding),
                image, weight, bias);
        }
        Shape wide = new(1, 3, 3, 16);
        yield return new(
            "transposed conv 3×3, 16 channels", v => v[0].ConvTranspose2d(v[1]),
            v => References.TransposedConvolution(v[0], v[1], null, wide, 3, 1, 0), wide, new Shape(3, 3, 16, 16));
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
