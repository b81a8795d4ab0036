using Mmrr.Autograd;
using Mmrr.Kernels;

namespace Mmrr.Nn.Optimizers;

/// <summary>
/// Exponential moving averages of parameters: a ← a + (1 − d)(θ − a) after each step. At first d is smaller, min(d, (1 + t)/(10 + t)) after t updates,
/// so that the initial weights do not dominate the average.
/// </summary>
public sealed class WeightAverage : IDisposable
{
    private readonly (Variable Parameter, Tensor Average)[] _states;
    private readonly double _decay;

    /// <summary>Creates averages that start at the parameters' current values.</summary>
    /// <param name="parameters">The parameters to average.</param>
    /// <param name="decay">d, at least 0 and below 1; an average covers about the last 1/(1 − d) updates.</param>
    /// <exception cref="ArgumentOutOfRangeException">The decay is out of range.</exception>
    public WeightAverage(IEnumerable<Variable> parameters, double decay)
    {
        if (!(decay >= 0 && decay < 1)) throw new ArgumentOutOfRangeException(nameof(decay), decay, "expected a decay from 0 up to 1");
        _decay = decay;
        _states = [.. parameters.Select(p => (p, Copy(p.Value)))];
    }

    /// <summary>Number of updates.</summary>
    public long Updates { get; private set; }

    /// <summary>Updates the averages with the parameters' current values.</summary>
    public void Update()
    {
        float weight = (float)(1 - Math.Min(_decay, (1.0 + Updates) / (10.0 + Updates)));
        Updates++;
        foreach (var (parameter, average) in _states)
        {
            using var difference = Tensor.Empty(average.Device, average.Shape);
            Elementwise.Scale(average, -1, difference);
            Elementwise.Add(parameter.Value, difference, difference);
            Elementwise.Scale(difference, weight, difference);
            Elementwise.Add(average, difference, average);
        }
    }

    /// <summary>Exchanges the parameters' values with the averages; a second call restores both bit for bit.</summary>
    public void Exchange()
    {
        foreach (var (parameter, average) in _states)
        {
            using var value = Copy(parameter.Value);
            Elementwise.Scale(average, 1, parameter.Value);
            Elementwise.Scale(value, 1, average);
        }
    }

    /// <summary>Waits for the device and copies the averages to the host, in the parameters' order.</summary>
    public IReadOnlyList<float[]> Values() => [.. _states.Select(s => s.Average.ToArray())];

    /// <summary>Continues from the state of another average of the same parameters.</summary>
    /// <param name="updates">Its <see cref="Updates"/>.</param>
    /// <param name="values">Its <see cref="Values"/>.</param>
    /// <exception cref="ArgumentException">The values do not match the parameters' shapes.</exception>
    public void Restore(long updates, IReadOnlyList<float[]> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfNegative(updates);
        if (values.Count != _states.Length) throw new ArgumentException($"averages of {values.Count} parameters, expected {_states.Length}", nameof(values));
        for (int i = 0; i < values.Count; i++) _states[i].Average.CopyFrom(values[i]);
        Updates = updates;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, average) in _states) average.Dispose();
    }

    private static Tensor Copy(Tensor value)
    {
        var copy = DisposeScope.Detach(Tensor.Empty(value.Device, value.Shape));
        Elementwise.Scale(value, 1, copy);
        return copy;
    }
}
