using Mmrr.Autograd;

namespace Mmrr.Tests;

/// <summary>One operation with its inputs and its float64 reference.</summary>
internal sealed record OperationCase(
    string Name, Func<IReadOnlyList<Variable>, Variable> Function, Func<double[][], double[]> Reference, params Shape[] Inputs)
{
    private static readonly float[] s_levels = [0f, 0.3f, 1f, 0.85f, 0.02f, 0.5f];

    public static IReadOnlyList<OperationCase> All { get; } =
    [
        .. Convolutions(), .. TransposedConvolutions(), .. Products(), .. Normalizations(), .. Rearrangements(), .. Axes(), .. Elementwise(),
        .. Functions(), .. Pooling(), .. Rows(), .. Masks(),
    ];

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
        Shape weight = new(3, 3, 6, 4), bias = new(4), residual = new(2, 3, 3, 4);
        yield return new(
            "group norm, relu, conv 3×3", v => v[0].NormalizedConv2d(v[1], v[2], 2, v[3]),
            v => References.Convolution(References.GroupNorm(v[0], v[1], v[2], image, 2, true), v[3], null, null, image, 3, 1),
            image, channels, channels, weight);
        yield return new(
            "group norm, relu, conv 3×3, bias, residual", v => v[0].NormalizedConv2d(v[1], v[2], 2, v[3], v[4], v[5]),
            v => References.Convolution(References.GroupNorm(v[0], v[1], v[2], image, 2, true), v[3], v[4], v[5], image, 3, 1),
            image, channels, channels, weight, bias, residual);
        Shape wide = new(1, 3, 5, 16), wideChannels = new(16), square = new(3, 3, 16, 16);
        yield return new(
            "group norm, relu, conv 3×3, whole vectors, twice", v => Twice(v[0], x => x.NormalizedConv2d(v[1], v[2], 4, v[3], residual: x)),
            v => Twice(v[0], x => References.Convolution(References.GroupNorm(x, v[1], v[2], wide, 4, true), v[3], null, x, wide, 3, 1)),
            wide, wideChannels, wideChannels, square);
    }

    // The second reads what the first gives twice: its gradient of that is added to another.
    private static T Twice<T>(T x, Func<T, T> function) => function(function(x));

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

    private static IEnumerable<OperationCase> Functions()
    {
        Shape shape = new(3, 7);
        yield return new("subtract", v => v[0].Subtract(v[1]), v => [.. v[0].Zip(v[1], (a, b) => a - b)], shape, shape);
        yield return new("subtract from itself", v => v[0].Subtract(v[0]), v => [.. v[0].Select(_ => 0.0)], shape);
        yield return new("divide", v => v[0].Divide(v[1].Exp()), v => [.. v[0].Zip(v[1], (a, b) => a / Math.Exp(b))], shape, shape);
        yield return new("divide by itself", v => v[0].Divide(v[0]), v => [.. v[0].Select(_ => 1.0)], shape);
        yield return new("exp", v => v[0].Exp(), v => [.. v[0].Select(Math.Exp)], shape);
        yield return new("log", v => v[0].Multiply(v[0]).Log(), v => [.. v[0].Select(a => Math.Log(a * a))], shape);
        yield return new("sqrt", v => v[0].Exp().Sqrt(), v => [.. v[0].Select(a => Math.Exp(a / 2))], shape);
        yield return new("power of 3", v => v[0].Power(3), v => [.. v[0].Select(a => a * a * a)], shape);
        yield return new("power of -1.5", v => v[0].Exp().Power(-1.5f), v => [.. v[0].Select(a => Math.Exp(-1.5 * a))], shape);
        yield return new("leaky relu", v => v[0].LeakyRelu(0.2f), v => [.. v[0].Select(a => a > 0 ? a : 0.2f * a)], shape);
        yield return new("gelu", v => v[0].Gelu(), v => [.. v[0].Select(References.Gelu)], shape);
        yield return new(
            "dropout", v => v[0].Dropout(0.3f, 7, 3),
            v => [.. v[0].Select((a, i) => Philox.Uniform(7, 3, (ulong)i) < 0.3f ? 0 : a / (1 - (double)0.3f))], shape);
        yield return new("no dropout", v => v[0].Dropout(0, 7, 3).Scale(2), v => [.. v[0].Select(a => 2 * a)], shape);
    }

    private static IEnumerable<OperationCase> Pooling()
    {
        Shape image = new(2, 5, 4, 3);
        // A tenth of the input and values that are further apart: no step of a difference changes where a maximum is.
        float[] apart = [.. Enumerable.Range(0, image.Count).Select(i => 0.25f * (37 * i % image.Count))];
        foreach (var (kernel, stride) in new[] { (2, 2), (3, 1), (1, 3) })
        {
            yield return new(
                $"max pool {kernel}, stride {stride}",
                v => v[0].Scale(0.1f).Add(Variable.Constant(Tensor.From(v[0].Device, image, apart))).MaxPool(kernel, stride),
                v => References.Pool([.. v[0].Zip(apart, (a, b) => (0.1f * a) + b)], image, kernel, stride, window => window.Max()),
                image);
        }
        yield return new("average pool", v => v[0].AveragePool(2, 2), v => References.Pool(v[0], image, 2, 2, window => window.Average()), image);
        yield return new(
            "average pool, overlapping", v => v[0].AveragePool(3, 1), v => References.Pool(v[0], image, 3, 1, window => window.Average()), image);
        yield return new(
            "average pool, whole images", v => v[0].AveragePool(), v => References.Pool(v[0], image, 5, 4, 1, window => window.Average()), image);
    }

    private static IEnumerable<OperationCase> Rows()
    {
        Shape rows = new(3, 7), deep = new(2, 3, 6), channels = new(6);
        double[] target = References.Softmax([.. TestDevices.Values(rows.Count, 9).Select(value => (double)value)], 7);
        yield return new("softmax", v => v[0].Softmax(), v => References.Softmax(v[0], 7), rows);
        yield return new(
            "softmax cross-entropy",
            v => v[0].SoftmaxCrossEntropy(Tensor.From(v[0].Device, rows, [.. target.Select(t => (float)t)])),
            v => [References.CrossEntropy(v[0], target, 7)],
            rows);
        yield return new(
            "softmax cross-entropy, labels",
            v => v[0].SoftmaxCrossEntropy(Kernels.SoftmaxCrossEntropy.OneHot(v[0].Device, [2, 0, 6], 7)),
            v => [References.CrossEntropy(v[0], [.. new[] { 2, 0, 6 }.SelectMany(label => Enumerable.Range(0, 7).Select(c => c == label ? 1.0 : 0))], 7)],
            rows);
        yield return new("layer norm", v => v[0].LayerNorm(v[1], v[2]), v => References.LayerNorm(v[0], v[1], v[2]), deep, channels, channels);
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
