using Mmrr.Kernels;
using Mmrr.Tests.Ptx;

namespace Mmrr.Tests;

/// <summary>A device that waits after each operation: an error comes from the call that asked for it, by name.</summary>
public class SynchronizeEachTests(TestDevices devices)
{
    [Fact]
    public void A_body_that_fails_on_the_cpu_is_named_by_its_own_call()
    {
        using var device = Device.Open("cpu", 2);
        Assert.False(device.SynchronizeEach);
        using var x = HostTensor.Constant(new Shape(100), 1).On(device);
        Fail(); // later
        Assert.Throws<InvalidOperationException>(device.Synchronize);
        device.SynchronizeEach = true;
        Elementwise.Scale(x, 2, x);
        var e = Assert.Throws<InvalidOperationException>(Fail);
        Assert.Equal("Own.Broken: broken on purpose", e.Message);
        Assert.IsType<InvalidDataException>(e.InnerException);
        device.Synchronize(); // it was told
        Elementwise.Scale(x, 2, x);
        Assert.All(x.ToArray(), value => Assert.Equal(4, value));

        void Fail() => Kernel.Run("Own.Broken", [], [("x", x)], simd => simd.Run(_ => throw new InvalidDataException("broken on purpose")), _ => { });
    }

    [Fact]
    public void A_kernel_that_fails_on_the_simulator_is_named_by_its_own_call()
    {
        // It leaves the device's context unusable.
        using var device = Device.Open("simt");
        device.SynchronizeEach = true;
        using var x = HostTensor.Constant(new Shape(100), 1).On(device);
        Elementwise.Scale(x, 2, x);
        Assert.All(x.ToArray(), value => Assert.Equal(2, value));
        var e = Assert.Throws<InvalidOperationException>(() => Kernel.Run(
            "Own.Throwing", [], [("x", x)], _ => { },
            simt => simt.Run(SimtGrid.Threads(100), SampleKernels.Throwing, new SampleKernels.Few { Values = x.View, Count = 100 })));
        Assert.StartsWith("Own.Throwing: Throwing: ", e.Message, StringComparison.Ordinal);
        Assert.NotNull(e.InnerException);
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void Results_are_the_same_bits(string name)
    {
        var device = devices.Get(name);
        var random = new RandomInputs();
        HostTensor x = random.Uniform(new Shape(2, 3, 5, 12)), weight = random.Uniform(new Shape(3, 3, 12, 16));
        float[] Result() => devices.Run(name, [x, weight], [new Shape(2, 3, 5, 16)], (given, taken) =>
            Convolution.Forward(given[0], given[1], null, null, 1, taken[0]))[0];
        float[] expected = Result();
        device.SynchronizeEach = true;
        try
        {
            Assert.Equal(expected, Result());
            using var buffer = new HostBuffer(device, x.Shape.Count);
            using var copied = Tensor.Empty(device, x.Shape);
            x.Values.CopyTo(buffer.Values);
            buffer.CopyTo(copied);
            buffer.CopyFrom(copied);
            buffer.Wait();
            Assert.Equal(x.Values, copied.ToArray());
        }
        finally
        {
            device.SynchronizeEach = false;
        }
    }
}
