using Mmrr.Autograd;
using Xunit;

namespace Mmrr.Tests;

/// <summary>What is alive when.</summary>
public sealed class MemoryTests
{
    private const int Big = 1 << 18;
    private const int Depth = 20;

    [Fact]
    public void AfterBackwardOnlyLeavesAndTheirGradientsAreAlive()
    {
        using var device = TestDevices.Open("cpu");
        using var network = new Network(device);
        using (var loss = network.Loss()) loss.Backward();
        Assert.Equal((2 * Network.Parameters) + Network.Constants, device.LiveTensors);
        foreach (var parameter in network.All) parameter.ZeroGradient();
        Assert.Equal(Network.Parameters + Network.Constants, device.LiveTensors);
    }

    [Fact]
    public void GradientsOutliveTheScopeOfAStep()
    {
        using var device = TestDevices.Open("cpu");
        using var network = new Network(device);
        using (new DisposeScope())
        {
            for (int i = 0; i < 2; i++)
            {
                using var inner = new DisposeScope();
                network.Loss().Backward();
            }
        }
        Assert.Equal((2 * Network.Parameters) + Network.Constants, device.LiveTensors);
        foreach (var parameter in network.All) Assert.Equal(parameter.Shape.Count, parameter.Gradient!.ToArray().Length);
    }

    [Fact]
    public void ARecordingThatIsDroppedIsReleased()
    {
        using var device = TestDevices.Open("cpu");
        using var network = new Network(device);
        network.Loss().Dispose();
        Assert.Equal(Network.Parameters + Network.Constants, device.LiveTensors);
        using (new DisposeScope()) network.Loss();
        Assert.Equal(Network.Parameters + Network.Constants, device.LiveTensors);
    }

    [Fact]
    public void AFailedStepIsReleased()
    {
        using var device = TestDevices.Open("cpu");
        using var network = new Network(device);
        using (var loss = new Broken(network.Loss(), _ => null).Run()) Assert.Throws<InvalidOperationException>(loss.Backward);
        using (var wrong = Tensor.Empty(device, new Shape(3)))
        {
            using var h = network.All[0].Tanh();
            Assert.Throws<ArgumentException>(() => h.MeanSquaredError(wrong));
        }
        // The loss that went into the broken operation was never disposed; all that was behind it is gone.
        Assert.Equal(Network.Parameters + Network.Constants + 1, device.LiveTensors);
    }

    [Fact]
    public void ALeafThatIsGoneKeepsNoGradient()
    {
        using var device = TestDevices.Open("cpu");
        var x = Variable.Parameter(TestDevices.Tensor(device, new Shape(4), 1));
        using var target = TestDevices.Tensor(device, new Shape(4), 2);
        using var h = x.Tanh();
        using var loss = h.MeanSquaredError(target);
        x.Dispose();
        h.Dispose();
        loss.Backward();
        Assert.Equal(2, device.LiveTensors);
    }

    [Fact]
    public void BackwardFreesEachActivationAsItGoes()
    {
        using var device = TestDevices.Open("cpu");
        using var x = Variable.Parameter(TestDevices.Tensor(device, new Shape(Big), 1));
        var alive = new List<long>();
        var y = Chain(x, h => new Square(h) { Watch = () => alive.Add(device.LiveTensors) }.Run());
        long forward = device.ReservedBytes;
        Assert.InRange(forward, Depth * 4L * Big, (Depth + 3) * 4L * Big);
        using (y) y.Backward(x.Value);
        // One for the gradient that comes in, one for the gradient that goes out, one for the seed's.
        Assert.InRange(device.ReservedBytes, forward, forward + (3 * 4L * Big));
        // Each square finds what the ones after it had saved freed.
        Assert.Equal(Depth, alive.Count);
        for (int i = 1; i < Depth; i++) Assert.True(alive[i] < alive[i - 1], $"{alive[i]} tensors after {alive[i - 1]}");
    }

    // A network that enlarges and joins images keeps what it copied from, half of it.
    [Fact]
    public void WhatIsOnlyCopiedIsMadeAgainInBackward()
    {
        using var device = TestDevices.Open("cpu");
        using var x = Variable.Parameter(TestDevices.Tensor(device, new Shape(2, 32, 32, 32), 1));
        using var skip = Variable.Parameter(TestDevices.Tensor(device, new Shape(2, 64, 64, 32), 2));
        using var weight = Variable.Parameter(TestDevices.Tensor(device, new Shape(3, 3, 64, 32), 3));
        using var short1 = Variable.Parameter(TestDevices.Tensor(device, new Shape(1, 1, 64, 32), 4));
        long before = device.LiveTensors;
        Variable y;
        using (var large = x.NearestUpsample())
        using (var joined = large.ChannelConcat(skip))
        using (var a = joined.Conv2d(weight))
        {
            y = joined.Conv2d(short1, residual: a);
        }
        // The output, two handles to weights, x and the skip: neither the enlarged image nor the joined one.
        Assert.Equal(before + 5, device.LiveTensors);
        using (y) y.Backward(y.Value);
        Assert.Equal(before + 4, device.LiveTensors); // the gradients

        // As when each tensor is kept: by operations that copy nothing for themselves.
        float[][] gradients = [.. new[] { x, skip, weight, short1 }.Select(leaf => leaf.Gradient!.ToArray())];
        foreach (var leaf in new[] { x, skip, weight, short1 }) leaf.ZeroGradient();
        using (new DisposeScope())
        {
            var zero = Variable.Constant(Tensor.From(device, new Shape(2, 64, 64, 64), new float[2 * 64 * 64 * 64]));
            var joined = x.NearestUpsample().ChannelConcat(skip).Add(zero);
            var kept = joined.Conv2d(short1, residual: joined.Conv2d(weight));
            kept.Backward(kept.Value);
        }
        Assert.Equal(gradients, new[] { x, skip, weight, short1 }.Select(leaf => leaf.Gradient!.ToArray()));
    }

