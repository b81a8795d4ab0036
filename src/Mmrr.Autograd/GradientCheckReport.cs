using System.Globalization;

namespace Mmrr.Autograd;

/// <summary>What <see cref="GradientCheck"/> found: the element whose gradient is furthest off, measured in its tolerance.</summary>
/// <param name="Elements">How many elements were checked, over all inputs.</param>
/// <param name="Input">Which input the worst element belongs to, from 0.</param>
/// <param name="Element">Its place in that input, row-major.</param>
/// <param name="Analytic">What backward gave there.</param>
/// <param name="Numeric">What central differences gave there.</param>
/// <param name="Tolerance">How far they may be apart there.</param>
/// <param name="Seed">What the cotangent was drawn from.</param>
/// <param name="Device">Where backward ran.</param>
/// <param name="Exact">Whether the differences were those of a float64 reference.</param>
public sealed record GradientCheckReport(
    int Elements, int Input, int Element, double Analytic, double Numeric, double Tolerance, ulong Seed, string Device, bool Exact)
{
    /// <summary>How far the two are apart at the worst element.</summary>
    public double Error => Math.Abs(Analytic - Numeric);

    /// <summary>Whether the worst element is within its tolerance; never with a NaN or an infinity.</summary>
    public bool Passed => double.IsFinite(Error) && Error <= Tolerance;

    /// <summary>Throws unless it <see cref="Passed"/>.</summary>
    /// <returns>This report.</returns>
    /// <exception cref="InvalidOperationException">With the report as its message.</exception>
    public GradientCheckReport EnsurePassed() => Passed ? this : throw new InvalidOperationException(ToString());

    /// <summary>One line with all of it.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"gradient check {(Passed ? "passed" : "FAILED")} on {Device}: {Elements} elements, worst at input {Input}, element {Element}: backward {Analytic:g9}, "
        + $"differences {Numeric:g9} ({(Exact ? "float64 reference" : "float32 on the device")}), "
        + $"apart by {Error:g3}, tolerance {Tolerance:g3}, seed {Seed}");
}
