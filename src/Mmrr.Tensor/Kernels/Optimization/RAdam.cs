namespace Mmrr.Kernels;

/// <summary>
/// Rectified Adam (Liu et al., "On the variance of the adaptive learning rate and beyond", ICLR 2020) with PyTorch's semantics, in one pass:
/// m ← m + (1 − β₁)(g − m), v ← v + (1 − β₂)(g² − v), then θ ← θ − lr·m̂·rₜ·√(1 − β₂ᵗ)/(√v + ε), or
/// θ ← θ − lr·m̂ while the step is not rectified, with m̂ = m/(1 − β₁ᵗ). Memory-bound: 16 bytes read and 12 written per element.
/// </summary>
public static unsafe partial class RAdam
{
    /// <summary>Updates a parameter and its two moments in place.</summary>
    /// <param name="parameter">θ, any shape.</param>
    /// <param name="gradient">g, the same shape.</param>
    /// <param name="firstMoment">m, the same shape; zero before the first step.</param>
    /// <param name="secondMoment">v, the same shape; zero before the first step.</param>
    /// <param name="step">The coefficients of this step.</param>
    /// <exception cref="ArgumentException">The shapes or devices differ, a β is not in [0, 1), or buffers are shared.</exception>
    public static void Update(Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, RAdamStep step) =>
        Update([(parameter, gradient, firstMoment, secondMoment)], step);

    /// <summary>Updates many parameters, each with θ, g, m and v, in place in one operation, since most of a network's parameters are small.</summary>
    /// <param name="states">For each parameter the four tensors of the other overload, all on one device.</param>
    /// <param name="step">The coefficients of this step.</param>
    /// <exception cref="ArgumentException">The shapes or devices differ, a β is not in [0, 1), or buffers are shared.</exception>
    public static void Update(IReadOnlyList<(Tensor Parameter, Tensor Gradient, Tensor FirstMoment, Tensor SecondMoment)> states, RAdamStep step)
    {
        const string Operation = "RAdam.Update";
        ArgumentNullException.ThrowIfNull(states);
        if (states.Count == 0) return;
        var rates = new Rates(Complement(Operation, "Beta1", step.Beta1), Complement(Operation, "Beta2", step.Beta2), step);
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
            simd => UpdateSimd(simd, states, rates),
            simt => UpdateSimt(simt, states, rates),
            12 * values, 28 * values);
    }

    /// <summary>
    /// 1 − β to float32's accuracy. 1 − 0.999f is 0.00099998713: the float's error is 1.3e-5 of the difference. The seven digits that a conversion to
    /// decimal keeps are the intended β.
    /// </summary>
    private static float Complement(string operation, string name, float beta)
    {
        if (!(beta >= 0 && beta < 1)) throw new ArgumentException($"{operation}: {name} is {beta}, expected a number in [0, 1)");
        float complement = (float)(1m - (decimal)beta);
        return complement > 0 ? complement : 1f - beta;
    }

    /// <summary>The coefficients of a step for the loops.</summary>
    internal readonly struct Rates
    {
        /// <summary>1 − β₁.</summary>
        public readonly float Weight1;

        /// <summary>1 − β₂.</summary>
        public readonly float Weight2;

        /// <summary>ε.</summary>
        public readonly float Epsilon;

        /// <summary>The factor of m/(√v + ε), or of m.</summary>
        public readonly float Size;

        /// <summary>Not 0 if the step divides by √v + ε.</summary>
        public readonly int Rectified;

        /// <summary>Creates the coefficients from the complements 1 − β.</summary>
        public Rates(float weight1, float weight2, RAdamStep step)
        {
            Weight1 = weight1;
            Weight2 = weight2;
            Epsilon = step.Epsilon;
            Rectified = step.Rectification > 0 ? 1 : 0;
            double size = (double)step.LearningRate / step.BiasCorrection1;
            Size = (float)(Rectified == 0 ? size : size * step.Rectification * Math.Sqrt(step.BiasCorrection2));
        }
    }
}
