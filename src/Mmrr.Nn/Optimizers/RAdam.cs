using Mmrr.Autograd;
using Mmrr.Kernels;

namespace Mmrr.Nn.Optimizers;

/// <summary>
/// Rectified Adam (Liu et al. 2020, arXiv:1908.03265) as PyTorch has it: without rectification while ρ_t ≤ 5, which with β₂ = 0.999 is the first five steps.
/// </summary>
public sealed class RAdam : IDisposable
{
    private readonly (Variable Parameter, Tensor First, Tensor Second)[] _states;
    private readonly double _beta1;
    private readonly double _beta2;
    private readonly double _epsilon;

    /// <summary>An optimizer of these parameters, its moments zero.</summary>
    /// <param name="parameters">What it trains.</param>
    /// <param name="beta1">Decay of the mean gradient.</param>
    /// <param name="beta2">Decay of the mean squared gradient.</param>
    /// <param name="epsilon">Added to the root of the latter.</param>
    public RAdam(IEnumerable<Variable> parameters, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8)
    {
        _beta1 = beta1;
        _beta2 = beta2;
        _epsilon = epsilon;
        _states = [.. parameters.Select(p => (p, Zeros(p), Zeros(p)))];
    }

    /// <summary>Steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>One update of every parameter that has a gradient; the gradients are used up.</summary>
    public void Step(double learningRate)
    {
        var step = RAdamStep.At(++Steps, learningRate, _beta1, _beta2, _epsilon);
        var trained = _states.Where(s => s.Parameter.Gradient is not null).ToArray();
        Kernels.RAdam.Update([.. trained.Select(s => (s.Parameter.Value, s.Parameter.Gradient!, s.First, s.Second))], step);
        foreach (var (parameter, _, _) in trained) parameter.ZeroGradient();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, first, second) in _states)
        {
            first.Dispose();
            second.Dispose();
        }
    }

    private static Tensor Zeros(Variable parameter)
    {
        var zeros = DisposeScope.Detach(Tensor.Empty(parameter.Device, parameter.Shape));
        Elementwise.Fill(0, zeros);
        return zeros;
    }
}
