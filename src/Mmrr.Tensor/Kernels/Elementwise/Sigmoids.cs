using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <summary>tanh x, to 1.4 ulp; the derivative is 1 − y².</summary>
public readonly struct Tanh : IUnaryFunction
{
    /// <inheritdoc/>
    public static UnaryTraits Traits { get; } = new(nameof(Tanh), Operations: 30, GradientOperations: 3, Kept.Output, Roundings: 8);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Value(Vector512<float> x) => Exponential.Tanh(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Value(float x) => Exponential.Tanh(x);

    /// <inheritdoc/>
    public double Value(double x) => Math.Tanh(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Gradient(Vector512<float> kept, Vector512<float> outputGradient) =>
        outputGradient * (Vector512<float>.One - (kept * kept));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Gradient(float kept, float outputGradient) => outputGradient * (1f - (kept * kept));
}

/// <summary>The logistic sigmoid 1/(1 + e⁻ˣ), to 2.4 ulp; exactly 0 or 1 only where float32 rounds to it. The derivative is y·(1 − y).</summary>
public readonly struct Sigmoid : IUnaryFunction
{
    /// <inheritdoc/>
    public static UnaryTraits Traits { get; } = new(nameof(Sigmoid), Operations: 30, GradientOperations: 3, Kept.Output, Roundings: 8);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Value(Vector512<float> x) => Exponential.Sigmoid(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Value(float x) => Exponential.Sigmoid(x);

    /// <inheritdoc/>
    public double Value(double x) => 1 / (1 + Math.Exp(-x));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Gradient(Vector512<float> kept, Vector512<float> outputGradient) =>
        outputGradient * (kept * (Vector512<float>.One - kept));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Gradient(float kept, float outputGradient) => outputGradient * (kept * (1f - kept));
}
