using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>The gradient of the prediction p is 2/n·(p − t) times the output's.</summary>
internal sealed class MeanSquaredErrorOperation(Variable prediction, Tensor target) : Operation([prediction])
{
    private Tensor? _prediction;
    private Tensor? _target;

    public override string Name => "MeanSquaredError";

    protected override Tensor Forward()
    {
        var output = Tensor.Empty(prediction.Device, new Shape());
        SquaredError.Mean(prediction.Value, target, output);
        _prediction = Save(prediction.Value);
        _target = Save(target);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var gradient = EmptyLike(prediction);
        SquaredError.MeanBackward(_prediction!, _target!, outputGradient, gradient);
        Propagate(prediction, gradient);
    }
}

public static partial class Ops
{
    /// <summary>The mean over all elements of (prediction − target)² (the paper's equations 3 and 4).</summary>
    /// <param name="prediction">A variable of any shape.</param>
    /// <param name="target">Shaped like <paramref name="prediction"/>, without a gradient; the caller keeps the handle.</param>
    /// <returns>A scalar, [].</returns>
    public static Variable MeanSquaredError(this Variable prediction, Tensor target) => new MeanSquaredErrorOperation(prediction, target).Run();
}
