using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>The gradient of the logits is (p − t)/N times the output's, so that the probabilities p and the target t are kept.</summary>
internal sealed class SoftmaxCrossEntropyOperation(Variable logits, Tensor target) : Operation([logits])
{
    private Tensor? _probability;
    private Tensor? _target;

    public override string Name => "SoftmaxCrossEntropy";

    protected override Tensor Forward()
    {
        var probability = EmptyLike(logits);
        var loss = Tensor.Empty(logits.Device, new Shape());
        SoftmaxCrossEntropy.Forward(logits.Value, target, probability, loss);
        _probability = Save(probability);
        _target = Save(target);
        return loss;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var gradient = EmptyLike(logits);
        SoftmaxCrossEntropy.Backward(_probability!, _target!, outputGradient, gradient);
        Propagate(logits, gradient);
    }
}

public static partial class Ops
{
    /// <summary>The cross-entropy of the softmax of logits, −Σ t·ln softmax(logits), in nats, averaged over the rows.</summary>
    /// <param name="logits">[..., C]: N rows of C classes.</param>
    /// <param name="target">
    /// t, shaped like <paramref name="logits"/>, without a gradient: rows of probabilities with the sum 1, of labels those of
    /// <see cref="SoftmaxCrossEntropy.OneHot"/>; the caller keeps the handle.
    /// </param>
    /// <returns>A scalar, [].</returns>
    /// <exception cref="ArgumentException">The logits are a scalar, or the target has another shape.</exception>
    public static Variable SoftmaxCrossEntropy(this Variable logits, Tensor target) => new SoftmaxCrossEntropyOperation(logits, target).Run();
}
