using Mmrr.Nn;
using Mmrr.Onnx.Format;

namespace Mmrr.Onnx.Graphs;

/// <summary>
/// The learned mask m = σ(v + b) with mean(m) = μ by a fixed number of evaluations of F(b) = mean(σ(v + b)) − μ, which suffices for every image:
/// <list type="number">
/// <item>The root r lies in [logit μ − max v, logit μ − min v]. The width of this bracket is at most twice a bound of |v| that the weights give
/// (<see cref="Largest"/>); halving it until it is at most <see cref="Bracket"/> wide takes <see cref="Halvings"/> evaluations, and its middle is then at
/// most δ = Bracket/2 from r.</item>
/// <item>Newton's steps follow. Since |σ''| ≤ σ', F'(b + t)/F'(b) lies between e^−|t| and e^|t|, and a step takes a distance δ to at most e^δ − 1 − δ:
/// 0.25, 0.034, 5.9e-4, 1.7e-7. F' is at most 1/4: after <see cref="NewtonSteps"/> steps the mean is within 5e-8 of μ, up to float32's rounding. A step
/// never leaves the bracket, where a saturated mask has no slope to divide by.</item>
/// </list>
/// </summary>
internal static class MaskGraph
{
    /// <summary>The steps of Newton's method.</summary>
    public const int NewtonSteps = 3;

    // The width at which Newton's steps begin.
    private const double Bracket = 0.5;

    // Float32's rounding of logit μ and of v at the ends of the bracket, with room.
    private const float Margin = 1e-3f;
    private const float RelativeMargin = 1e-6f;

    // A smaller slope is that of a saturated mask: any b of the bracket will do.
    private const float LeastSlope = 1e-30f;

    // For the rounding of the normalised values, of which the bound assumes a mean square of at most 1.
    private const double Rounding = 1.01;

    /// <summary>A bound of |v| = |f_M(x)| for any image x.</summary>
    /// <remarks>
    /// The head's convolution reads relu(γ·y + β) with y of mean square at most 1 over each group of n values. By Cauchy and Schwarz the products of one
    /// output with a group's y sum up to at most ‖w·γ‖₂·√n over the weights of this group, and those with β to at most Σ|w·β|.
    /// </remarks>
    public static double Largest(RunModel run)
    {
        float[] weight = run.Weights["f_m.head.weight"].Values, bias = run.Weights["f_m.head.bias"].Values;
        float[] scale = run.Weights["f_m.norm.weight"].Values, shift = run.Weights["f_m.norm.bias"].Values;
        int channels = scale.Length, outputs = bias.Length, taps = weight.Length / (channels * outputs), perGroup = channels / GroupNorm.Groups(channels);
        double values = (double)run.Options.Size * run.Options.Size * perGroup, largest = 0;
        for (int o = 0; o < outputs; o++)
        {
            double bound = Math.Abs(bias[o]);
            for (int first = 0; first < channels; first += perGroup)
            {
                double squares = 0;
                for (int c = first; c < first + perGroup; c++)
                {
                    for (int t = 0; t < taps; t++)
                    {
                        double w = weight[(((o * channels) + c) * taps) + t];
                        squares += w * scale[c] * w * scale[c];
                        bound += Math.Abs(w * shift[c]);
                    }
                }
                bound += Math.Sqrt(squares * values) * Rounding;
            }
            largest = Math.Max(largest, bound);
        }
        return largest;
    }

    /// <summary>The halvings of the bracket that suffice for a bound of |v|.</summary>
    public static int Halvings(double largest) => (int)Math.Max(0, Math.Ceiling(Math.Log2(2 * (largest + MarginOf(largest)) / Bracket)));

    /// <summary>The masks at some levels.</summary>
    /// <param name="v">f_M(x), [N, 1, D] with D = C·S·S.</param>
    /// <param name="levels">μ, each from 0 to 1.</param>
    /// <param name="largest">A bound of |v|.</param>
    /// <returns>[N, L, D].</returns>
    public static Value Solve(Value v, ReadOnlySpan<float> levels, double largest)
    {
        var graph = v.Graph;
        int count = levels.Length;
        // 0 and 1 have no finite b; any level is solved in their place, and the result replaced.
        float[] inside = Array.ConvertAll(levels.ToArray(), level => level is > 0 and < 1 ? level : 0.5f);
        var mu = graph.Floats(inside, 1, count, 1);
        var logit = graph.Floats(Array.ConvertAll(inside, level => (float)Math.Log(level / (1.0 - level))), 1, count, 1);
        float margin = (float)MarginOf(largest);
        Value low = logit - v.Largest(2) - margin, high = logit - v.Smallest(2) + margin; // [N, L, 1]
        for (int i = 0; i < Halvings(largest); i++)
        {
            var middle = (low + high) * 0.5f;
            var above = graph.Node("Greater", [Mask(v, middle).Mean(2), mu]);
            (low, high) = (graph.Node("Where", [above, low, middle]), graph.Node("Where", [above, middle, high]));
        }
        var b = (low + high) * 0.5f;
        for (int i = 0; i < NewtonSteps; i++)
        {
            var m = Mask(v, b);
            b = (b - ((m.Mean(2) - mu) / (m * (1 - m)).Mean(2).Max(LeastSlope))).Max(low).Min(high);
        }
        var mask = Mask(v, b);
        if (inside.AsSpan().SequenceEqual(levels)) return mask;
        var solved = graph.Floats(Array.ConvertAll(levels.ToArray(), level => level is > 0 and < 1 ? 1f : 0f), 1, count, 1);
        var whole = graph.Floats(Array.ConvertAll(levels.ToArray(), level => level >= 1 ? 1f : 0f), 1, count, 1);
        return (mask * solved) + whole;
    }

    private static Value Mask(Value v, Value b) => (v + b).Apply("Sigmoid");

    private static double MarginOf(double largest) => Margin + (RelativeMargin * largest);
}