    // Of two readers one is not behind the loss, and nobody disposes it: a scope disposes tensors.
    [Fact]
    public void WhatIsMadeAgainEndsWithItsRecording()
    {
        using var device = TestDevices.Open("cpu");
        using var x = Variable.Parameter(TestDevices.Tensor(device, new Shape(2, 4, 4, 8), 1));
        using var weight = Variable.Parameter(TestDevices.Tensor(device, new Shape(3, 3, 8, 4), 2));
        for (int step = 0; step < 3; step++)
        {
            using (new DisposeScope())
            {
                var large = x.NearestUpsample();
                var loss = large.Conv2d(weight);
                large.Conv2d(weight);
                loss.Backward(loss.Value);
            }
            x.ZeroGradient();
            weight.ZeroGradient();
            Assert.Equal(2, device.LiveTensors);
        }
    }

    [Fact]
    public void WithoutGradientsAChainNeedsTwoBuffers()
    {
        using var device = TestDevices.Open("cpu");
        using var x = Variable.Parameter(TestDevices.Tensor(device, new Shape(Big), 1));
        using (new NoGradient()) Chain(x, h => h.Tanh()).Dispose();
        Assert.InRange(device.ReservedBytes, 0, 3 * 4L * Big);
    }

    [Fact]
    public void TheSecondStepTakesNothingFromTheSystem()
    {
        using var device = TestDevices.Open("cpu");
        using var network = new Network(device);
        Step();
        long before = device.SystemAllocations;
        for (int i = 0; i < 3; i++) Step();
        Assert.Equal(before, device.SystemAllocations);

        void Step()
        {
            using var scope = new DisposeScope();
            foreach (var parameter in network.All) parameter.ZeroGradient();
            network.Loss().Backward();
        }
    }

    [Fact]
    public void ALongRecordingIsReleasedWithoutDeepRecursion()
    {
        using var device = TestDevices.Open("cpu");
        using var x = Variable.Parameter(TestDevices.Tensor(device, new Shape(1), 1));
        for (int round = 0; round < 2; round++)
        {
            var h = x.Tanh();
            for (int i = 0; i < 50_000; i++)
            {
                using var old = h;
                h = h.Tanh();
            }
            if (round == 0) h.Backward();
            h.Dispose();
            x.ZeroGradient();
            Assert.Equal(1, device.LiveTensors);
        }
    }

    private static Variable Chain(Variable x, Func<Variable, Variable> link)
    {
        var h = link(x);
        for (int i = 1; i < Depth; i++)
        {
            using var old = h;
            h = link(h);
        }
        return h;
    }

    /// <summary>A residual block with a mask, in the way of a layer: intermediates are disposed as soon as they have been used.</summary>
    private sealed class Network(Device device) : IDisposable
    {
        public const int Parameters = 4;
        public const int Constants = 3;
        private static readonly Shape s_images = new(2, 4, 4, 4);
        private readonly Tensor _levels = Tensor.From(device, new Shape(2, 1), [0.25f, 0.75f]);
        private readonly Tensor _noise = TestDevices.Tensor(device, s_images, 5);
        private readonly Tensor _target = TestDevices.Tensor(device, s_images, 6);

        public Variable[] All { get; } =
        [
            .. new Shape[] { new(3, 3, 4, 4), new(4), new(4), s_images }.Select((shape, i) => Variable.Parameter(TestDevices.Tensor(device, shape, i))),
        ];

        public Variable Loss()
        {
            using var normal = All[3].GroupNorm(All[1], All[2], 2, relu: true);
            using var h = normal.Conv2d(All[0], All[1], residual: All[3]);
            using var m = h.BisectionMask(_levels);
            using var blend = h.NoiseBlend(m, _noise);
            using var y = blend.Tanh();
            return y.MeanSquaredError(_target);
        }

        public void Dispose()
        {
            foreach (var parameter in All) parameter.Dispose();
            _levels.Dispose();
            _noise.Dispose();
            _target.Dispose();
        }
    }
}
