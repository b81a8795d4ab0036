using Mmrr.Kernels;

namespace Mmrr.Tests;

/// <summary>What does not fit is refused on the host, by a line that names the operation, the argument, what came and what was expected.</summary>
public class HostCheckTests(TestDevices devices)
{
    private Device Cpu => devices.Get("cpu");

    [Fact]
    public void Convolution_refuses_wrong_shapes()
    {
        using var scope = new DisposeScope();
        Tensor x = Make(2, 5, 4, 3), weight = Make(3, 3, 3, 8), bias = Make(8), y = Make(2, 5, 4, 8);
        Refused("Convolution.Forward", ["output", "[2, 5, 4, 7]", "[2, 5, 4, 8]"], () => Convolution.Forward(x, weight, bias, null, 1, Make(2, 5, 4, 7)));
        Refused("Convolution.Forward", ["output", "[2, 5, 4, 8]", "[2, 3, 2, 8]"], () => Convolution.Forward(x, weight, bias, null, 2, y));
        Refused("Convolution.Forward", ["bias", "[3]", "[8]"], () => Convolution.Forward(x, weight, Make(3), null, 1, y));
        Refused("Convolution.Forward", ["residual", "[2, 5, 4, 3]", "[2, 5, 4, 8]"], () => Convolution.Forward(x, weight, bias, x, 1, y));
        Refused("Convolution.Forward", ["weight", "[3, 3, 4, 8]", "[K, K, 3, O]"], () => Convolution.Forward(x, Make(3, 3, 4, 8), bias, null, 1, y));
        Refused("Convolution.Forward", ["weight", "[4, 4, 3, 8]", "odd K"], () => Convolution.Forward(x, Make(4, 4, 3, 8), bias, null, 1, y));
        Refused("Convolution.Forward", ["weight", "[5, 3, 3, 8]", "[K, K, 3, O]"], () => Convolution.Forward(x, Make(5, 3, 3, 8), bias, null, 1, y));
        Refused("Convolution.Forward", ["x", "[2, 5, 4]", "[N, H, W, C]"], () => Convolution.Forward(Make(2, 5, 4), weight, bias, null, 1, y));
        Refused("Convolution.Forward", ["stride", "0", "at least 1"], () => Convolution.Forward(x, weight, bias, null, 0, y));
        Refused("Convolution.BackwardData", ["outputGradient", "[2, 5, 4, 3]", "[2, 5, 4, 8]"], () => Convolution.BackwardData(x, weight, 1, Make(2, 5, 4, 3)));
        Refused("Convolution.BackwardWeight", ["outputGradient", "[2, 5, 4, 3]", "[2, 5, 4, 8]"], () =>
            Convolution.BackwardWeight(x, x, 1, Make(3, 3, 3, 8), null));
        Refused("Convolution.BackwardWeight", ["biasGradient", "[3]", "[8]"], () => Convolution.BackwardWeight(x, y, 1, Make(3, 3, 3, 8), Make(3)));
    }

