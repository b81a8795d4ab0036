using Mmrr.Autograd;
using Xunit;

namespace Mmrr.Tests;

/// <summary>The engine: recording, the order of the walk back, accumulation.</summary>
public sealed class BackwardTests
{
    [Fact]
    public void GradientsAddUpOverBackwardsUntilTheyAreZeroed()
    {
        using var device = TestDevices.Open("cpu");
        using var x = Parameter(device, 1f, -2f);
        Backward(x.Scale(3f));
        Assert.Equal([3f, 3f], x.Gradient!.ToArray());
        Backward(x.Multiply(x));
        Assert.Equal([5f, -1f], x.Gradient!.ToArray());
        x.ZeroGradient();
        Assert.Null(x.Gradient);
        Backward(x.Scale(-1f));
        Assert.Equal([-1f, -1f], x.Gradient!.ToArray());
    }

    [Fact]
    public void AVariableThatIsReadTwiceGetsBothGradients()
    {
        using var device = TestDevices.Open("cpu");
        using var x = Parameter(device, 0.5f, 3f);
        using var h = x.Scale(2f);
        using var square = h.Multiply(h);
        using var sum = square.Add(h);
        using var y = sum.Add(h);
        Backward(y); // 4x² + 4x
        Assert.Equal([8f, 28f], x.Gradient!.ToArray());
    }

    [Fact]
    public void TwoLeavesOfOneSumHaveGradientsOfTheirOwn()
    {
        using var device = TestDevices.Open("cpu");
        using var a = Parameter(device, 1f);
        using var b = Parameter(device, 2f);
        using var y = a.Add(b);
        using var seed = Tensor.From(device, new Shape(1), [1f]);
        y.Backward(seed);
        Assert.False(a.Gradient!.Aliases(b.Gradient!));
        Assert.False(a.Gradient.Aliases(seed));
        Kernels.Elementwise.Scale(a.Gradient, 10f, a.Gradient);
        Assert.Equal([1f], b.Gradient!.ToArray());
        Assert.Equal([1f], seed.ToArray());
    }

    [Fact]
    public void BackwardOfAScalarStartsWithOne()
    {
        using var device = TestDevices.Open("cpu");
        using var x = Parameter(device, 1f, 4f);
        using var target = Tensor.From(device, new Shape(2), [0f, 0f]);
        using var loss = x.MeanSquaredError(target);
        Assert.Equal(8.5f, loss.Value.Item());
        loss.Backward();
        Assert.Equal([1f, 4f], x.Gradient!.ToArray());
    }

    [Fact]
    public void NothingIsRecordedWithoutGradients()
    {
        using var device = TestDevices.Open("cpu");
        using var x = Parameter(device, 1f);
        using (new NoGradient())
        {
            var inner = new NoGradient();
            inner.Dispose();
            inner.Dispose();
            var square = new Square(x);
            using var y = square.Run();
            Assert.False(square.Wanted);
            Assert.False(y.RequiresGradient);
            Assert.Equal(2, device.LiveTensors); // x and y: nothing was saved
            Assert.Throws<InvalidOperationException>(() => y.Backward());
        }
        using var constant = Variable.Constant(x.Value.Share());
        using var z = constant.Tanh();
        Assert.False(z.RequiresGradient);
        using var recorded = x.Tanh();
        Assert.True(recorded.RequiresGradient);
    }

    [Fact]
    public void BackwardIsOnceForEachRecording()
    {
        using var device = TestDevices.Open("cpu");
        using var x = Parameter(device, 1f);
        using var trunk = x.Tanh();
        using var y = trunk.Scale(2f);
        using var z = trunk.Scale(3f);
        y.Backward();
        float[] before = x.Gradient!.ToArray();
        Says<InvalidOperationException>("run forward again", () => y.Backward());
        Says<InvalidOperationException>("Tanh", () => z.Backward());
        Assert.Equal(before, x.Gradient!.ToArray());
    }

    [Fact]
    public void WrongCallsSayWhatIsWrong()
    {
        using var device = TestDevices.Open("cpu");
        using var x = Parameter(device, 1f, 2f);
        using var seed = Tensor.From(device, new Shape(1), [1f]);
        using var y = x.Tanh();
        Says<InvalidOperationException>("[2]", y.Backward);
        Says<ArgumentException>("expected [2] on cpu", () => y.Backward(seed));
        var square = new Square(x);
        square.Run().Dispose();
        Assert.Throws<InvalidOperationException>(square.Run);
        y.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Backward(y));
    }

    [Fact]
    public void AnOperationThatForgetsAGradientOrItsShapeIsFound()
    {
        using var device = TestDevices.Open("cpu");
        using var x = Parameter(device, 1f, 2f);
        using var forgetful = new Broken(x, _ => null).Run();
        Says<InvalidOperationException>("Broken: backward gave no gradient for input 0", () => Backward(forgetful));
        using var misshapen = new Broken(x, g => g.Share(new Shape(2, 1))).Run();
        Says<InvalidOperationException>("Broken: the gradient of an input [2] has shape [2, 1]", () => Backward(misshapen));
        using var careless = new Broken(x.Tanh(), _ => Disposed(x.Value)).Run();
        Says<InvalidOperationException>("Broken: backward read a tensor that is gone", () => Backward(careless));
        using var throwing = new Broken(x.Tanh(), _ => throw new TimeoutException()).Run().Tanh();
        Assert.Throws<TimeoutException>(() => Backward(throwing));

        static Tensor Disposed(Tensor tensor)
        {
            var handle = tensor.Share();
            handle.Dispose();
            return handle;
        }
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("simt")]
    public void ANanShowsInTheGradient(string deviceName)
    {
        using var device = TestDevices.Open(deviceName);
        using var x = Variable.Parameter(Tensor.From(device, new Shape(1, 1, 2, 1), [-1f, 1f]));
        using var gamma = Parameter(device, 1f);
        using var beta = Parameter(device, 0f);
        using var h = x.Tanh();
        using var normal = h.GroupNorm(gamma, beta, 1, relu: true);
        using var sum = normal.Add(h);
        using var y = sum.Sigmoid();
        using var seed = Tensor.From(device, y.Shape, [1f, float.NaN]);
        y.Backward(seed);
        Assert.True(float.IsNaN(x.Gradient!.ToArray()[1]));
        Assert.True(float.IsNaN(gamma.Gradient!.ToArray()[0]));
    }

    private static void Says<T>(string what, Action action)
        where T : Exception => Assert.Contains(what, Assert.Throws<T>(action).Message, StringComparison.Ordinal);

    private static Variable Parameter(Device device, params float[] values) => Variable.Parameter(Tensor.From(device, new Shape(values.Length), values));

    private static void Backward(Variable y)
    {
        using var ones = Tensor.Empty(y.Device, y.Shape);
        Kernels.Elementwise.Fill(1f, ones);
        y.Backward(ones);
    }
}
