using System.Runtime.CompilerServices;
using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>Repeats values along axes; their gradient is the sum over those axes.</summary>
internal sealed class BroadcastOperation(Variable x, Shape shape) : Operation([x])
{
    public override string Name => "BroadcastTo";

    protected override Tensor Forward()
    {
        var output = Tensor.Empty(x.Device, shape);
        StridedCopy.Broadcast(x.Value, output);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        int added = shape.Rank - x.Shape.Rank;
        bool[] repeated = [.. Enumerable.Range(0, shape.Rank).Select(axis => axis < added || x.Shape[axis - added] != shape[axis])];
        Propagate(x, AxisSums.Over(outputGradient, repeated, 1f).Share(x.Shape));
    }
}

public static partial class Ops
{
    /// <summary>
    /// Repeats x along axes where it has the size 1, and along new axes in front, as NumPy does; a view if the shape is that of <paramref name="x"/>.
    /// </summary>
    /// <param name="x">Each of its sizes, from the last, is that of <paramref name="shape"/> or 1.</param>
    /// <param name="shape">The result's shape.</param>
    /// <exception cref="ArgumentException">x cannot be broadcast to the shape.</exception>
    public static Variable BroadcastTo(this Variable x, Shape shape)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(shape);
        return x.Shape.Equals(shape) ? new ViewOperation("BroadcastTo", x, shape).Run() : new BroadcastOperation(x, shape).Run();
    }

    /// <summary>Both variables broadcast to one shape by NumPy's rules, for an elementwise operation; one that has it already is returned as it is.</summary>
    /// <exception cref="ArgumentException">Two sizes differ and neither is 1; the message names the operation and both shapes.</exception>
    internal static (Variable A, Variable B) Broadcast(Variable a, Variable b, [CallerMemberName] string operation = "")
    {
        if (a.Shape.Equals(b.Shape)) return (a, b);
        int[] sizes = new int[Math.Max(a.Shape.Rank, b.Shape.Rank)];
        for (int i = 1; i <= sizes.Length; i++)
        {
            int first = i <= a.Shape.Rank ? a.Shape[-i] : 1, second = i <= b.Shape.Rank ? b.Shape[-i] : 1;
            if (first != second && first != 1 && second != 1)
                throw new ArgumentException($"{operation}: a is {a.Shape} and b is {b.Shape}, expected sizes, from the last, that are equal or 1");
            sizes[^i] = first == 1 ? second : first;
        }
        var shape = new Shape(sizes);
        return (a.Shape.Equals(shape) ? a : a.BroadcastTo(shape), b.Shape.Equals(shape) ? b : b.BroadcastTo(shape));
    }
}
