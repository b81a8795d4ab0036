using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

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

/// <summary>a − b.</summary>
public readonly struct Difference : IBinaryFunction
{
    /// <inheritdoc/>
    public static BinaryTraits Traits { get; } = new("Subtract", Operations: 1, Roundings: 1);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Value(Vector512<float> a, Vector512<float> b) => a - b;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Value(float a, float b) => a - b;

    /// <inheritdoc/>
    public double Value(double a, double b) => a - b;
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

/// <summary>a/b, as IEEE 754 divides: by zero it is ±∞, or NaN where a is zero too.</summary>
public readonly struct Quotient : IBinaryFunction
{
    /// <inheritdoc/>
    public static BinaryTraits Traits { get; } = new("Divide", Operations: 1, Roundings: 1);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Value(Vector512<float> a, Vector512<float> b) => a / b;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Value(float a, float b) => a / b;

    /// <inheritdoc/>
    public double Value(double a, double b) => a / b;
}
