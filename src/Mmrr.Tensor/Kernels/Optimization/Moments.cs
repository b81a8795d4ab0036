namespace Mmrr.Kernels;

/// <summary>
/// The update of parameters by the moments of their gradients, in one pass over all: m ← m + (1 − β₁)(g − m), v ← v + (1 − β₂)(g² − v), then
/// θ ← κ·θ − s·m/(√v + ε) or θ ← κ·θ − s·m, with the coefficients of RAdam, Adam, AdamW or gradient descent with momentum
/// (<see cref="MomentStep"/>). Memory-bound: 16 bytes read and 12 written per element; without v, 12 and 8.
/// </summary>
public static unsafe partial class Moments
{
    /// <summary>Updates a parameter and its two moments in place.</summary>
    /// <param name="parameter">θ, any shape.</param>
    /// <param name="gradient">g, the same shape.</param>
    /// <param name="firstMoment">m, the same shape; zero before the first step.</param>
    /// <param name="secondMoment">v, the same shape; zero before the first step.</param>
    /// <param name="step">The coefficients of this step.</param>
    /// <exception cref="ArgumentException">The shapes or devices differ, or buffers are shared.</exception>
    public static void Update(Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, MomentStep step) =>
        Update([(parameter, gradient, firstMoment, secondMoment)], step);

    /// <summary>Updates many parameters, each with θ, g, m and v, in place in one operation, since most of a network's parameters are small.</summary>
    /// <param name="states">For each parameter the four tensors of the other overload, all on one device.</param>
    /// <param name="step">The coefficients of this step.</param>
    /// <exception cref="ArgumentException">The shapes or devices differ, or buffers are shared.</exception>
    public static void Update(IReadOnlyList<(Tensor Parameter, Tensor Gradient, Tensor FirstMoment, Tensor SecondMoment)> states, MomentStep step)
    {
        const string Operation = "Moments.Update";
        ArgumentNullException.ThrowIfNull(states);
        if (states.Count == 0) return;
        var gradients = new Argument[states.Count];
        var updated = new Argument[3 * states.Count];
        double values = 0;
        for (int k = 0; k < states.Count; k++)
        {
            var (parameter, gradient, firstMoment, secondMoment) = states[k];
            ArgumentNullException.ThrowIfNull(parameter);
            var shape = parameter.Shape;
            gradients[k] = ("gradient", gradient, shape);
            (updated[3 * k], updated[(3 * k) + 1], updated[(3 * k) + 2]) =
                (("parameter", parameter), ("firstMoment", firstMoment, shape), ("secondMoment", secondMoment, shape));
            values += parameter.Count;
        }
        // What is updated is read as well.
        Kernel.Run(
            Operation, gradients, updated,
            simd => UpdateSimd(simd, states, step),
            simt => UpdateSimt(simt, states, step),
            (step.Weight2 == 0 ? 4 : 12) * values, (step.Weight2 == 0 ? 20 : 28) * values);
    }
}
