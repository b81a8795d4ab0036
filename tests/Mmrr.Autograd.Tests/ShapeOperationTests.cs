using Mmrr.Autograd;
using Xunit;

namespace Mmrr.Tests;

/// <summary>The shapes of what rearranges, sums and broadcasts: results, views and refusals.</summary>
public sealed class ShapeOperationTests
{
    [Fact]
    public void ResultsHaveTheirShapes()
    {
        using var device = Device.Open("cpu", 2);
        using var scope = new DisposeScope();
        var x = Make(device, 2, 3, 4);
        Assert.Equal(new Shape(), x.Sum().Shape);
        Assert.Equal(new Shape(1, 1, 1), x.Mean([], keepAxes: true).Shape);
        Assert.Equal(new Shape(3), x.Sum(0, -1).Shape);
        Assert.Equal(new Shape(2, 1, 4), x.Mean([1], keepAxes: true).Shape);
        Assert.Equal(new Shape(6, 4), x.Reshape(-1, 4).Shape);
        Assert.Equal(new Shape(24), x.Reshape(24).Shape);
        Assert.Equal(new Shape(4, 2, 3), x.Permute(-1, 0, 1).Shape);
        Assert.Equal(new Shape(2, 4, 3), x.Transpose().Shape);
        Assert.Equal(new Shape(5, 2, 3, 4), Make(device, 5, 1, 1, 4).Multiply(x).Shape);
        Assert.Equal(new Shape(2, 3, 7), x.Linear(Make(device, 4, 7), Make(device, 7)).Shape);
        Assert.Equal(new Shape(), Make(device).Sum().Shape);
    }

    [Fact]
    public void WhatKeepsTheOrderOfTheValuesIsAView()
    {
        using var device = Device.Open("cpu", 2);
        using var scope = new DisposeScope();
        var x = Make(device, 2, 1, 3);
        foreach (var view in new[] { x.Reshape(3, 2), x.Permute(0, 1, 2), x.Permute(1, 0, 2), x.BroadcastTo(new Shape(2, 1, 3)) })
        {
            Assert.True(view.Value.Aliases(x.Value));
        }
        Assert.False(x.Transpose().Value.Aliases(x.Permute(2, 1, 0).Value));
    }

    [Fact]
    public void EqualShapesAreNotBroadcast()
    {
        using var device = Device.Open("cpu", 2);
        using var scope = new DisposeScope();
        Variable a = Make(device, 2, 3), b = Make(device, 2, 3), row = Make(device, 3);
        long live = device.LiveTensors;
        a.Add(b);
        Assert.Equal(live + 1, device.LiveTensors);
        a.Multiply(row); // the row and the product
        Assert.Equal(live + 3, device.LiveTensors);
    }

    [Fact]
    public void WhatDoesNotFitIsRefused()
    {
        using var device = Device.Open("cpu", 2);
        using var scope = new DisposeScope();
        Variable x = Make(device, 2, 3), y = Make(device, 3, 2);
        Refused("Add: a is [2, 3] and b is [3, 2], expected sizes, from the last, that are equal or 1", () => x.Add(y));
        Refused("Multiply: a is [2, 3] and b is [2]", () => x.Multiply(Make(device, 2)));
        Refused("StridedCopy.Broadcast: output is [3, 2]", () => x.BroadcastTo(new Shape(3, 2)));
        Refused("Sum: axis 2 of x [2, 3], expected one from -2 to 1", () => x.Sum(2));
        Refused("Mean: axes are [0, -2] of x [2, 3], expected each once", () => x.Mean(0, -2));
        Refused("Reshape: the sizes are [4, -1], expected 6 elements as of x [2, 3]", () => x.Reshape(4, -1));
        foreach (int[] sizes in new int[][] { [], [5], [-1, -1], [0, -1], [-2, -3], [int.MaxValue, int.MaxValue, 4] })
        {
            Refused("Reshape: the sizes are", () => x.Reshape(sizes));
        }
        Refused("Permute: axes are [0, 0], expected each axis of [2, 3] once", () => x.Permute(0, -2));
        Refused("Transpose: x is [3], expected [..., M, N]", () => Make(device, 3).Transpose());
        Refused("b is [2, 3], expected [3, N]", () => x.MatrixProduct(x));
        Refused("Linear: weight is [2, 3], expected [3, out] for x [2, 3]", () => x.Linear(x));
        Refused("bias is [3], expected [2]", () => x.Linear(y, Make(device, 3)));
    }

    private static Variable Make(Device device, params int[] sizes) => Variable.Constant(TestDevices.Tensor(device, new Shape(sizes), 1));

    private static void Refused(string part, Func<object> action) =>
        Assert.Contains(part, Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
}
