using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>The gradient is y·(g − Σ y·g) with the sum over the row, so that the output is all that is kept.</summary>
internal sealed class SoftmaxOperation(Variable x) : Operation([x])
{
    private Tensor? _output;

    public override string Name => "Softmax";

    protected override Tensor Forward()
    {
        var output = EmptyLike(x);
        Softmax.Forward(x.Value, output);
        _output = Save(output);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var gradient = EmptyLike(x);
        Softmax.Backward(_output!, outputGradient, gradient);
        Propagate(x, gradient);
    }
}

public static partial class Ops
{
    /// <summary>eˣ/Σ eˣ along the last axis, each row with the sum 1; nothing overflows.</summary>
    /// <param name="x">[..., C].</param>
    /// <returns>Shaped like x.</returns>
    /// <exception cref="ArgumentException">x is a scalar.</exception>
    public static Variable Softmax(this Variable x) => new SoftmaxOperation(x).Run();
}
