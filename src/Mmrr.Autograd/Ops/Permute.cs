using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>The axes in another order; the gradient's are put back by the inverse permutation.</summary>
internal sealed class PermuteOperation(Variable x, Shape shape, int[] axes) : Operation([x])
{
    public override string Name => "Permute";

    protected override Tensor Forward()
    {
        var output = Tensor.Empty(x.Device, shape);
        StridedCopy.Permute(x.Value, axes, output);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        int[] inverse = new int[axes.Length];
        for (int i = 0; i < axes.Length; i++) inverse[axes[i]] = i;
        var gradient = EmptyLike(x);
        StridedCopy.Permute(outputGradient, inverse, gradient);
        Propagate(x, gradient);
    }
}

public static partial class Ops
{
    /// <summary>The axes in another order: axis i of the result is axis axes[i] of x. A view if the values stay in their order.</summary>
    /// <param name="x">A variable of any shape.</param>
    /// <param name="axes">Each axis once; negative ones count from the last (-1).</param>
    /// <exception cref="ArgumentException">An axis is missing, not there or named twice, or more than six groups of axes are moved.</exception>
    public static Variable Permute(this Variable x, params int[] axes)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(axes);
        int[] order = Array.ConvertAll(axes, axis => axis < 0 ? axis + x.Shape.Rank : axis);
        var shape = StridedCopy.PermutedShape("Permute", x.Shape, order);
        int[] moved = [.. order.Where(axis => x.Shape[axis] > 1)];
        return moved.SequenceEqual(moved.Order()) ? new ViewOperation("Permute", x, shape).Run() : new PermuteOperation(x, shape, order).Run();
    }

    /// <summary>The last two axes exchanged.</summary>
    /// <param name="x">[..., M, N].</param>
    /// <returns>[..., N, M].</returns>
    /// <exception cref="ArgumentException">There are fewer than two axes.</exception>
    public static Variable Transpose(this Variable x)
    {
        ArgumentNullException.ThrowIfNull(x);
        int rank = x.Shape.Rank;
        return rank >= 2
            ? x.Permute([.. Enumerable.Range(0, rank - 2), rank - 1, rank - 2])
            : throw new ArgumentException($"Transpose: x is {x.Shape}, expected [..., M, N]");
    }
}
