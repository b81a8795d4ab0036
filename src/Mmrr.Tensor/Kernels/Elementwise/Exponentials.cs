using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <summary>eˣ, to 1 ulp; +∞ above 88.73 and 0 below −104, as float32 rounds. The derivative is y.</summary>
public readonly struct Exp : IUnaryFunction
{
    /// <inheritdoc/>
    public static UnaryTraits Traits { get; } = new(nameof(Exp), Operations: 20, GradientOperations: 1, Kept.Output, Roundings: 2);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Value(Vector512<float> x) => Exponential.Exp(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Value(float x) => Exponential.Exp(x);

    /// <inheritdoc/>
    public double Value(double x) => Math.Exp(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Gradient(Vector512<float> kept, Vector512<float> outputGradient) => outputGradient * kept;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Gradient(float kept, float outputGradient) => outputGradient * kept;
}

/// <summary>The natural logarithm, to 1 ulp; −∞ at 0, NaN below. The derivative is 1/x.</summary>
public readonly struct Log : IUnaryFunction
{
    /// <inheritdoc/>
    public static UnaryTraits Traits { get; } = new(
        nameof(Log), Operations: 27, GradientOperations: 1, Kept.Input, Roundings: 2, Low: 0.05, High: 16);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Value(Vector512<float> x) => Logarithm.Log(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Value(float x) => Logarithm.Log(x);

    /// <inheritdoc/>
    public double Value(double x) => Math.Log(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Gradient(Vector512<float> kept, Vector512<float> outputGradient) => outputGradient / kept;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Gradient(float kept, float outputGradient) => outputGradient / kept;
}
