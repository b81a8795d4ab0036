using ILGPU.Algorithms;

namespace Mmrr.Kernels;

/// <summary>
/// The search for the b at which mean(σ(v + b)) = μ, as a state machine: sweep at <see cref="Bias"/>, pass the result to <see cref="Next"/>, until
/// <see cref="Done"/>. Plain arithmetic on a struct, shared by the cpu and the GPU kernel; every thread of a group runs it on the same numbers and makes
/// the same decisions.
/// </summary>
internal struct MaskSearch
{
    /// <summary>The bias of the next sweep; once done, the result.</summary>
    public float Bias;

    /// <summary>Not 0 once the search has ended.</summary>
    public int Done;

    // A bracket beyond this limit is not doubled again.
    private const float Farthest = 1e38f;
    private const int LowerEnd = 0;
    private const int UpperEnd = 1;
    private const int Halve = 2;
    private const int Newton = 3;

    private int _stage;
    private int _sweepsLeft;
    private float _tolerance;
    private float _lower;
    private float _upper;
    private float _lastStep;
    private float _bestBias;
    private float _bestError;

    /// <summary>
    /// Newton steps inside [logit μ − max v, logit μ − min v]. They start at the b that would give the mean μ if v were normally distributed: the mean
    /// of σ(v + b) is then close to σ((v̄ + b)/√(1 + π/8·var v)) (MacKay, "The evidence framework applied to classification networks", 1992).
    /// </summary>
    /// <param name="level">μ, above 0 and below 1.</param>
    /// <param name="smallest">min v.</param>
    /// <param name="largest">max v.</param>
    /// <param name="mean">v̄, approximate.</param>
    /// <param name="variance">var v, approximate.</param>
    /// <param name="tolerance">Accepted error of the mean.</param>
    /// <param name="maxSweeps">Maximum number of evaluations of the mean.</param>
    public static MaskSearch ByNewton(float level, float smallest, float largest, float mean, float variance, float tolerance, int maxSweeps)
    {
        float logit = XMath.Log(level) - XMath.Log(1f - level);
        // The GPU's logarithm is accurate to about 2⁻²², the sums v + b to float32's rounding at the magnitude of v.
        float span = largest > -smallest ? largest : -smallest;
        float margin = 1e-3f + (1e-6f * span);
        var search = Start(Newton, tolerance, maxSweeps);
        search._lower = logit - largest - margin;
        search._upper = logit - smallest + margin;
        search._lastStep = search._upper - search._lower;
        float guess = (logit * XMath.Sqrt(1f + (0.3926991f * (variance > 0f ? variance : 0f)))) - mean;
        bool inside = guess > search._lower && guess < search._upper;
        search.Bias = inside ? guess : (0.5f * search._lower) + (0.5f * search._upper);
        search._bestBias = search.Bias;
        return search;
    }

    /// <summary>
    /// The search for values that may not be finite. ±∞ are elements whose mask is 1 or 0 for any b: the others must compensate. If they cannot, or if
    /// there is a NaN, b and the mask are NaN. Finite values alone, whose sum may have overflowed float32, change nothing.
    /// </summary>
    /// <param name="search">The initial search.</param>
    /// <param name="newton">Not 0 for Newton steps.</param>
    /// <param name="level">μ, above 0 and below 1.</param>
    /// <param name="length">Number of values.</param>
    /// <param name="above">The number of +∞; NaN if there is a NaN.</param>
    /// <param name="below">The number of −∞.</param>
    /// <param name="smallest">The smallest finite value.</param>
    /// <param name="largest">The largest finite value.</param>
    /// <param name="tolerance">Accepted error of the mean.</param>
    /// <param name="maxSweeps">Maximum number of evaluations of the mean.</param>
    public static MaskSearch Among(
        MaskSearch search, int newton, float level, int length, float above, float below, float smallest, float largest, float tolerance, int maxSweeps)
    {
        // The required mean over the finite values.
        float share = ((level * length) - above) / (length - above - below);
        if (share > 0f && share < 1f)
        {
            // Starts from the middle of the bracket, as there is no mean for a guess.
            return newton != 0 && above + below > 0f ? ByNewton(share, smallest, largest, float.NaN, 0f, tolerance, maxSweeps) : search;
        }
        search.Bias = float.NaN;
        search.Done = 1;
        return search;
    }

    /// <summary>Algorithm 1 as corrected in the method's description: [−1, 1], doubled while the error has the same sign at both ends, then halved.</summary>
    /// <param name="tolerance">Accepted error of the mean.</param>
    /// <param name="maxSweeps">Maximum number of halvings of the bracket (the paper's NMAX).</param>
    public static MaskSearch ByBisection(float tolerance, int maxSweeps)
    {
        var search = Start(LowerEnd, tolerance, maxSweeps);
        search._lower = -1f;
        search._upper = 1f;
        search.Bias = -1f;
        search._bestBias = -1f;
        return search;
    }

    /// <summary>Updates the search with the sweep at <see cref="Bias"/>.</summary>
    /// <param name="search">The state before.</param>
    /// <param name="error">mean(σ(v + b)) − μ.</param>
    /// <param name="newton">b minus the error divided by the mean's derivative, mean(σ(1 − σ)); not used by bisection.</param>
    public static MaskSearch Next(MaskSearch search, float error, float newton)
    {
        float size = error < 0f ? -error : error;
        if (size < search._bestError)
        {
            search._bestError = size;
            search._bestBias = search.Bias;
        }
        if (search._stage == LowerEnd || search._stage == UpperEnd) return Bracket(search, error);
        search._sweepsLeft--;
        if (error > 0f) search._upper = search.Bias;
        else search._lower = search.Bias;
        float middle = (0.5f * search._lower) + (0.5f * search._upper), next = middle;
        if (search._stage == Newton)
        {
            // A step that leaves the bracket (or is NaN, from a slope that underflowed), or is more than half as long as the previous one, is rejected.
            float step = newton - search.Bias;
            step = step < 0f ? -step : step;
            if (newton > search._lower && newton < search._upper && step <= 0.5f * search._lastStep) next = newton;
        }
        float moved = next - search.Bias;
        search._lastStep = moved < 0f ? -moved : moved;
        bool resolved = !(next > search._lower && next < search._upper) || next == search.Bias;
        if (size < search._tolerance || size == 0f || search._sweepsLeft <= 0 || resolved) return End(search);
        search.Bias = next;
        return search;
    }

    private static MaskSearch Bracket(MaskSearch search, float error)
    {
        bool sameSign = search._stage == LowerEnd ? error > 0f : error < 0f;
        if (sameSign)
        {
            // The mean increases with b, so the other end keeps its sign and is not evaluated again.
            if (search._upper > Farthest) return End(search);
            search._lower *= 2f;
            search._upper *= 2f;
            search.Bias = search._stage == LowerEnd ? search._lower : search._upper;
        }
        else if (search._stage == LowerEnd)
        {
            search._stage = UpperEnd;
            search.Bias = search._upper;
        }
        else
        {
            search._stage = Halve;
            search.Bias = (0.5f * search._lower) + (0.5f * search._upper);
        }
        return search;
    }

    private static MaskSearch Start(int stage, float tolerance, int maxSweeps)
    {
        MaskSearch search = default;
        search._stage = stage;
        search._tolerance = tolerance;
        search._sweepsLeft = maxSweeps;
        search._bestError = float.PositiveInfinity;
        return search;
    }

    private static MaskSearch End(MaskSearch search)
    {
        search.Bias = search._bestBias;
        search.Done = 1;
        return search;
    }
}
