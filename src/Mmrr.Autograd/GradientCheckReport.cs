using System.Globalization;

namespace Mmrr.Autograd;

/// <summary>The result of <see cref="GradientCheck"/>: the element with the largest gradient error relative to its tolerance.</summary>
/// <param name="Elements">Number of elements checked, over all inputs.</param>
/// <param name="Input">Index of the input with the worst element, from 0.</param>
/// <param name="Element">Index of the element in that input, row-major.</param>
/// <param name="Analytic">Its gradient from backward.</param>
/// <param name="Numeric">Its gradient from central differences.</param>
/// <param name="Tolerance">Allowed difference of the two.</param>
/// <param name="Seed">Seed of the cotangent.</param>
/// <param name="Device">The device that ran backward.</param>
/// <param name="Exact">Whether the differences are those of a float64 reference.</param>
/// <param name="Deterministic">Whether a second forward and backward gave the same bits.</param>
public sealed record GradientCheckReport(
    int Elements, int Input, int Element, double Analytic, double Numeric, double Tolerance, ulong Seed, string Device, bool Exact,
    bool Deterministic)
{
    /// <summary>Difference of the two gradients at the worst element.</summary>
    public double Error => Math.Abs(Analytic - Numeric);

    /// <summary>Whether the worst element is within its tolerance and backward is deterministic; false for NaN or infinity.</summary>
    public bool Passed => Deterministic && double.IsFinite(Error) && Error <= Tolerance;

    /// <summary>Throws unless the check <see cref="Passed"/>.</summary>
    /// <returns>This report.</returns>
    /// <exception cref="InvalidOperationException">The check failed; the message is the report.</exception>
    public GradientCheckReport EnsurePassed() => Passed ? this : throw new InvalidOperationException(ToString());

    /// <summary>The report on one line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"gradient check {(Passed ? "passed" : "FAILED")} on {Device}: {Elements} elements, worst at input {Input}, element {Element}: backward {Analytic:g9}, "
        + $"differences {Numeric:g9} ({(Exact ? "float64 reference" : "float32 on the device")}), "
        + $"apart by {Error:g3}, tolerance {Tolerance:g3}, seed {Seed}{(Deterministic ? "" : "; a second backward gave other bits")}");
}
