using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <summary>tanh x, to 1.4 ulp; the derivative is 1 − y².</summary>
public readonly struct Tanh : IUnaryFunction
{
    /// <inheritdoc/>
    public static UnaryTraits Traits { get; } = new(nameof(Tanh), Operations: 30, GradientOperations: 3, Kept.Output, Roundings: 8); // about 12 where |x| < 0.625

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

/// <summary>factor·x.</summary>
/// <param name="factor">The factor.</param>
public readonly struct Scaling(float factor) : IUnaryFunction
{
    /// <inheritdoc/>
    public static UnaryTraits Traits { get; } = new("Scale", Operations: 1, GradientOperations: 1, Kept.Nothing, Roundings: 1);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Value(Vector512<float> x) => x * factor;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Value(float x) => factor * x;

    /// <inheritdoc/>
    public double Value(double x) => factor * x;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Gradient(Vector512<float> kept, Vector512<float> outputGradient) => outputGradient * factor;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Gradient(float kept, float outputGradient) => factor * outputGradient;
}

/// <summary>a + b.</summary>
public readonly struct Sum : IBinaryFunction
{
    /// <inheritdoc/>
    public static BinaryTraits Traits { get; } = new("Add", Operations: 1, Roundings: 1);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Value(Vector512<float> a, Vector512<float> b) => a + b;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Value(float a, float b) => a + b;

    /// <inheritdoc/>
    public double Value(double a, double b) => a + b;
}

/// <summary>a·b.</summary>
public readonly struct Product : IBinaryFunction
{
    /// <inheritdoc/>
    public static BinaryTraits Traits { get; } = new("Multiply", Operations: 1, Roundings: 1);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Value(Vector512<float> a, Vector512<float> b) => a * b;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Value(float a, float b) => a * b;

    /// <inheritdoc/>
    public double Value(double a, double b) => a * b;
}
