namespace Mmrr.Nn.Tests.Support;

/// <summary>
/// Bounds on what rounding does to a network. A chain of n float32 roundings, in whatever order a device makes them, has a relative error of at
/// most γ̃ₙ = exp(λ√n·u + n·u²/(1−u)) − 1 with a probability that λ sets (Higham and Mary, "A new approach to probabilistic rounding error
/// analysis", SIAM J. Sci. Comput. 41, 2019, theorem 3.1); λ = 6 leaves 2·exp(−18), three in a hundred million. Where depth operations follow
/// each other, each a sum of at most n terms, depth·n roundings lie on the way to a value: γ̃ of depth·n, relative to the largest value of the result.
/// </summary>
internal static class Rounding
{
    /// <summary>The unit roundoff of float32.</summary>
    public const double U = 1.0 / (1 << 24);

    private const double Lambda = 6;

    /// <summary>γ̃ of depth·n.</summary>
    public static double Gamma(int depth, int n) => Math.Exp((Lambda * Math.Sqrt((double)depth * n) * U) + ((double)depth * n * U * U / (1 - U))) - 1;

    /// <summary>
    /// The operations on the longest way through a U-Net: the stem; 4 for each of the 2R + 2(R − 1) blocks (two norms, two convolutions); shrink,
    /// upsampling and grow between resolutions; the last norm and the head.
    /// </summary>
    public static int Depth(int resolutions) => 1 + (4 * ((2 * resolutions) + (2 * (resolutions - 1)))) + (3 * (resolutions - 1)) + 2;

    /// <summary>The longest sum: a 3×3 convolution over [upsampled, skip], a norm's group of 4 channels, or a weight's gradient over all pixels.</summary>
    public static int LongestSum(MmrrOptions options, int images) =>
        Math.Max(9 * 2 * options.Width, Math.Max(options.Width / Math.Min(32, options.Width / 4), images) * options.Size * options.Size);
}
