using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <summary>max(x, 0); NaN stays NaN. The derivative is 1 where y &gt; 0, otherwise 0.</summary>
public readonly struct Relu : IUnaryFunction
{
    /// <inheritdoc/>
    public static UnaryTraits Traits { get; } = new(nameof(Relu), Operations: 1, GradientOperations: 1, Kept.Output, Roundings: 0);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Value(Vector512<float> x) =>
        Vector512.MaxNative(Vector512<float>.Zero, x); // the native maximum returns its second argument when that is NaN

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Value(float x) => x < 0f ? 0f : x;

    /// <inheritdoc/>
    public double Value(double x) => Math.Max(x, 0);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Gradient(Vector512<float> kept, Vector512<float> outputGradient) =>
        Vector512.GreaterThan(kept, Vector512<float>.Zero) & outputGradient;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Gradient(float kept, float outputGradient) => kept > 0f ? outputGradient : 0f;
}

/// <summary>x where x &gt; 0, otherwise slope·x; NaN stays NaN. The derivative is 1 or the slope, the slope at 0.</summary>
/// <param name="slope">The slope below 0.</param>
public readonly struct LeakyRelu(float slope) : IUnaryFunction
{
    /// <inheritdoc/>
    public static UnaryTraits Traits { get; } = new(nameof(LeakyRelu), Operations: 2, GradientOperations: 2, Kept.Input, Roundings: 1);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Value(Vector512<float> x) => Choose(x, x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Value(float x) => x > 0f ? x : slope * x;

    /// <inheritdoc/>
    public double Value(double x) => x > 0 ? x : slope * x;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Gradient(Vector512<float> kept, Vector512<float> outputGradient) => Choose(kept, outputGradient);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Gradient(float kept, float outputGradient) => kept > 0f ? outputGradient : slope * outputGradient;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<float> Choose(Vector512<float> x, Vector512<float> value) =>
        Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512<float>.Zero), value, value * slope);
}

/// <summary>x·min(max(x + 3, 0), 6)/6 (Howard et al. 2019, arXiv:1905.02244). The derivative is 0 below −3, 1 above 3, x/3 + ½ between.</summary>
public readonly struct HardSwish : IUnaryFunction
{
    /// <inheritdoc/>
    public static UnaryTraits Traits { get; } = new(nameof(HardSwish), Operations: 5, GradientOperations: 5, Kept.Input, Roundings: 4);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Value(Vector512<float> x) =>
        x * Vector512.Min(Vector512.Max(x + Vector512.Create(3f), Vector512<float>.Zero), Vector512.Create(6f)) * (1f / 6);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Value(float x) => x * (x < -3f ? 0f : x > 3f ? 6f : x + 3f) * (1f / 6);

    /// <inheritdoc/>
    public double Value(double x) => x * Math.Clamp(x + 3, 0, 6) / 6;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Gradient(Vector512<float> kept, Vector512<float> outputGradient) =>
        outputGradient * Vector512.ConditionalSelect(
            Vector512.LessThanOrEqual(Vector512.Abs(kept), Vector512.Create(3f)), (kept * (1f / 3)) + Vector512.Create(0.5f),
            Vector512.GreaterThan(kept, Vector512<float>.Zero) & Vector512<float>.One);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Gradient(float kept, float outputGradient) => outputGradient * (kept < -3f ? 0f : kept > 3f ? 1f : (kept * (1f / 3)) + 0.5f);
}

/// <summary>
/// The Gaussian error linear unit x·Φ(x), Φ the standard normal distribution (Hendrycks and Gimpel 2016, arXiv:1606.08415): the exact form, which is
/// PyTorch's default; the tanh form differs by up to 4.7·10⁻⁴ and costs as much. To 4 ulp, the lower tail included; −∞ gives NaN. The derivative is
/// Φ(x) + x·φ(x).
/// </summary>
public readonly struct Gelu : IUnaryFunction
{
    /// <inheritdoc/>
    public static UnaryTraits Traits { get; } = new(nameof(Gelu), Operations: 47, GradientOperations: 50, Kept.Input, Roundings: 10);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Value(Vector512<float> x) => x * NormalDistribution.Probability(x, NormalDistribution.Density(x));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Value(float x) => x * NormalDistribution.Probability(x, NormalDistribution.Density(x));

    /// <inheritdoc/>
    public double Value(double x) => x * NormalDistribution.Probability(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Gradient(Vector512<float> kept, Vector512<float> outputGradient)
    {
        var density = NormalDistribution.Density(kept);
        return outputGradient * (NormalDistribution.Probability(kept, density) + (kept * density));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Gradient(float kept, float outputGradient)
    {
        float density = NormalDistribution.Density(kept);
        return outputGradient * (NormalDistribution.Probability(kept, density) + (kept * density));
    }
}
