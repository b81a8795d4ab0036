using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>The derivative is 1 where y > 0 and otherwise 0, so backward needs only the output.</summary>
internal sealed class Relu(Variable x) : Operation([x])
{
    private Tensor? _output;

    public override string Name => "Relu";

    protected override Tensor Forward()
    {
        var output = EmptyLike(x);
        Elementwise.Relu(x.Value, output);
        _output = Save(output);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var gradient = EmptyLike(x);
        Elementwise.ReluBackward(_output!, outputGradient, gradient);
        Propagate(x, gradient);
    }
}

public static partial class Ops
{
    /// <summary>max(0, x) of each element.</summary>
    /// <param name="x">A variable of any shape.</param>
    /// <returns>Shaped like <paramref name="x"/>.</returns>
    public static Variable Relu(this Variable x) => new Relu(x).Run();
}
