using Mmrr.Kernels;

namespace Mmrr.Tests;

[Trait("Category", "Operation")]
public class StridedCopyTests(TestDevices devices)
{
    // The order of the axes, then the input's shape.
    public static TheoryData<string, int[]> Orders => TestDevices.Rows(
        [
            [0, 1], [0, 1, 3, 5], [1, 0, 3, 5], [1, 0, 17, 16], [1, 0, 33, 35], [1, 0, 1, 4], [0, 2, 1, 2, 5, 19], [2, 1, 0, 3, 4, 5], [2, 0, 1, 3, 4, 5],
            [1, 0, 2, 3, 4, 5], [0, 3, 1, 2, 2, 5, 3, 18], [5, 4, 3, 2, 1, 0, 2, 3, 2, 3, 2, 3], [1, 0, 3, 2, 5, 4, 2, 3, 2, 3, 4, 5],
            [0, 1, 2, 3, 4, 5, 7, 6, 2, 1, 2, 1, 2, 1, 3, 2],
        ],
        [[1, 0, 300, 513], [0, 2, 1, 7, 100, 33], [0, 3, 1, 2, 4, 30, 31, 16], [0, 2, 3, 1, 4, 16, 31, 30], [1, 0, 2, 200, 3, 300], [2, 1, 0, 40, 2, 4000]]);

    // The number of axes of the input, its shape, the output's.
    public static TheoryData<string, int[]> Broadcasts => TestDevices.Rows(
        [
            [0], [0, 3, 4], [1, 1, 5], [1, 5, 5], [1, 5, 3, 5], [2, 3, 1, 3, 5], [2, 1, 5, 3, 5], [3, 2, 1, 3, 2, 4, 3], [3, 1, 4, 1, 2, 4, 3],
            [1, 4, 1, 1, 4], [6, 2, 1, 3, 1, 2, 1, 2, 2, 3, 2, 2, 3], [1, 1, 1], [2, 17, 1, 3, 17, 20],
        ],
        [[1, 300, 400, 300], [2, 300, 1, 300, 400], [1, 3, 10_000, 3], [4, 1, 30, 1, 16, 5, 30, 20, 16], [0, 70_000]]);

    [Theory]
    [MemberData(nameof(Orders))]
    public void A_permutation_moves_every_element(string device, int[] sizes)
    {
        int[] axes = sizes[..(sizes.Length / 2)], shape = sizes[(sizes.Length / 2)..], strides = MatrixReference.Strides(shape);
        int[] permuted = [.. axes.Select(axis => shape[axis])];
        var x = new RandomInputs().Uniform(new Shape(shape));
        var y = devices.Run(device, [x], [new Shape(permuted)], (given, taken) => StridedCopy.Permute(given[0], axes, taken[0]));
        int[] sources = MatrixReference.Sources(permuted, [.. axes.Select(axis => strides[axis])]);
        Assert.Equal(ResamplingReference.Gather(x.Doubles, sources), Array.ConvertAll(y[0], value => (double)value));
    }

    [Theory]
    [MemberData(nameof(Broadcasts))]
    public void A_broadcast_repeats_every_element(string device, int[] sizes)
    {
        int rank = sizes[0];
        int[] from = sizes[1..(1 + rank)], to = sizes[(1 + rank)..], own = MatrixReference.Strides(from);
        int added = to.Length - rank;
        int[] strides = [.. to.Select((_, axis) => axis < added || from[axis - added] == 1 ? 0 : own[axis - added])];
        var x = new RandomInputs().Uniform(new Shape(from));
        var y = devices.Run(device, [x], [new Shape(to)], (given, taken) => StridedCopy.Broadcast(given[0], taken[0]));
        Assert.Equal(ResamplingReference.Gather(x.Doubles, MatrixReference.Sources(to, strides)), Array.ConvertAll(y[0], value => (double)value));
    }

    [Fact]
    public void Wrong_shapes_and_orders_are_refused()
    {
        using var scope = new DisposeScope();
        Tensor Make(params int[] sizes) => Tensor.Empty(devices.Get("cpu"), new Shape(sizes));
        Refused("StridedCopy.Broadcast: output is [3, 4], expected a shape to which [3] can be broadcast", () => StridedCopy.Broadcast(Make(3), Make(3, 4)));
        Refused("StridedCopy.Broadcast: output is [3], expected a shape to which [1, 3] can be broadcast", () => StridedCopy.Broadcast(Make(1, 3), Make(3)));
        Refused("StridedCopy.Permute: output is [3, 4], expected [4, 3]", () => StridedCopy.Permute(Make(3, 4), [1, 0], Make(3, 4)));
        foreach (int[] axes in new int[][] { [0], [0, 0], [0, 2], [-1, 0], [0, 1, 2] })
        {
            Refused($"axes are [{string.Join(", ", axes)}], expected each axis of [3, 4] once", () => StridedCopy.Permute(Make(3, 4), axes, Make(3, 4)));
        }
        Refused(
            "has 7 axes that cannot be merged, expected at most 6",
            () => StridedCopy.Permute(Make(2, 2, 2, 2, 2, 2, 2), [6, 5, 4, 3, 2, 1, 0], Make(2, 2, 2, 2, 2, 2, 2)));
    }

    private static void Refused(string part, Action action) =>
        Assert.Contains(part, Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
}
