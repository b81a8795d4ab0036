using Mmrr.Autograd;
using Mmrr.Kernels;

namespace Mmrr.Nn.Optimizers;

/// <summary>Gradient descent with momentum as in PyTorch: b ← μ·b + g, θ ← θ − lr·b.</summary>
/// <param name="parameters">The parameters to train.</param>
/// <param name="momentum">μ in [0, 1); 0 for plain descent.</param>
public sealed class Sgd(IEnumerable<Variable> parameters, double momentum = 0.9) : Optimizer(parameters)
{
    /// <inheritdoc/>
    protected override MomentStep StepAt(long t, double learningRate) => MomentStep.Descent(learningRate, momentum);
}
