using Mmrr.Autograd;
using Mmrr.Kernels;

namespace Mmrr.Nn.Optimizers;

/// <summary>
/// Rectified Adam (Liu et al. 2020, arXiv:1908.03265) as in PyTorch: without rectification while ρ_t ≤ 5, which for β₂ = 0.999 is the first five steps.
/// </summary>
/// <param name="parameters">The parameters to train.</param>
/// <param name="beta1">Decay of the mean gradient.</param>
/// <param name="beta2">Decay of the mean squared gradient.</param>
/// <param name="epsilon">Added to the square root of the mean squared gradient.</param>
public sealed class RAdam(IEnumerable<Variable> parameters, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8) : Optimizer(parameters)
{
    /// <inheritdoc/>
    protected override MomentStep StepAt(long t, double learningRate) => MomentStep.RAdam(t, learningRate, beta1, beta2, epsilon);
}
