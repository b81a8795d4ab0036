using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <summary>What the derivative of a function is computed from, and is therefore kept for backward.</summary>
public enum Kept
{
    /// <summary>It is a constant.</summary>
    Nothing,

    /// <summary>The input x.</summary>
    Input,

    /// <summary>The output y.</summary>
    Output,
}

/// <summary>What is known of an elementwise function of one tensor.</summary>
/// <param name="Name">The name in messages and profiles.</param>
/// <param name="Operations">Floating-point operations per element.</param>
/// <param name="GradientOperations">Floating-point operations of the gradient per element.</param>
/// <param name="Kept">What the derivative is computed from.</param>
/// <param name="Roundings">Bound of f's error, in relative float32 roundings of 2⁻²⁴ of max(|f|, |x·f′|); tests hold every device to it.</param>
/// <param name="Low">Smallest argument that tests take.</param>
/// <param name="High">Largest argument that tests take.</param>
public sealed record UnaryTraits(
    string Name, double Operations, double GradientOperations, Kept Kept, double Roundings, double Low = -4, double High = 4)
{
    internal string Forward { get; } = $"Elementwise.{Name}";

    internal string Backward { get; } = $"Elementwise.{Name}Backward";
}

/// <summary>
/// An elementwise function of one tensor, y = f(x), with its derivative: all that a new one needs. A struct, so that every loop and every GPU kernel is
/// compiled with it inlined; its fields, if any, are its parameters, of unmanaged types. <see cref="Elementwise"/> and the autograd run it on every device,
/// and tests, profiles and PTX checks find it. The float methods are compiled for GPUs: <see cref="Exponential"/> for exp, sigmoid and tanh. The
/// vector methods run on CPUs and agree with them up to rounding.
/// </summary>
public interface IUnaryFunction
{
    /// <summary>Name, cost and what backward needs.</summary>
    static abstract UnaryTraits Traits { get; }

    /// <summary>f(x).</summary>
    Vector512<float> Value(Vector512<float> x);

    /// <summary>f(x).</summary>
    float Value(float x);

    /// <summary>f(x), the reference of tests and gradient checks.</summary>
    double Value(double x);

    /// <summary>outputGradient·f′, with f′ from what was kept, x or y.</summary>
    Vector512<float> Gradient(Vector512<float> kept, Vector512<float> outputGradient);

    /// <summary>outputGradient·f′, with f′ from what was kept, x or y.</summary>
    float Gradient(float kept, float outputGradient);
}
