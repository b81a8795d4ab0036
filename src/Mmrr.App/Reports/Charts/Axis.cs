using System.Globalization;

namespace Mmrr.App.Reports.Charts;

/// <summary>A plot's axis: its range and its tick labels.</summary>
internal sealed class Axis
{
    private readonly double _low;
    private readonly double _high;
    private readonly bool _logarithmic;
    private readonly IReadOnlyList<double>? _ticks;

    private Axis(string title, double low, double high, bool logarithmic, IReadOnlyList<double>? ticks)
    {
        Title = title;
        (_low, _high) = (low, high);
        _logarithmic = logarithmic;
        _ticks = ticks;
    }

    /// <summary>The title.</summary>
    public string Title { get; }

    /// <summary>A linear axis from one value to another.</summary>
    /// <param name="title">The title.</param>
    /// <param name="low">The lowest value.</param>
    /// <param name="high">The highest.</param>
    /// <param name="ticks">The labelled values; round numbers when not given.</param>
    public static Axis Linear(string title, double low, double high, IReadOnlyList<double>? ticks = null) => high > low
        ? new(title, low, high, false, ticks)
        : new(title, low - 0.5, low + 0.5, false, ticks);

    /// <summary>
    /// A logarithmic axis; both values positive. A range of less than a factor of two is widened, so that noise does not look like a slope.
    /// </summary>
    /// <param name="title">The title.</param>
    /// <param name="low">The lowest value.</param>
    /// <param name="high">The highest.</param>
    /// <param name="ticks">The labelled values; round numbers when not given.</param>
    public static Axis Logarithmic(string title, double low, double high, IReadOnlyList<double>? ticks = null)
    {
        low = Math.Max(low, 1e-30);
        high = Math.Max(high, low);
        double widen = high < 2 * low ? Math.Sqrt(2 * low / high) : 1;
        return new(title, low / widen, high * widen, true, ticks);
    }

    /// <summary>The position of a value, 0 to 1; values outside the range are placed at its ends.</summary>
    public double Place(double value) =>
        Math.Clamp(
            _logarithmic
                ? (Math.Log(Math.Max(value, 1e-300)) - Math.Log(_low)) / (Math.Log(_high) - Math.Log(_low))
                : (value - _low) / (_high - _low),
            0, 1);

    /// <summary>Labelled values in the range, 2 to about 8 of them.</summary>
    public IReadOnlyList<(double Value, string Label)> Ticks()
    {
        double[] values = [.. (_ticks ?? (_logarithmic ? RoundPowers() : RoundSteps()))
            .Where(v => v >= _low * (1 - 1e-9) - 1e-12 && v <= _high * (1 + 1e-9) + 1e-12)];
        return [.. values.Select(v => (v, Label(v)))];
    }

    /// <summary>A short label: 0.001, 0.25, 20000, 1e-5.</summary>
    private static string Label(double value)
    {
        double size = Math.Abs(value);
        if (size > 0 && (size < 0.00099 || size >= 1e6)) return value.ToString("0.##e-0", CultureInfo.InvariantCulture);
        return Math.Round(value, 6).ToString("0.######", CultureInfo.InvariantCulture);
    }

    private IEnumerable<double> RoundSteps()
    {
        double rough = (_high - _low) / 5, power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = power * (rough / power) switch { < 1.5 => 1, < 3.5 => 2, < 7.5 => 5, _ => 10 };
        for (double k = Math.Ceiling((_low / step) - 1e-9); k * step <= _high + (step * 1e-9); k++) yield return (k * step) + 0.0; // not -0
    }

    private IEnumerable<double> RoundPowers()
    {
        double decades = Math.Log10(_high / _low);
        double[] factors = decades switch { < 0.5 => [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8], < 1.2 => [1, 2, 3, 5, 7], < 2.5 => [1, 2, 5], _ => [1] };
        int every = Math.Max(1, (int)Math.Ceiling(decades / 6));
        for (int exponent = (int)Math.Floor(Math.Log10(_low)); exponent <= Math.Ceiling(Math.Log10(_high)); exponent += every)
        {
            foreach (double factor in factors) yield return factor * Math.Pow(10, exponent);
        }
    }
}