    [Fact]
    public void Transposed_convolution_refuses_wrong_shapes()
    {
        using var scope = new DisposeScope();
        const string Name = "Convolution.TransposedShape";
        Shape x = new(2, 5, 4, 3), weight = new(3, 3, 8, 3);
        Refused(Name, ["x", "[2, 5, 4]", "[N, H, W, C]"], () => Convolution.TransposedShape(new Shape(2, 5, 4), weight, 1, 0));
        Refused(Name, ["weight", "[3, 3, 3, 8]", "[K, K, O, 3]"], () => Convolution.TransposedShape(x, new Shape(3, 3, 3, 8), 1, 0));
        Refused(Name, ["weight", "[2, 2, 8, 3]", "odd K"], () => Convolution.TransposedShape(x, new Shape(2, 2, 8, 3), 1, 0));
        Refused(Name, ["stride", "0", "at least 1"], () => Convolution.TransposedShape(x, weight, 0, 0));
        Refused(Name, ["outputPadding", "2", "0 to 1"], () => Convolution.TransposedShape(x, weight, 2, 2));
        Refused(Name, ["outputPadding", "-1", "0 to 1"], () => Convolution.TransposedShape(x, weight, 2, -1));
        Refused(Name, ["2000000001", $"{Shape.MaxCount}"], () => Convolution.TransposedShape(x, weight, 500_000_000, 0));
        Assert.Equal(new Shape(2, 14, 11, 8), Convolution.TransposedShape(x, weight, 3, 1));
        Tensor y = Make(2, 5, 4, 8);
        Refused("Convolution.AddBias", ["x", "[8]", "[N, H, W, C]"], () => Convolution.AddBias(Make(8), Make(8), y));
        Refused("Convolution.AddBias", ["bias", "[3]", "[8]"], () => Convolution.AddBias(y, Make(3), y));
        Refused("Convolution.AddBias", ["output", "[2, 5, 4, 3]", "[2, 5, 4, 8]"], () => Convolution.AddBias(y, Make(8), Make(2, 5, 4, 3)));
        Refused("Convolution.BiasGradient", ["outputGradient", "[8]", "[N, H, W, C]"], () => Convolution.BiasGradient(Make(8), Make(8)));
        Refused("Convolution.BiasGradient", ["biasGradient", "[3]", "[8]"], () => Convolution.BiasGradient(y, Make(3)));
    }

    // No memory is asked for: what is too large is refused before.
    [Fact]
    public void What_kernels_cannot_count_is_refused_by_name()
    {
        string limit = $"{Shape.MaxCount}";
        Refused("Own.Sums", ["its partial sums", "[64, 40000000]", limit], () => Check.Intermediate("Own.Sums", "its partial sums", 64, 40_000_000));
        Refused("Own.Sums", [limit], () => Check.Intermediate("Own.Sums", "the packed weights", (long)Shape.MaxCount + 1));
        Refused("Own.Sums", [limit], () => Check.Intermediate("Own.Sums", "its partial sums", long.MaxValue, long.MaxValue));
        Assert.Equal(new Shape(1, Shape.MaxCount), Check.Intermediate("Own.Sums", "its partial sums", 1, Shape.MaxCount));
        // A row of pixels so long that its padded copy passes the limit.
        var g = Convolution.Geometry.Of("Convolution.Forward", new Shape(1, 1, Shape.MaxCount / 8, 5), new Shape(3, 3, 5, 1), 1);
        Refused("Convolution", ["a band of rows", limit], () => PaddedSource.OfInput(g, 16));
        foreach (string device in new[] { "cpu", "simt" })
        {
            var threads = devices.Get(device).Grid(Shape.MaxCount);
            Assert.InRange((long)threads.GridDim.X * threads.GroupDim.X, 1, Shape.MaxStride);
        }
    }

    [Fact]
    public void GroupNorm_refuses_wrong_shapes()
    {
        using var scope = new DisposeScope();
        Tensor x = Make(2, 5, 4, 12), c = Make(12), y = Make(2, 5, 4, 12), statistics = Make(2, 3), other = Make(2, 3);
        void Forward(Tensor gamma, Tensor beta, int groups, Tensor output, Tensor mean) =>
            GroupNormalization.Forward(x, gamma, beta, groups, 1e-5f, false, output, mean, other);

        Refused("GroupNormalization.Forward", ["gamma", "[3]", "[12]"], () => Forward(Make(3), c, 3, y, statistics));
        Refused("GroupNormalization.Forward", ["beta", "[3]", "[12]"], () => Forward(c, Make(3), 3, y, statistics));
        Refused("GroupNormalization.Forward", ["groups", "5", "12"], () => Forward(c, c, 5, y, statistics));
        Refused("GroupNormalization.Forward", ["output", "[12]", "[2, 5, 4, 12]"], () => Forward(c, c, 3, c, statistics));
        Refused("GroupNormalization.Forward", ["mean", "[2, 4]", "[2, 3]"], () => Forward(c, c, 3, y, Make(2, 4)));
        Refused("GroupNormalization.Backward", ["gammaGradient", "[3]", "[12]"], () =>
            GroupNormalization.Backward(x, c, c, statistics, other, y, false, Make(2, 5, 4, 12), Make(3), Make(12)));
    }

