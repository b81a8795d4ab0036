using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>With y = a/b and the output's gradient g, the gradient of a is g/b, and that of b is −y·g/b.</summary>
internal sealed class DivideOperation(Variable a, Variable b) : Operation([a, b])
{
    private Tensor? _b;
    private Tensor? _output;

    public override string Name => "Divide";

    protected override Tensor Forward()
    {
        var output = EmptyLike(a);
        Elementwise.Forward<Quotient>(a.Value, b.Value, output);
        _b = Save(b.Value);
        if (Wants(b)) _output = Save(output);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var quotient = EmptyLike(a);
        Elementwise.Forward<Quotient>(outputGradient, _b!, quotient);
        Propagate(a, quotient);
        if (!Wants(b)) return;
        var gradient = EmptyLike(b);
        Elementwise.Multiply(quotient, _output!, gradient);
        Elementwise.Scale(gradient, -1f, gradient);
        Propagate(b, gradient);
    }
}

public static partial class Ops
{
    /// <summary>a/b, element by element; by zero it is ±∞ or NaN. Both are broadcast to one shape by NumPy's rules if theirs differ.</summary>
    /// <param name="a">A variable of any shape.</param>
    /// <param name="b">Each of its sizes, from the last, is that of <paramref name="a"/>, or one of the two is 1 or absent.</param>
    /// <returns>Of the larger of each two sizes.</returns>
    /// <exception cref="ArgumentException">The shapes cannot be broadcast, or the devices differ.</exception>
    public static Variable Divide(this Variable a, Variable b)
    {
        (a, b) = Broadcast(a, b);
        return new DivideOperation(a, b).Run();
    }
}
