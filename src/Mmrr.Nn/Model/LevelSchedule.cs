using System.Globalization;
using System.Text.Json.Serialization;

namespace Mmrr.Nn;

/// <summary>
/// The mask levels μ of a score and their weights: an image's score is Σ_l L·w_l·error_l with Σ_l w_l = 1. All levels have equal weights, w_l = 1/L, so
/// that a score is the sum over the levels (Appendix D of the paper). Two schedules are equal if their texts are.
/// <list type="bullet">
/// <item><c>uniform:L</c>, or <c>L</c> alone: 0, 1/(L−1), …, 1, as in the paper.</item>
/// <item><c>log:L:LOW:HIGH</c>: LOW·(HIGH/LOW)^(l/(L−1)), equally spaced in log μ; <c>log:L</c> runs from <see cref="DefaultLow"/> to
/// <see cref="DefaultHigh"/>.</item>
/// <item><c>0,0.004,0.01</c>: these levels.</item>
/// <item><c>none</c>: <see cref="None"/>.</item>
/// </list>
/// </summary>
[JsonConverter(typeof(LevelScheduleConverter))]
public sealed class LevelSchedule : IEquatable<LevelSchedule>
{
    /// <summary>The maximum number of levels; the paper has 60.</summary>
    public const int Most = 1000;

    /// <summary>The lowest level of <c>log:L</c>.</summary>
    public const double DefaultLow = 0.01;

    /// <summary>The highest level of <c>log:L</c>.</summary>
    public const double DefaultHigh = 1;

    /// <summary>The syntax that <see cref="Parse"/> accepts, for messages.</summary>
    public const string Expected =
        "L, uniform:L, log:L or log:L:LOW:HIGH with a whole number L from 2 to 1000 and 0 < LOW < HIGH <= 1, or rising levels from 0 to 1 such as 0,0.01,0.02";

    private readonly float[] _levels;
    private readonly double[] _weights;

    private LevelSchedule(string name, float[] levels)
    {
        Name = name;
        _levels = levels;
        _weights = new double[levels.Length];
        Array.Fill(_weights, 1.0 / levels.Length);
    }

    /// <summary>The schedule as text for <see cref="Parse"/>: <c>uniform:15</c>, <c>log:12:0.01:1</c>.</summary>
    public string Name { get; }

    /// <summary>L.</summary>
    public int Count => _levels.Length;

    /// <summary>μ, [L], ascending, each from 0 to 1.</summary>
    public ReadOnlySpan<float> Levels => _levels;

    /// <summary>w, [L]; they sum to 1.</summary>
    public ReadOnlySpan<double> Weights => _weights;

    /// <summary>The schedule of methods without masking levels, <c>none</c>: a single step that sees the whole image.</summary>
    public static LevelSchedule None { get; } = new("none", [1]);

    /// <summary>0, 1/(L−1), …, 1.</summary>
    /// <param name="count">L, 2 to <see cref="Most"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">L is out of range.</exception>
    public static LevelSchedule Uniform(int count)
    {
        CheckCount(count);
        return new LevelSchedule(Text($"uniform:{count}"), [.. Enumerable.Range(0, count).Select(l => (float)((double)l / (count - 1)))]);
    }

    /// <summary>Levels equally spaced in log μ.</summary>
    /// <param name="count">L, 2 to <see cref="Most"/>.</param>
    /// <param name="low">The lowest, above 0.</param>
    /// <param name="high">The highest, above <paramref name="low"/> and at most 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A value is out of range, or the bounds are too close for this number of distinct levels in float32.
    /// </exception>
    public static LevelSchedule Logarithmic(int count, double low = DefaultLow, double high = DefaultHigh)
    {
        CheckCount(count);
        if (!(low > 0 && high > low && high <= 1))
            throw new ArgumentOutOfRangeException(nameof(low), Text($"levels from {low:R} to {high:R}, expected {Expected}"));
        float[] levels = [.. Enumerable.Range(0, count).Select(l => (float)(low * Math.Pow(high / low, (double)l / (count - 1))))];
        (levels[0], levels[^1]) = ((float)low, (float)high);
        for (int l = 1; l < count; l++)
        {
            if (!(levels[l] > levels[l - 1]))
                throw new ArgumentOutOfRangeException(nameof(low), Text($"{count} levels from {low:R} to {high:R} are not apart"));
        }
        return new LevelSchedule(Text($"log:{count}:{low:R}:{high:R}"), levels);
    }

    /// <summary>Explicit levels.</summary>
    /// <param name="levels">2 to <see cref="Most"/>, rising, each from 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The levels do not meet these conditions.</exception>
    public static LevelSchedule Of(params ReadOnlySpan<float> levels)
    {
        CheckCount(levels.Length);
        float last = -1;
        foreach (float level in levels)
        {
            if (!(level > last && level is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(levels), level, $"expected {Expected}");
            last = level;
        }
        return new LevelSchedule(string.Join(',', levels.ToArray().Select(level => level.ToString("R", CultureInfo.InvariantCulture))), levels.ToArray());
    }

    /// <summary>Parses a schedule's text.</summary>
    /// <exception cref="ArgumentException">The text is not a schedule.</exception>
    public static LevelSchedule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(':');
        try
        {
            switch (parts)
            {
                case ["none"]: return None;
                case [var list] when list.Contains(','): return Of([.. list.Split(',').Select(level => (float)Number(level, double.NaN))]);
                case [var count]: return Uniform(Whole(count));
                case ["uniform", var count]: return Uniform(Whole(count));
                case ["log", var count]: return Logarithmic(Whole(count));
                case ["log", var count, var low, var high]: return Logarithmic(Whole(count), Number(low), Number(high));
                default: break;
            }
        }
        catch (ArgumentOutOfRangeException)
        {
            // Reported below, with the whole text.
        }
        throw new ArgumentException($"levels is {text}, expected {Expected}");

        // A text that is not a number gives 0, which is out of range.
        static int Whole(string part) => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : 0;
        static double Number(string part, double none = 0) =>
            double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : none;
    }

    /// <summary>Whether two schedules have the same levels.</summary>
    public static bool operator ==(LevelSchedule? left, LevelSchedule? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether two schedules have different levels.</summary>
    public static bool operator !=(LevelSchedule? left, LevelSchedule? right) => !(left == right);

    /// <inheritdoc/>
    public bool Equals(LevelSchedule? other) => other is not null && Name == other.Name;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LevelSchedule);

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    /// <summary><see cref="Name"/>.</summary>
    public override string ToString() => Name;

    private static void CheckCount(int count)
    {
        if (count is < 2 or > Most) throw new ArgumentOutOfRangeException(nameof(count), count, $"expected {Expected}");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
