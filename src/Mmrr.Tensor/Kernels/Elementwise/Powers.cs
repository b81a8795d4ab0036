using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ILGPU.Algorithms;

namespace Mmrr.Kernels;

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

/// <summary>√x, rounded once; NaN below 0. The derivative is 1/(2·y), +∞ at 0.</summary>
public readonly struct Sqrt : IUnaryFunction
{
    /// <inheritdoc/>
    public static UnaryTraits Traits { get; } = new(
        nameof(Sqrt), Operations: 1, GradientOperations: 2, Kept.Output, Roundings: 1, Low: 0.05, High: 16);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Value(Vector512<float> x) => Vector512.Sqrt(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Value(float x) => XMath.Sqrt(x);

    /// <inheritdoc/>
    public double Value(double x) => Math.Sqrt(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Gradient(Vector512<float> kept, Vector512<float> outputGradient) => outputGradient * 0.5f / kept;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Gradient(float kept, float outputGradient) => outputGradient * 0.5f / kept;
}

/// <summary>
/// xᵖ with an exponent p without a gradient; the derivative is p·xᵖ⁻¹, 0 where p is 0. A whole p up to ±64 is a product of x (p − 1 roundings at most, twice as
/// many below 0), defined for every x; with another p it is e^(p·ln x), which is NaN where x &lt; 0. Then p·ln x is rounded, and the relative error is at most
/// 2 + 3·|p·ln x| roundings: the stated bound holds for the arguments of the tests.
/// </summary>
public readonly struct Power : IUnaryFunction
{
    private const int MostFactors = 64;

    // A whole exponent as an integer; of another one 0 and 1. So the default value is x⁰.
    private readonly float _exponent;
    private readonly int _whole;
    private readonly int _fractional;

    /// <summary>A function of this exponent.</summary>
    /// <param name="exponent">p.</param>
    /// <exception cref="ArgumentException">The exponent is not finite.</exception>
    public Power(float exponent)
    {
        if (!float.IsFinite(exponent)) throw new ArgumentException($"Power: exponent is {exponent}, expected a finite number", nameof(exponent));
        _exponent = exponent;
        bool whole = float.IsInteger(exponent) && Math.Abs(exponent) <= MostFactors;
        _whole = whole ? (int)exponent : 0;
        _fractional = whole ? 0 : 1;
    }

    /// <inheritdoc/>
    public static UnaryTraits Traits { get; } = new(
        nameof(Power), Operations: 50, GradientOperations: 52, Kept.Input, Roundings: 12, Low: 0.05, High: 16);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Value(Vector512<float> x) =>
        _fractional != 0 ? Exponential.Exp(Logarithm.Log(x) * _exponent) : Raise(x, _whole);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Value(float x) => _fractional != 0 ? Exponential.Exp(_exponent * Logarithm.Log(x)) : Raise(x, _whole);

    /// <inheritdoc/>
    public double Value(double x) => Math.Pow(x, _exponent);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Gradient(Vector512<float> kept, Vector512<float> outputGradient)
    {
        if (_exponent == 0) return Vector512<float>.Zero;
        var power = _fractional != 0 ? Exponential.Exp(Logarithm.Log(kept) * (_exponent - 1f)) : Raise(kept, _whole - 1);
        return outputGradient * (power * _exponent);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Gradient(float kept, float outputGradient)
    {
        if (_exponent == 0f) return 0f;
        float power = _fractional != 0 ? Exponential.Exp((_exponent - 1f) * Logarithm.Log(kept)) : Raise(kept, _whole - 1);
        return outputGradient * (_exponent * power);
    }

    /// <summary>xⁿ by squaring.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Raise(Vector512<float> x, int n)
    {
        var factor = n < 0 ? Vector512<float>.One / x : x;
        var product = Vector512<float>.One;
        for (int rest = n < 0 ? -n : n; rest > 0; rest >>= 1)
        {
            if ((rest & 1) != 0) product *= factor;
            factor *= factor;
        }
        return product;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Raise(float x, int n)
    {
        float factor = n < 0 ? 1f / x : x, product = 1f;
        for (int rest = n < 0 ? -n : n; rest > 0; rest >>= 1)
        {
            if ((rest & 1) != 0) product *= factor;
            factor *= factor;
        }
        return product;
    }
}
