using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>The derivative is y(1 − y), so backward needs only the output.</summary>
internal sealed class Sigmoid(Variable x) : Operation([x])
{
    private Tensor? _output;

    public override string Name => "Sigmoid";

    protected override Tensor Forward()
    {
        var output = EmptyLike(x);
        Elementwise.Sigmoid(x.Value, output);
        _output = Save(output);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var gradient = EmptyLike(x);
        Elementwise.SigmoidBackward(_output!, outputGradient, gradient);
        Propagate(x, gradient);
    }
}

public static partial class Ops
{
    /// <summary>1 / (1 + e⁻ˣ) of each element.</summary>
    /// <param name="x">A variable of any shape.</param>
    /// <returns>Shaped like <paramref name="x"/>.</returns>
    public static Variable Sigmoid(this Variable x) => new Sigmoid(x).Run();
}