    [Fact]
    public void Resampling_refuses_wrong_shapes()
    {
        using var scope = new DisposeScope();
        Tensor x = Make(2, 3, 4, 5), large = Make(2, 6, 8, 5);
        Refused("NearestUpsample.Forward", ["output", "[2, 3, 4, 5]", "[2, 6, 8, 5]"], () => NearestUpsample.Forward(x, Make(2, 3, 4, 5)));
        Refused("NearestUpsample.Backward", ["outputGradient", "[2, 3, 4, 5]", "[2, 6, 8, 5]"], () => NearestUpsample.Backward(Make(2, 3, 4, 5), x));
        Refused("RepeatImages.Forward", ["output", "[2, 6, 8, 5]", "[6, 3, 4, 5]"], () => RepeatImages.Forward(x, 3, large));
        Refused("RepeatImages.Backward", ["times", "0"], () => RepeatImages.Backward(x, 0, Make(2, 3, 4, 5)));
        Refused("ChannelConcat.Forward", ["output", "[2, 3, 4, 5]", "10"], () => ChannelConcat.Forward([x, x], Make(2, 3, 4, 5)));
        Refused("ChannelConcat.Forward", ["inputs[1]", "[2, 6, 8, 5]", "[2, 3, 4, C]"], () => ChannelConcat.Forward([x, large], Make(2, 3, 4, 10)));
        Refused("ChannelConcat.Forward", ["inputs"], () => ChannelConcat.Forward([], x));
    }

    [Fact]
    public void Elementwise_operations_and_losses_refuse_wrong_shapes()
    {
        using var scope = new DisposeScope();
        Tensor a = Make(2, 3), b = Make(3, 2), images = Make(2, 3, 4, 5), others = Make(2, 3, 4, 5);
        Refused("Elementwise.Add", ["b", "[3, 2]", "[2, 3]"], () => Elementwise.Add(a, b, a));
        Refused("Elementwise.Tanh", ["output", "[3, 2]", "[2, 3]"], () => Elementwise.Forward<Tanh>(a, b));
        Refused("Elementwise.SigmoidBackward", ["outputGradient", "[3, 2]", "[2, 3]"], () => Elementwise.Backward<Sigmoid>(a, b, a));
        Refused("NoiseBlend.Forward", ["noise", "[3, 2]", "[2, 3]"], () => NoiseBlend.Forward(a, a, b, Make(2, 3)));
        Refused("SquaredError.Mean", ["output", "[1]", "[]"], () => SquaredError.Mean(images, others, Make(1)));
        Refused("SquaredError.PerImage", ["output", "[3]", "[2]"], () => SquaredError.PerImage(images, others, Make(3)));
        Refused("SquaredError.PerPixel", ["output", "[2, 3]", "[2, 3, 4]"], () => SquaredError.PerPixel(images, others, a));
        Refused("PhiloxUniform.Fill", ["period", "0"], () => PhiloxUniform.Fill(1, 1, 0, 1, 0, a));
    }

