namespace Mmrr.Autograd;

/// <summary>The same values, not copied, in another shape; so is the gradient.</summary>
internal sealed class ViewOperation(string name, Variable x, Shape shape) : Operation([x])
{
    public override string Name => name;

    protected override Tensor Forward() => x.Value.Share(shape);

    protected override void Backward(Tensor outputGradient) => Propagate(x, outputGradient.Share(x.Shape));
}

public static partial class Ops
{
    /// <summary>The values in the same order in another shape: a view, without a copy.</summary>
    /// <param name="x">A variable of any shape.</param>
    /// <param name="sizes">The sizes; one may be -1, and follows from the others.</param>
    /// <exception cref="ArgumentException">The sizes do not give the number of elements, or several are -1.</exception>
    public static Variable Reshape(this Variable x, params int[] sizes)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(sizes);
        int open = Array.IndexOf(sizes, -1), count = x.Shape.Count;
        long known = 1;
        for (int axis = 0; axis < sizes.Length && known is > 0 and <= Shape.MaxCount; axis++) known *= axis == open ? 1 : sizes[axis];
        if (known < 1 || (open < 0 ? known != count : count % known != 0))
        {
            throw new ArgumentException(
                $"Reshape: the sizes are [{string.Join(", ", sizes)}], expected {count} elements as of x {x.Shape}, and at most one -1");
        }
        return new ViewOperation("Reshape", x, new Shape([.. sizes.Select(size => size == -1 ? (int)(count / known) : size)])).Run();
    }
}
