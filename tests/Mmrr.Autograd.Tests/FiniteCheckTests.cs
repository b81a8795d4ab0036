using Mmrr.Autograd;
using Xunit;

namespace Mmrr.Tests;

/// <summary>The operation that made a value that is not finite is named.</summary>
public sealed class FiniteCheckTests
{
    [Fact]
    public void AnOutputThatOverflowsNamesItsOperation()
    {
        using var device = TestDevices.Open("cpu");
        using var x = Variable.Parameter(Tensor.From(device, new Shape(2, 2), [1f, 2f, 3e38f, 4f]));
        using (x.Scale(10f))
        {
            // Outside of a scope nobody looks.
        }
        long live = device.LiveTensors;
        using (new FiniteCheck())
        {
            using var half = x.Scale(0.5f);
            var error = Assert.Throws<NonFiniteException>(() => half.Scale(10f));
            Assert.Equal("Scale", error.Operation);
            Assert.Equal("Scale made Infinity at element 2 of its output [2, 2]", error.Message);
        }
        Assert.Equal(live, device.LiveTensors);
        using (x.Scale(10f))
        {
            // The scope is closed.
        }
    }

    [Fact]
    public void AGradientThatIsNoNumberNamesItsOperation()
    {
        using var device = TestDevices.Open("cpu");
        using var x = Variable.Parameter(Tensor.From(device, new Shape(3), [1f, 2f, 3f]));
        using var gradient = Tensor.From(device, new Shape(3), [1f, 1e30f, 1f]);
        using var scope = new FiniteCheck();
        using var h = x.Scale(1e20f);
        using var y = h.Relu();
        var error = Assert.Throws<NonFiniteException>(() => y.Backward(gradient));
        Assert.Equal("Scale", error.Operation);
        Assert.Contains("element 1 of a gradient [3]", error.Message, StringComparison.Ordinal);
    }
}
