using Mmrr.Autograd;
using Mmrr.Kernels;

namespace Mmrr.Nn.Optimizers;

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101) as in PyTorch.</summary>
/// <param name="parameters">The parameters to train.</param>
/// <param name="beta1">Decay of the mean gradient.</param>
/// <param name="beta2">Decay of the mean squared gradient.</param>
/// <param name="epsilon">Added to the square root of the mean squared gradient.</param>
/// <param name="weightDecay">λ: a step multiplies each parameter by 1 − lr·λ before its own change.</param>
public sealed class AdamW(
    IEnumerable<Variable> parameters, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0.01) : Optimizer(parameters)
{
    /// <inheritdoc/>
    protected override MomentStep StepAt(long t, double learningRate) => MomentStep.Adam(t, learningRate, beta1, beta2, epsilon, weightDecay);
}
