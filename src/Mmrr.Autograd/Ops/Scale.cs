using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>Multiplies by a number, forward and backward.</summary>
internal sealed class Scale(Variable x, float factor) : Operation([x])
{
    public override string Name => "Scale";

    protected override Tensor Forward()
    {
        var output = EmptyLike(x);
        Elementwise.Scale(x.Value, factor, output);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var gradient = EmptyLike(x);
        Elementwise.Scale(outputGradient, factor, gradient);
        Propagate(x, gradient);
    }
}

public static partial class Ops
{
    /// <summary>factor · x.</summary>
    /// <param name="x">A variable of any shape.</param>
    /// <param name="factor">A number without a gradient.</param>
    /// <returns>Shaped like <paramref name="x"/>.</returns>
    public static Variable Scale(this Variable x, float factor) => new Scale(x, factor).Run();
}
