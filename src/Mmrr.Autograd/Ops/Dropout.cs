using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>The gradient passes through the same draw, which the seed and the stream give again.</summary>
internal sealed class DropoutOperation(Variable x, float probability, ulong seed, ulong stream) : Operation([x])
{
    public override string Name => "Dropout";

    protected override Tensor Forward()
    {
        var output = EmptyLike(x);
        PhiloxDropout.Apply(x.Value, probability, seed, stream, output);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var gradient = EmptyLike(x);
        PhiloxDropout.Apply(outputGradient, probability, seed, stream, gradient);
        Propagate(x, gradient);
    }
}

public static partial class Ops
{
    /// <summary>
    /// Dropout as in training: each element is 0 with some probability, else 1/(1 − probability) times itself. Leave it out where a model is used, or pass the
    /// probability 0, which gives x itself.
    /// </summary>
    /// <param name="x">A variable of any shape.</param>
    /// <param name="probability">The probability, from 0 to below 1.</param>
    /// <param name="seed">The seed of the draw.</param>
    /// <param name="stream">The stream of the draw: another one for each layer and step.</param>
    /// <returns>Shaped like x; the same elements are 0 on every device.</returns>
    /// <exception cref="ArgumentException">The probability is out of range.</exception>
    public static Variable Dropout(this Variable x, float probability, ulong seed, ulong stream)
    {
        ArgumentNullException.ThrowIfNull(x);
        PhiloxDropout.CheckProbability("Dropout", probability);
        return probability == 0 ? x : new DropoutOperation(x, probability, seed, stream).Run();
    }
}
