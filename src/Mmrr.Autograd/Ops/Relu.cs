using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>The slope is 1 where y > 0 and else 0, so the output is all that backward needs.</summary>
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
    /// <param name="x">Of any shape.</param>
    /// <returns>As <paramref name="x"/>.</returns>
    public static Variable Relu(this Variable x) => new Relu(x).Run();
}
