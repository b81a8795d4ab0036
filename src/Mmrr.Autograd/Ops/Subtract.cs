using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>The gradient of the first term is the output's, that of the second its negative.</summary>
internal sealed class SubtractOperation(Variable a, Variable b) : Operation([a, b])
{
    public override string Name => "Subtract";

    protected override Tensor Forward()
    {
        var output = EmptyLike(a);
        Elementwise.Forward<Difference>(a.Value, b.Value, output);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        Propagate(a, outputGradient);
        if (!Wants(b)) return;
        var gradient = EmptyLike(b);
        Elementwise.Scale(outputGradient, -1f, gradient);
        Propagate(b, gradient);
    }
}

public static partial class Ops
{
    /// <summary>a − b, element by element; both are broadcast to one shape by NumPy's rules if theirs differ.</summary>
    /// <param name="a">A variable of any shape.</param>
    /// <param name="b">Each of its sizes, from the last, is that of <paramref name="a"/>, or one of the two is 1 or absent.</param>
    /// <returns>Of the larger of each two sizes.</returns>
    /// <exception cref="ArgumentException">The shapes cannot be broadcast, or the devices differ.</exception>
    public static Variable Subtract(this Variable a, Variable b)
    {
        (a, b) = Broadcast(a, b);
        return new SubtractOperation(a, b).Run();
    }
}
