using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>The gradient of either factor is the other times the output's.</summary>
internal sealed class MultiplyOperation(Variable a, Variable b) : Operation([a, b])
{
    private Tensor? _a;
    private Tensor? _b;

    public override string Name => "Multiply";

    protected override Tensor Forward()
    {
        var output = EmptyLike(a);
        Elementwise.Multiply(a.Value, b.Value, output);
        if (Wants(b)) _a = Save(a.Value);
        if (Wants(a)) _b = Save(b.Value);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        if (Wants(a)) Propagate(a, Times(outputGradient, _b!));
        if (Wants(b)) Propagate(b, Times(outputGradient, _a!));
    }

    private static Tensor Times(Tensor outputGradient, Tensor factor)
    {
        var gradient = Tensor.Empty(factor.Device, factor.Shape);
        Elementwise.Multiply(outputGradient, factor, gradient);
        return gradient;
    }
}

public static partial class Ops
{
    /// <summary>a ⊙ b, element by element; both are broadcast to one shape by NumPy's rules if theirs differ.</summary>
    /// <param name="a">A variable of any shape.</param>
    /// <param name="b">Each of its sizes, from the last, is that of <paramref name="a"/>, or one of the two is 1 or absent.</param>
    /// <returns>Of the larger of each two sizes.</returns>
    /// <exception cref="ArgumentException">The shapes cannot be broadcast, or the devices differ.</exception>
    public static Variable Multiply(this Variable a, Variable b)
    {
        (a, b) = Broadcast(a, b);
        return new MultiplyOperation(a, b).Run();
    }
}
