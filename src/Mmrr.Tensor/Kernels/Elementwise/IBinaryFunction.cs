using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <summary>What is known of an elementwise function of two tensors.</summary>
/// <param name="Name">The name in messages and profiles.</param>
/// <param name="Operations">Floating-point operations per element.</param>
/// <param name="Roundings">Bound of f's relative error, in float32 roundings of 2⁻²⁴; tests hold every device to it.</param>
public sealed record BinaryTraits(string Name, double Operations, double Roundings)
{
    internal string Forward { get; } = $"Elementwise.{Name}";
}

/// <summary>An elementwise function of two tensors, y = f(a, b); a struct, as an <see cref="IUnaryFunction"/>.</summary>
public interface IBinaryFunction
{
    /// <summary>Name and cost.</summary>
    static abstract BinaryTraits Traits { get; }

    /// <summary>f(a, b).</summary>
    Vector512<float> Value(Vector512<float> a, Vector512<float> b);

    /// <summary>f(a, b).</summary>
    float Value(float a, float b);

    /// <summary>f(a, b), the reference of tests.</summary>
    double Value(double a, double b);
}