    [Fact]
    public void Pooling_refuses_wrong_shapes()
    {
        using var scope = new DisposeScope();
        Tensor x = Make(2, 5, 4, 3), y = Make(2, 2, 2, 3), flat = Make(2, 5, 4);
        Refused("MaxPool.Forward", ["x", "[2, 5, 4]", "[N, H, W, C]"], () => MaxPool.Forward(flat, 2, 2, y));
        Refused("MaxPool.Forward", ["kernel", "5", "1 to 4", "[2, 5, 4, 3]"], () => MaxPool.Forward(x, 5, 1, y));
        Refused("MaxPool.Forward", ["kernel", "0", "1 to 4"], () => MaxPool.Forward(x, 0, 1, y));
        Refused("MaxPool.Forward", ["stride", "0", "at least 1"], () => MaxPool.Forward(x, 2, 0, y));
        Refused("MaxPool.Forward", ["output", "[2, 5, 4, 3]", "[2, 2, 2, 3]"], () => MaxPool.Forward(x, 2, 2, Make(2, 5, 4, 3)));
        Refused("MaxPool.Backward", ["outputGradient", "[2, 5, 4, 3]", "[2, 2, 2, 3]"], () => MaxPool.Backward(x, y, x, 2, 2, Make(2, 5, 4, 3)));
        Refused("MaxPool.Backward", ["inputGradient", "[2, 5, 4]", "[2, 5, 4, 3]"], () => MaxPool.Backward(x, y, Make(2, 2, 2, 3), 2, 2, flat));
        Refused("AveragePool.Forward", ["output", "[2, 2, 2, 3]", "[2, 1, 1, 3]"], () => AveragePool.Forward(x, y));
        Refused("AveragePool.Backward", ["inputGradient", "[2, 5, 4]", "[N, H, W, C]"], () => AveragePool.Backward(y, 2, 2, flat));
        Refused("AveragePool.Backward", ["outputGradient", "[2, 2, 2, 3]", "[2, 1, 1, 3]"], () => AveragePool.Backward(y, x));
        Refused("AveragePool.Forward", ["shares"], () => AveragePool.Forward(x, 1, 1, x));
    }

    [Fact]
    public void Operations_on_rows_refuse_wrong_shapes()
    {
        using var scope = new DisposeScope();
        Tensor x = Make(3, 4), y = Make(3, 4), scalar = Make(), c = Make(4), n = Make(3);
        Refused("Softmax.Forward", ["x", "[]", "[..., C]"], () => Softmax.Forward(scalar, Make()));
        Refused("Softmax.Forward", ["output", "[4]", "[3, 4]"], () => Softmax.Forward(x, c));
        Refused("Softmax.Backward", ["outputGradient", "[4]", "[3, 4]"], () => Softmax.Backward(x, c, y));
        Refused("SoftmaxCrossEntropy.Forward", ["target", "[3]", "[3, 4]"], () => SoftmaxCrossEntropy.Forward(x, n, y, scalar));
        Refused("SoftmaxCrossEntropy.Forward", ["loss", "[3]", "[]"], () => SoftmaxCrossEntropy.Forward(x, Make(3, 4), y, n));
        Refused("SoftmaxCrossEntropy.Backward", ["outputGradient", "[3]", "[]"], () => SoftmaxCrossEntropy.Backward(x, y, n, Make(3, 4)));
        Refused("SoftmaxCrossEntropy.OneHot", ["labels[1]", "4", "0 to 3"], () => SoftmaxCrossEntropy.OneHot(Cpu, [0, 4], 4));
        Refused("SoftmaxCrossEntropy.OneHot", ["labels[0]", "-1", "0 to 3"], () => SoftmaxCrossEntropy.OneHot(Cpu, [-1], 4));
        Refused("SoftmaxCrossEntropy.OneHot", ["labels", "at least one"], () => SoftmaxCrossEntropy.OneHot(Cpu, [], 4));
        Refused("SoftmaxCrossEntropy.OneHot", ["classes", "0", "at least 1"], () => SoftmaxCrossEntropy.OneHot(Cpu, [0], 0));
        Refused("LayerNormalization.Forward", ["gamma", "[3]", "[4]"], () => LayerNormalization.Forward(x, n, c, 1e-5f, y, n, Make(3)));
        Refused("LayerNormalization.Forward", ["epsilon", "0", "positive"], () => LayerNormalization.Forward(x, c, c, 0, y, n, Make(3)));
        Refused("LayerNormalization.Forward", ["mean", "[4]", "[3]"], () => LayerNormalization.Forward(x, c, Make(4), 1e-5f, y, Make(4), n));
        Refused("LayerNormalization.Backward", ["betaGradient", "[3]", "[4]"], () => LayerNormalization.Backward(x, c, n, n, y, Make(3, 4), Make(4), Make(3)));
        Refused("LayerNormalization.Backward", ["shares"], () => LayerNormalization.Backward(x, c, n, n, y, Make(3, 4), c, Make(4)));
        Refused("PhiloxDropout.Apply", ["probability", "1", "below 1"], () => PhiloxDropout.Apply(x, 1, 0, 0, y));
        Refused("PhiloxDropout.Apply", ["probability", "NaN", "below 1"], () => PhiloxDropout.Apply(x, float.NaN, 0, 0, y));
        Refused("PhiloxDropout.Apply", ["output", "[4]", "[3, 4]"], () => PhiloxDropout.Apply(x, 0.5f, 0, 0, c));
        Refused("Elementwise.Subtract", ["b", "[4]", "[3, 4]"], () => Elementwise.Forward<Difference>(x, c, y));
    }

