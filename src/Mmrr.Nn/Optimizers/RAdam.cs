using Mmrr.Autograd;
using Mmrr.Kernels;

namespace Mmrr.Nn.Optimizers;

/// <summary>
/// Rectified Adam (Liu et al. 2020, arXiv:1908.03265) as in PyTorch: without rectification while ρ_t ≤ 5, which for β₂ = 0.999 is the first five steps.
/// </summary>
public sealed class RAdam : IDisposable
{
    private readonly (Variable Parameter, Tensor First, Tensor Second)[] _states;
    private readonly double _beta1;
    private readonly double _beta2;
    private readonly double _epsilon;

    /// <summary>Creates an optimizer with zero moments.</summary>
    /// <param name="parameters">The parameters to train.</param>
    /// <param name="beta1">Decay of the mean gradient.</param>
    /// <param name="beta2">Decay of the mean squared gradient.</param>
    /// <param name="epsilon">Added to the square root of the mean squared gradient.</param>
    public RAdam(IEnumerable<Variable> parameters, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8)
    {
        _beta1 = beta1;
        _beta2 = beta2;
        _epsilon = epsilon;
        _states = [.. parameters.Select(p => (p, Zeros(p), Zeros(p)))];
    }

    /// <summary>Steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Updates every parameter that has a gradient and consumes the gradients.</summary>
    public void Step(double learningRate)
    {
        var step = RAdamStep.At(++Steps, learningRate, _beta1, _beta2, _epsilon);
        var trained = _states.Where(s => s.Parameter.Gradient is not null).ToArray();
        Kernels.RAdam.Update([.. trained.Select(s => (s.Parameter.Value, s.Parameter.Gradient!, s.First, s.Second))], step);
        foreach (var (parameter, _, _) in trained) parameter.ZeroGradient();
    }

    /// <summary>Waits for the device and copies the moments of each parameter to the host, in the parameters' order.</summary>
    public IReadOnlyList<(float[] First, float[] Second)> Moments() => [.. _states.Select(s => (s.First.ToArray(), s.Second.ToArray()))];

    /// <summary>Continues from the state of another optimizer of the same parameters.</summary>
    /// <param name="steps">Its <see cref="Steps"/>.</param>
    /// <param name="moments">Its <see cref="Moments"/>.</param>
    /// <exception cref="ArgumentException">The moments do not match the parameters' shapes.</exception>
    public void Restore(long steps, IReadOnlyList<(float[] First, float[] Second)> moments)
    {
        ArgumentNullException.ThrowIfNull(moments);
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        if (moments.Count != _states.Length) throw new ArgumentException($"moments of {moments.Count} parameters, expected {_states.Length}", nameof(moments));
        for (int i = 0; i < moments.Count; i++)
        {
            _states[i].First.CopyFrom(moments[i].First);
            _states[i].Second.CopyFrom(moments[i].Second);
        }
        Steps = steps;
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
