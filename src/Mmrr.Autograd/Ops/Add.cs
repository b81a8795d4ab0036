using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>The output's gradient is also that of both inputs: it is passed through without a copy.</summary>
internal sealed class AddOperation(Variable a, Variable b) : Operation([a, b])
{
    public override string Name => "Add";

    protected override Tensor Forward()
    {
        var output = EmptyLike(a);
        Elementwise.Add(a.Value, b.Value, output);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        Propagate(a, outputGradient);
        Propagate(b, outputGradient);
    }
}

public static partial class Ops
{
    /// <summary>a + b, element by element.</summary>
    /// <param name="a">A variable of any shape.</param>
    /// <param name="b">Shaped like <paramref name="a"/>.</param>
    /// <returns>Shaped like <paramref name="a"/>.</returns>
    public static Variable Add(this Variable a, Variable b) => new AddOperation(a, b).Run();
}
