using Mmrr.Autograd;
using Mmrr.Kernels;

namespace Mmrr.Nn.Optimizers;

/// <summary>Adam (Kingma and Ba 2015, arXiv:1412.6980) as in PyTorch.</summary>
/// <param name="parameters">The parameters to train.</param>
/// <param name="beta1">Decay of the mean gradient.</param>
/// <param name="beta2">Decay of the mean squared gradient.</param>
/// <param name="epsilon">Added to the square root of the mean squared gradient.</param>
public sealed class Adam(IEnumerable<Variable> parameters, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8) : Optimizer(parameters)
{
    /// <inheritdoc/>
    protected override MomentStep StepAt(long t, double learningRate) => MomentStep.Adam(t, learningRate, beta1, beta2, epsilon);
}
