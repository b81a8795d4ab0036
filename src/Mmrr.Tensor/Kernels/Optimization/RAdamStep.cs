namespace Mmrr.Kernels;

/// <summary>The coefficients of one step of <see cref="RAdam"/>, the same for all parameters.</summary>
/// <param name="LearningRate">lr.</param>
/// <param name="Beta1">β₁, the decay of the first moment, in [0, 1).</param>
/// <param name="Beta2">β₂, the decay of the second moment, in [0, 1).</param>
/// <param name="Epsilon">Added to the square root of the second moment.</param>
/// <param name="BiasCorrection1">1 − β₁ᵗ.</param>
/// <param name="BiasCorrection2">1 − β₂ᵗ.</param>
/// <param name="Rectification">rₜ, or 0 for a step that is not rectified and does not divide by the second moment.</param>
public readonly record struct RAdamStep(
    float LearningRate, float Beta1, float Beta2, float Epsilon, float BiasCorrection1, float BiasCorrection2, float Rectification)
{
    /// <summary>
    /// Step <paramref name="t"/> with PyTorch's semantics: ρ∞ = 2/(1 − β₂) − 1, ρₜ = ρ∞ − 2tβ₂ᵗ/(1 − β₂ᵗ), rectified by
    /// rₜ = √((ρₜ − 4)(ρₜ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρₜ)) where ρₜ &gt; 5 (with β₂ = 0.999 from t = 6 on).
    /// </summary>
    /// <param name="t">The step's number, from 1.</param>
    /// <param name="lr">The learning rate.</param>
    /// <param name="beta1">β₁ in [0, 1).</param>
    /// <param name="beta2">β₂ in [0, 1).</param>
    /// <param name="eps">ε.</param>
    /// <exception cref="ArgumentOutOfRangeException">t is below 1, or a β is not in [0, 1).</exception>
    public static RAdamStep At(long t, double lr, double beta1, double beta2, double eps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(t, 1);
        if (!(beta1 >= 0 && beta1 < 1)) throw new ArgumentOutOfRangeException(nameof(beta1), $"RAdamStep.At: beta1 is {beta1}, expected a number in [0, 1)");
        if (!(beta2 >= 0 && beta2 < 1)) throw new ArgumentOutOfRangeException(nameof(beta2), $"RAdamStep.At: beta2 is {beta2}, expected a number in [0, 1)");
        double power = Math.Pow(beta2, t), correction2 = 1 - power;
        double limit = (2 / (1 - beta2)) - 1, rho = limit - (2 * t * power / correction2);
        double rectification = rho > 5 ? Math.Sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho)) : 0;
        return new RAdamStep(
            (float)lr, (float)beta1, (float)beta2, (float)eps, (float)(1 - Math.Pow(beta1, t)), (float)correction2, (float)rectification);
    }
}