    [Fact]
    public void Masks_and_RAdam_refuse_wrong_shapes()
    {
        using var scope = new DisposeScope();
        Tensor v = Make(2, 3, 4, 1), levels = Make(2, 5), m = Make(10, 3, 4, 1), bias = Make(2, 5), slope = Make(2, 5);
        Refused("BisectionMask.Forward", ["levels", "[3, 5]"], () => BisectionMask.Forward(v, Make(3, 5), MaskSolver.Newton, 1e-5f, 50, m, bias, slope));
        Refused("BisectionMask.Forward", ["m", "[2, 3, 4, 1]", "[10, 3, 4, 1]"], () =>
            BisectionMask.Forward(v, levels, MaskSolver.Newton, 1e-5f, 50, Make(2, 3, 4, 1), bias, slope));
        Refused("BisectionMask.Forward", ["slope", "[2]", "[2, 5]"], () => BisectionMask.Forward(v, levels, MaskSolver.Bisection, 1e-5f, 50, m, bias, Make(2)));
        Refused("BisectionMask.Backward", ["maskGradient", "[2, 3, 4, 1]", "[10, 3, 4, 1]"], () => BisectionMask.Backward(m, slope, v, Make(2, 3, 4, 1)));
        Refused("PlainMasks.Constant", ["m", "[2, 3, 4, 1]"], () => PlainMasks.Constant(levels, v));
        Refused("Moments.Update", ["gradient", "[2, 5]", "[2, 3, 4, 1]"], () =>
            Moments.Update(v, levels, Make(2, 3, 4, 1), Make(2, 3, 4, 1), MomentStep.RAdam(1, 1e-3, 0.9, 0.999, 1e-8)));
    }

    [Fact]
    public void Operations_refuse_tensors_of_two_devices()
    {
        using var scope = new DisposeScope();
        var elsewhere = devices.Get("cpu", 1); // also a cpu, and yet another device
        Tensor Other(params int[] sizes) => Tensor.Empty(elsewhere, new Shape(sizes));
        Tensor x = Make(1, 2, 2, 4), c = Make(4);
        Refused("Convolution.Forward", ["one device"], () => Convolution.Forward(x, Other(1, 1, 4, 4), null, null, 1, Make(1, 2, 2, 4)));
        Refused("Convolution.Forward", ["one device"], () => Convolution.Forward(x, Make(1, 1, 4, 4), null, null, 1, Other(1, 2, 2, 4)));
        Refused("GroupNormalization.Forward", ["one device"], () =>
            GroupNormalization.Forward(x, Other(4), c, 2, 1e-5f, true, Make(1, 2, 2, 4), Make(1, 2), Make(1, 2)));
        Refused("NearestUpsample.Forward", ["one device"], () => NearestUpsample.Forward(x, Other(1, 4, 4, 4)));
        Refused("ChannelConcat.Forward", ["one device"], () => ChannelConcat.Forward([x, Other(1, 2, 2, 4)], Make(1, 2, 2, 8)));
        Refused("RepeatImages.Forward", ["one device"], () => RepeatImages.Forward(x, 2, Other(2, 2, 2, 4)));
        Refused("Elementwise.Add", ["one device"], () => Elementwise.Add(c, Other(4), c));
        Refused("NoiseBlend.Forward", ["one device"], () => NoiseBlend.Forward(c, Other(4), c, Make(4)));
        Refused("SquaredError.Mean", ["one device"], () => SquaredError.Mean(c, Other(4), Make()));
        Refused("BisectionMask.Forward", ["one device"], () =>
            BisectionMask.Forward(x, Other(1, 1), MaskSolver.Newton, 1e-5f, 50, Make(1, 2, 2, 4), Make(1, 1), Make(1, 1)));
        Refused("Moments.Update", ["one device"], () => Moments.Update(c, Other(4), Make(4), Make(4), MomentStep.RAdam(1, 1e-3, 0.9, 0.999, 1e-8)));
    }

