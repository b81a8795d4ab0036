namespace Mmrr.Kernels;

/// <summary>
/// The coefficients of one step of <see cref="Moments"/>, the same for all parameters: m ← m + Weight1·(g − m), v ← v + Weight2·(g² − v),
/// θ ← Keep·θ − Size·m/(√v + Epsilon), or θ ← Keep·θ − Size·m. They are computed in float64 and rounded once.
/// </summary>
public readonly struct MomentStep
{
    /// <summary>1 − β₁.</summary>
    public float Weight1 { get; private init; }

    /// <summary>1 − β₂; 0 if v is neither read nor written.</summary>
    public float Weight2 { get; private init; }

    /// <summary>Added to √v.</summary>
    public float Epsilon { get; private init; }

    /// <summary>The factor of m/(√v + ε), or of m.</summary>
    public float Size { get; private init; }

    /// <summary>The factor of θ, below 1 with decoupled weight decay.</summary>
    public float Keep { get; private init; }

    /// <summary>Not 0 if the step divides by √v + ε.</summary>
    public int Divides { get; private init; }

    /// <summary>
    /// Rectified Adam (Liu et al., "On the variance of the adaptive learning rate and beyond", ICLR 2020) with PyTorch's semantics:
    /// ρ∞ = 2/(1 − β₂) − 1, ρₜ = ρ∞ − 2tβ₂ᵗ/(1 − β₂ᵗ); where ρₜ &gt; 5 (with β₂ = 0.999 from t = 6 on) θ ← θ − lr·m̂·rₜ·√(1 − β₂ᵗ)/(√v + ε) with
    /// rₜ = √((ρₜ − 4)(ρₜ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρₜ)), else θ ← θ − lr·m̂; m̂ = m/(1 − β₁ᵗ).
    /// </summary>
    /// <param name="t">The step's number, from 1.</param>
    /// <param name="lr">The learning rate.</param>
    /// <param name="beta1">β₁ in [0, 1).</param>
    /// <param name="beta2">β₂ in [0, 1).</param>
    /// <param name="eps">ε.</param>
    /// <exception cref="ArgumentOutOfRangeException">t is below 1, or a β is not in [0, 1).</exception>
    public static MomentStep RAdam(long t, double lr, double beta1, double beta2, double eps)
    {
        CheckBetas(nameof(RAdam), t, beta1, beta2);
        double power = Math.Pow(beta2, t), limit = (2 / (1 - beta2)) - 1, rho = limit - (2 * t * power / (1 - power));
        double rectification = rho > 5 ? Math.Sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho)) : 0;
        // Each coefficient is rounded to float32, as PyTorch's tensors hold them.
        float rate = (float)lr, corrected = (float)(1 - Math.Pow(beta1, t)), deviation = (float)(1 - power), rectified = (float)rectification;
        double size = (double)rate / corrected;
        return new MomentStep
        {
            Weight1 = Complement(beta1),
            Weight2 = Complement(beta2),
            Epsilon = (float)eps,
            Keep = 1,
            Divides = rectified > 0 ? 1 : 0,
            Size = (float)(rectified > 0 ? size * rectified * Math.Sqrt(deviation) : size),
        };
    }

    /// <summary>
    /// Adam (Kingma and Ba 2015, arXiv:1412.6980) with PyTorch's semantics, θ ← θ − lr·m̂/(√v̂ + ε); with a weight decay λ it is AdamW (Loshchilov and
    /// Hutter 2019, arXiv:1711.05101), θ ← (1 − lr·λ)·θ − lr·m̂/(√v̂ + ε).
    /// </summary>
    /// <param name="t">The step's number, from 1.</param>
    /// <param name="lr">The learning rate.</param>
    /// <param name="beta1">β₁ in [0, 1).</param>
    /// <param name="beta2">β₂ in [0, 1).</param>
    /// <param name="eps">ε.</param>
    /// <param name="weightDecay">λ, decoupled.</param>
    /// <exception cref="ArgumentOutOfRangeException">t is below 1, a β is not in [0, 1), or the decay is negative.</exception>
    public static MomentStep Adam(long t, double lr, double beta1, double beta2, double eps, double weightDecay = 0)
    {
        CheckBetas(nameof(Adam), t, beta1, beta2);
        ArgumentOutOfRangeException.ThrowIfNegative(weightDecay);
        // √v̂ + ε = (√v + ε·√(1 − β₂ᵗ))/√(1 − β₂ᵗ)
        double deviation = Math.Sqrt(1 - Math.Pow(beta2, t));
        return new MomentStep
        {
            Weight1 = Complement(beta1),
            Weight2 = Complement(beta2),
            Epsilon = (float)(eps * deviation),
            Keep = (float)(1 - (lr * weightDecay)),
            Divides = 1,
            Size = (float)(lr * deviation / (1 - Math.Pow(beta1, t))),
        };
    }

    /// <summary>Gradient descent with momentum μ with PyTorch's semantics: b ← μ·b + g, θ ← θ − lr·b. Here m is (1 − μ)·b.</summary>
    /// <param name="lr">The learning rate.</param>
    /// <param name="momentum">μ in [0, 1).</param>
    /// <exception cref="ArgumentOutOfRangeException">The momentum is not in [0, 1).</exception>
    public static MomentStep Descent(double lr, double momentum)
    {
        CheckBetas(nameof(Descent), 1, momentum, 0);
        return new MomentStep { Weight1 = Complement(momentum), Weight2 = 0, Keep = 1, Size = (float)(lr / (1 - momentum)) };
    }

    /// <summary>
    /// 1 − β to float32's accuracy. 1 − 0.999f is 0.00099998713: the float's error is 1.3e-5 of the difference. The seven digits that a conversion to
    /// decimal keeps are the intended β.
    /// </summary>
    private static float Complement(double beta)
    {
        float complement = (float)(1m - (decimal)(float)beta);
        return complement > 0 ? complement : 1f - (float)beta;
    }

    private static void CheckBetas(string step, long t, double beta1, double beta2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(t, 1);
        Check(nameof(beta1), beta1);
        Check(nameof(beta2), beta2);

        void Check(string name, double beta)
        {
            if (!(beta >= 0 && beta < 1)) throw new ArgumentOutOfRangeException(name, $"MomentStep.{step}: {name} is {beta}, expected a number in [0, 1)");
        }
    }
}
