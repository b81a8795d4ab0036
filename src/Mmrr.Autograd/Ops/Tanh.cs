using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>The derivative is 1 − y², so backward needs only the output.</summary>
internal sealed class Tanh(Variable x) : Operation([x])
{
    private Tensor? _output;

    public override string Name => "Tanh";

    protected override Tensor Forward()
    {
        var output = EmptyLike(x);
        Elementwise.Tanh(x.Value, output);
        _output = Save(output);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var gradient = EmptyLike(x);
        Elementwise.TanhBackward(_output!, outputGradient, gradient);
        Propagate(x, gradient);
    }
}

public static partial class Ops
{
    /// <summary>The hyperbolic tangent of each element.</summary>
    /// <param name="x">A variable of any shape.</param>
    /// <returns>Shaped like <paramref name="x"/>.</returns>
    public static Variable Tanh(this Variable x) => new Tanh(x).Run();
}