    [Fact]
    public void Operations_refuse_to_write_over_what_they_still_read()
    {
        using var scope = new DisposeScope();
        Tensor x = Make(1, 2, 2, 4), c = Make(4), scalar = Make();
        Refused("Convolution.Forward", ["shares"], () => Convolution.Forward(x, Make(1, 1, 4, 4), null, null, 1, x));
        Refused("Convolution.Forward", ["shares"], () => Convolution.Forward(x, Make(1, 1, 4, 4), null, null, 1, x.Share()));
        Refused("Convolution.BackwardData", ["shares"], () => Convolution.BackwardData(x, Make(1, 1, 4, 4), 1, x));
        Refused("RepeatImages.Forward", ["shares"], () => RepeatImages.Forward(x, 1, x));
        Refused("ChannelConcat.Forward", ["shares"], () => ChannelConcat.Forward([x], x.Share()));
        Refused("SquaredError.Mean", ["shares"], () => SquaredError.Mean(scalar, Make(), scalar));
        Refused("BisectionMask.Forward", ["shares"], () => BisectionMask.Forward(x, Make(1, 1), MaskSolver.Newton, 1e-5f, 50, x, Make(1, 1), Make(1, 1)));
        Refused("Moments.Update", ["shares"], () => Moments.Update(c, c, Make(4), Make(4), MomentStep.RAdam(1, 1e-3, 0.9, 0.999, 1e-8)));
    }

    [Fact]
    public void GroupNorm_refuses_to_write_over_what_it_still_reads()
    {
        using var scope = new DisposeScope();
        Tensor x = Make(1, 2, 2, 4), y = Make(1, 2, 2, 4), c = Make(4), beta = Make(4), mean = Make(1, 2), inverse = Make(1, 2);
        Refused("GroupNormalization.Forward", ["shares"], () => GroupNormalization.Forward(x, c, beta, 2, 1e-5f, true, x, mean, inverse));
        Refused("GroupNormalization.Backward", ["shares"], () => GroupNormalization.Backward(x, c, beta, mean, inverse, y, true, y, Make(4), Make(4)));
    }

    [Fact]
    public void GroupNorm_refuses_two_small_outputs_in_one_buffer()
    {
        using var scope = new DisposeScope();
        Tensor x = Make(1, 2, 2, 4), y = Make(1, 2, 2, 4), c = Make(4), beta = Make(4), mean = Make(1, 2), inverse = Make(1, 2);
        Refused("GroupNormalization.Forward", ["shares"], () => GroupNormalization.Forward(x, c, beta, 2, 1e-5f, true, y, mean, mean));
        Refused("GroupNormalization.Backward", ["shares"], () => GroupNormalization.Backward(x, c, beta, mean, inverse, y, true, Make(1, 2, 2, 4), c, Make(4)));
    }

    private static void Refused(string operation, string[] parts, Action action)
    {
        var e = Assert.ThrowsAny<ArgumentException>(action);
        Assert.StartsWith(operation + ": ", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        foreach (string part in parts) Assert.Contains(part, e.Message, StringComparison.Ordinal);
    }

    private Tensor Make(params int[] sizes) => Tensor.Empty(Cpu, new Shape(sizes));
}
