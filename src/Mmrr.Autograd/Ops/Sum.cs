using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>Sums, or means, over some axes; every summand's gradient is that of its sum, times 1/n for means.</summary>
internal sealed class SumOperation(Variable x, int[] axes, bool keepAxes, bool mean) : Operation([x])
{
    private Shape? _kept;
    private float _factor = 1f;

    public override string Name => mean ? "Mean" : "Sum";

    protected override Tensor Forward()
    {
        var shape = x.Shape;
        bool[] summed = AxisSums.Chosen(Name, shape, axes);
        int[] sizes = shape.ToArray();
        _kept = new Shape([.. sizes.Select((size, axis) => summed[axis] ? 1 : size)]);
        if (mean) _factor = (float)((double)_kept.Count / shape.Count);
        var result = keepAxes ? _kept : new Shape([.. sizes.Where((_, axis) => !summed[axis])]);
        return AxisSums.Over(x.Value, summed, _factor).Share(result);
    }

    protected override void Backward(Tensor outputGradient)
    {
        var sums = outputGradient.Share(_kept!);
        if (mean)
        {
            var scaled = Tensor.Empty(sums.Device, _kept!);
            Elementwise.Scale(sums, _factor, scaled);
            sums = scaled;
        }
        var gradient = EmptyLike(x);
        StridedCopy.Broadcast(sums, gradient);
        Propagate(x, gradient);
    }
}

public static partial class Ops
{
    /// <summary>The sums over some axes, which the result lacks; over all if none are named.</summary>
    /// <param name="x">A variable of any shape.</param>
    /// <param name="axes">The summed axes, each once; negative ones count from the last (-1).</param>
    /// <exception cref="ArgumentException">An axis is not there, or is named twice.</exception>
    public static Variable Sum(this Variable x, params int[] axes) => x.Sum(axes, keepAxes: false);

    /// <summary>The sums over some axes; over all if <paramref name="axes"/> is empty.</summary>
    /// <param name="x">A variable of any shape.</param>
    /// <param name="axes">The summed axes, each once; negative ones count from the last (-1).</param>
    /// <param name="keepAxes">Whether the summed axes stay, with the size 1.</param>
    /// <exception cref="ArgumentException">An axis is not there, or is named twice.</exception>
    public static Variable Sum(this Variable x, int[] axes, bool keepAxes) => new SumOperation(x, axes, keepAxes, mean: false).Run();

    /// <summary>The means over some axes, which the result lacks; over all if none are named.</summary>
    /// <param name="x">A variable of any shape.</param>
    /// <param name="axes">The axes, each once; negative ones count from the last (-1).</param>
    /// <exception cref="ArgumentException">An axis is not there, or is named twice.</exception>
    public static Variable Mean(this Variable x, params int[] axes) => x.Mean(axes, keepAxes: false);

    /// <summary>The means over some axes; over all if <paramref name="axes"/> is empty.</summary>
    /// <param name="x">A variable of any shape.</param>
    /// <param name="axes">The axes, each once; negative ones count from the last (-1).</param>
    /// <param name="keepAxes">Whether the axes stay, with the size 1.</param>
    /// <exception cref="ArgumentException">An axis is not there, or is named twice.</exception>
    public static Variable Mean(this Variable x, int[] axes, bool keepAxes) => new SumOperation(x, axes, keepAxes, mean: true).Run();
}
