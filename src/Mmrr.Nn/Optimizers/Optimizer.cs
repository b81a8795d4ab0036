using Mmrr.Autograd;
using Mmrr.Kernels;

namespace Mmrr.Nn.Optimizers;

/// <summary>An optimizer that updates parameters by the moments of their gradients; a subclass gives the coefficients of each step.</summary>
public abstract class Optimizer : IDisposable
{
    private readonly (Variable Parameter, Tensor First, Tensor Second)[] _states;

    /// <summary>Creates an optimizer with zero moments.</summary>
    /// <param name="parameters">The parameters to train.</param>
    protected Optimizer(IEnumerable<Variable> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _states = [.. parameters.Select(p => (p, Zeros(p), Zeros(p)))];
    }

    /// <summary>Steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Updates every parameter that has a gradient and consumes the gradients.</summary>
    public void Step(double learningRate)
    {
        var step = StepAt(++Steps, learningRate);
        var trained = _states.Where(s => s.Parameter.Gradient is not null).ToArray();
        Moments.Update([.. trained.Select(s => (s.Parameter.Value, s.Parameter.Gradient!, s.First, s.Second))], step);
        foreach (var (parameter, _, _) in trained) parameter.ZeroGradient();
    }

    /// <summary>Waits for the device and copies the moments of each parameter to the host, in the parameters' order.</summary>
    public IReadOnlyList<(float[] First, float[] Second)> State() => [.. _states.Select(s => (s.First.ToArray(), s.Second.ToArray()))];

    /// <summary>Continues from the state of another optimizer of the same parameters.</summary>
    /// <param name="steps">Its <see cref="Steps"/>.</param>
    /// <param name="moments">Its <see cref="State"/>.</param>
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
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The coefficients of step <paramref name="t"/>, from 1.</summary>
    protected abstract MomentStep StepAt(long t, double learningRate);

    /// <summary>Disposes the moments.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
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
