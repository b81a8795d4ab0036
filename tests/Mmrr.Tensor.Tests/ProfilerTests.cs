using Mmrr.Kernels;
using Mmrr.Ptx;

namespace Mmrr.Tests;

public class ProfilerTests(TestDevices devices)
{
    // 3×3, 5→7 channels, on 2 images of 6×4: 2·(2·6·4·7)·5·9 operations; x, w, b and y are 240, 315, 7 and 336 floats.
    private static readonly Shape s_x = new(2, 6, 4, 5), s_weight = new(3, 3, 5, 7), s_bias = new(7), s_y = new(2, 6, 4, 7);
    private static readonly Work s_convolution = new("Convolution.Forward", s_y, 30_240, 4 * 898);

    // 336 elements, two read and one written.
    private static readonly Work s_addition = new("Elementwise.Add", s_y, 336, 4032);

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void Each_kernel_is_recorded_with_its_formula(string name)
    {
        var device = devices.Get(name);
        var random = new RandomInputs();
        HostTensor[] inputs = [random.Uniform(s_x), random.Uniform(s_weight), random.Uniform(s_bias)];
        using var scope = new DisposeScope();
        Tensor[] given = [.. inputs.Select(input => input.On(device))];
        float[] plain = Run(given);
        IReadOnlyList<ProfiledKernel> kernels;
        float[] profiled;
        using (var profiler = new Profiler(device))
        {
            profiled = Run(given);
            kernels = profiler.Kernels;
            Assert.Equal([s_convolution, s_addition], kernels.Select(k => k.Work));
        }
        Assert.Equal(plain, profiled);
        Assert.All(kernels, kernel =>
        {
            Assert.Equal(name == "cpu" ? device.Workers : 1, kernel.Workers.Count);
            Assert.All(kernel.Workers, worker => Assert.True(worker.Begin > 0 && worker.End >= worker.Begin));
            Assert.True(kernel.Seconds > 0);
        });
        Assert.True(kernels[1].Begin >= kernels[0].Begin + kernels[0].Seconds);
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void Only_one_profiler_at_a_time_and_none_after_it(string name)
    {
        var device = devices.Get(name);
        using var scope = new DisposeScope();
        var a = Tensor.Empty(device, new Shape(17));
        Elementwise.Fill(1, a); // enqueued before: it is not the profiler's
        var profiler = new Profiler(device);
        string refusal = Assert.Throws<InvalidOperationException>(() => new Profiler(device)).Message;
        Assert.Contains(device.Name, refusal, StringComparison.Ordinal);
        Elementwise.Scale(a, 2, a);
        profiler.Dispose();
        Assert.Null(device.Profiler);
        Elementwise.Scale(a, 3, a);
        Assert.Equal(["Elementwise.Scale"], profiler.Kernels.Select(k => k.Work.Operation));
        using var next = new Profiler(device);
        profiler.Dispose(); // again, and not the next one's end
        Elementwise.Add(a, a, a);
        Assert.Equal(["Elementwise.Add"], next.Kernels.Select(k => k.Work.Operation));
        Assert.All(a.ToArray(), value => Assert.Equal(12, value));
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void The_formulas_of_the_other_kernels(string name)
    {
        var device = devices.Get(name);
        var random = new RandomInputs();
        using var scope = new DisposeScope();
        Tensor Uniform(params int[] sizes) => random.Uniform(new Shape(sizes), 0.1f, 0.9f).On(device);
        // 2·3·2·4 = 48 elements; 12 pixels; 2 images of 2 levels.
        Tensor x = Uniform(2, 3, 2, 4), y = Uniform(2, 3, 2, 4), other = Uniform(2, 3, 2, 4), scalar = Uniform(), levels = Uniform(2, 2);
        Tensor many = Uniform(4, 3, 2, 4), gradients = Uniform(4, 3, 2, 4), bias = Uniform(2, 2), slope = Uniform(2, 2);
        Tensor large = Uniform(2, 6, 4, 4), joined = Uniform(2, 3, 2, 8), perImage = Uniform(2), perPixel = Uniform(2, 3, 2);
        Tensor second = Uniform(2, 3, 2, 4), smallSecond = Uniform(2, 2);
        using var profiler = new Profiler(device);
        x.CopyFrom(new float[48]);
        Elementwise.Forward<Tanh>(x, y);
        Elementwise.Backward<Relu>(x, y, other);
        Elementwise.Fill(1, y);
        NoiseBlend.Forward(x, y, x, other);
        NoiseBlend.Backward(x, y, x, y, other, null);
        NoiseBlend.Backward(x, y, x, y, null, other);
        PlainMasks.Constant(levels, many);
        PlainMasks.Bernoulli(levels, 1, 2, many.Count, many);
        BisectionMask.Forward(x, levels, MaskSolver.Newton, 1e-6f, 64, many, bias, slope);
        BisectionMask.Forward(x, levels, MaskSolver.Bisection, 1e-6f, 64, many, bias, slope);
        BisectionMask.Backward(many, slope, gradients, x);
        SquaredError.Mean(x, y, scalar);
        SquaredError.MeanBackward(x, y, scalar, other);
        SquaredError.PerImage(x, y, perImage);
        SquaredError.PerPixel(x, y, perPixel);
        ChannelConcat.Forward([x, y], joined);
        ChannelConcat.Backward(joined, [x, null]);
        NearestUpsample.Forward(x, large);
        NearestUpsample.Backward(large, x);
        RepeatImages.Forward(x, 2, many);
        RepeatImages.Backward(many, 2, x);
        PhiloxUniform.Fill(1, 2, 0, 1, 48, x);
        Moments.Update([(x, y, other, second), (levels, bias, slope, smallSecond)], MomentStep.RAdam(1, 1e-3, 0.9, 0.999, 1e-8));
        (string, double, double)[] expected =
        [
            ("Tensor.CopyFrom", 0, 8 * 48), ("Elementwise.Tanh", 30 * 48, 8 * 48), ("Elementwise.ReluBackward", 48, 12 * 48), ("Elementwise.Fill", 0, 4 * 48),
            ("NoiseBlend.Forward", 4 * 48, 16 * 48), ("NoiseBlend.Backward", 48, 12 * 48), ("NoiseBlend.Backward", 2 * 48, 16 * 48),
            ("PlainMasks.Constant", 0, 4 * (4 + 96)), ("PlainMasks.Bernoulli", 96, 4 * (4 + 96)),
            ("BisectionMask.Forward", 111 * 96, 4 * (144 + 12)), ("BisectionMask.Forward", 700 * 96, 4 * (144 + 12)),
            ("BisectionMask.Backward", 9 * 96, 4 * (96 + 4 + 96 + 48)),
            ("SquaredError.Mean", 3 * 48, 4 * (96 + 1)), ("SquaredError.MeanBackward", 2 * 48, 4 * (144 + 1)),
            ("SquaredError.PerImage", 3 * 48, 4 * (96 + 2)), ("SquaredError.PerPixel", 3 * 48, (8 * 48) + (4 * 12)),
            ("ChannelConcat.Forward", 0, 8 * 96), ("ChannelConcat.Backward", 0, 8 * 48),
            ("NearestUpsample.Forward", 0, 20 * 48), ("NearestUpsample.Backward", 3 * 48, 20 * 48),
            ("RepeatImages.Forward", 0, 4 * 144), ("RepeatImages.Backward", 48, 4 * 144),
            ("PhiloxUniform.Fill", 0, 4 * 48), ("Moments.Update", 12 * 52, 28 * 52),
        ];
        Assert.Equal(expected, profiler.Kernels.Select(k => (k.Work.Operation, k.Work.Operations, k.Work.Bytes)));
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void The_limit_probes_do_what_they_count(string name)
    {
        var device = devices.Get(name);
        var random = new RandomInputs();
        // Longer than a worker's piece and no multiple of a vector. A product with one half is exact, fused or not.
        HostTensor a = random.Uniform(new Shape(4099)), b = random.Uniform(new Shape(4099));
        foreach (int passes in (int[])[1, 3])
        {
            var sum = devices.Run(name, [a, b], [a.Shape], (given, taken) => LimitProbe.Triad(given[0], given[1], 0.5f, taken[0], passes))[0];
            Assert.Equal(a.Values.Zip(b.Values, (x, y) => x + (0.5f * y)), sum);
        }
        using (Tensor x = Tensor.From(device, a.Shape, a.Values), y = Tensor.From(device, b.Shape, b.Values))
        {
            LimitProbe.Triad(x, y, 0.5f, y, 2);
            Assert.Equal(a.Values.Zip(b.Values, (u, v) => u + (0.5f * (u + (0.5f * v)))), y.ToArray());
        }
        using var profiler = new Profiler(device);
        LimitProbe.MultiplyAdds(device, 1);
        LimitProbe.MultiplyAdds(device, 7);
        double[] operations = [.. profiler.Kernels.Select(k => k.Work.Operations)];
        Assert.Equal([operations[0], 7 * operations[0]], operations);
        Assert.True(operations[0] > 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => LimitProbe.MultiplyAdds(device, 0));
        using var any = Tensor.Empty(device, a.Shape);
        Assert.Throws<ArgumentOutOfRangeException>(() => LimitProbe.Triad(any, any, 1, any, 0));
    }

    private static float[] Run(Tensor[] given)
    {
        using var y = Tensor.Empty(given[0].Device, s_y);
        Convolution.Forward(given[0], given[1], given[2], null, 1, y);
        Elementwise.Add(y, y, y);
        return y.ToArray();
    }
}
