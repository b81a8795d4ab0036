namespace Mmrr.Kernels;

/// <summary>
/// Group normalisation (Wu and He 2018, arXiv:1803.08494) of images [N, H, W, C], alone or followed by ReLU: the channels of a group share, per
/// image, a mean μ and a variance σ² over H·W·C/G values; y = γ·(x − μ)/√(σ² + ε) + β. The variance is the mean of (x − μ)², in two passes.
/// </summary>
public static partial class GroupNormalization
{
    /// <summary>Normalises; stores μ and 1/√(σ² + ε) for <see cref="Backward"/>.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="gamma">[C].</param>
    /// <param name="beta">[C].</param>
    /// <param name="groups">G, a divisor of C.</param>
    /// <param name="epsilon">ε, positive.</param>
    /// <param name="relu">Whether max(0, ·) follows.</param>
    /// <param name="output">Shaped like x; must not share memory with the inputs.</param>
    /// <param name="mean">[N, G].</param>
    /// <param name="inverseDeviation">[N, G].</param>
    /// <exception cref="ArgumentException">Shapes, devices or aliasing are invalid; the message states which.</exception>
    public static void Forward(Tensor x, Tensor gamma, Tensor beta, int groups, float epsilon, bool relu, Tensor output, Tensor mean, Tensor inverseDeviation)
    {
        const string Operation = "GroupNormalization.Forward";
        ArgumentNullException.ThrowIfNull(x);
        var g = Geometry.Of(Operation, x.Shape, groups);
        if (!(epsilon > 0)) throw new ArgumentException($"{Operation}: epsilon is {epsilon}, expected a positive number");
        Shape channels = new(g.Channels), statistics = new(g.Images, g.Groups);
        Kernel.Run(
            Operation, [("x", x), ("gamma", gamma, channels), ("beta", beta, channels)],
            [("output", output, x.Shape), ("mean", mean, statistics), ("inverseDeviation", inverseDeviation, statistics)],
            simd => ForwardSimd(simd, x, gamma, beta, g, epsilon, relu, output, mean, inverseDeviation),
            simt => ForwardSimt(simt, x, gamma, beta, g, epsilon, relu, output, mean, inverseDeviation),
            operations: (relu ? 8.0 : 7.0) * x.Count);
    }

    /// <summary>
    /// Computes the gradients. With x̂ = (x − μ)/√(σ² + ε) and g the output's gradient (zero where ReLU is inactive): dβ = Σ g, dγ = Σ g·x̂ over
    /// images and pixels; dx = (γ·g − mean(γ·g) − x̂·mean(γ·g·x̂))/√(σ² + ε), means over the group.
    /// </summary>
    /// <param name="x">As passed to <see cref="Forward"/>.</param>
    /// <param name="gamma">[C].</param>
    /// <param name="beta">[C].</param>
    /// <param name="mean">[N, G] from <see cref="Forward"/>.</param>
    /// <param name="inverseDeviation">[N, G] from <see cref="Forward"/>.</param>
    /// <param name="outputGradient">Shaped like x.</param>
    /// <param name="relu">As passed to <see cref="Forward"/>.</param>
    /// <param name="inputGradient">Shaped like x, overwritten.</param>
    /// <param name="gammaGradient">[C], overwritten.</param>
    /// <param name="betaGradient">[C], overwritten.</param>
    /// <exception cref="ArgumentException">Shapes, devices or aliasing are invalid; the message states which.</exception>
    public static void Backward(
        Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor inverseDeviation, Tensor outputGradient, bool relu,
        Tensor inputGradient, Tensor gammaGradient, Tensor betaGradient)
    {
        const string Operation = "GroupNormalization.Backward";
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(mean);
        if (mean.Shape.Rank != 2) throw new ArgumentException($"{Operation}: mean has the shape {mean.Shape}, expected [N, G]");
        var g = Geometry.Of(Operation, x.Shape, mean.Shape[1]);
        Shape channels = new(g.Channels), statistics = new(g.Images, g.Groups);
        Kernel.Run(
            Operation,
            [
                ("x", x), ("gamma", gamma, channels), ("beta", beta, channels), ("mean", mean, statistics), ("inverseDeviation", inverseDeviation, statistics),
                ("outputGradient", outputGradient, x.Shape),
            ],
            [("inputGradient", inputGradient, x.Shape), ("gammaGradient", gammaGradient, channels), ("betaGradient", betaGradient, channels)],
            simd => BackwardSimd(simd, x, gamma, beta, mean, inverseDeviation, outputGradient, g, relu, inputGradient, gammaGradient, betaGradient),
            simt => BackwardSimt(simt, x, gamma, beta, mean, inverseDeviation, outputGradient, g, relu, inputGradient, gammaGradient, betaGradient),
            operations: (relu ? 17.0 : 11.0) * x.Count);
    }

    /// <summary>The validated sizes. Also among the arguments of the SIMT kernels.</summary>
    internal readonly record struct Geometry(int Images, int Pixels, int Channels, int Groups)
    {
        public int GroupChannels => Channels / Groups;

        public static Geometry Of(string operation, Shape x, int groups)
        {
            if (x.Rank != 4) throw new ArgumentException($"{operation}: x has the shape {x}, expected [N, H, W, C]");
            if (groups < 1 || x[3] % groups != 0)
                throw new ArgumentException($"{operation}: {groups} groups of {x[3]} channels, expected a divisor of the channels");
            return new Geometry(x[0], x[1] * x[2], x[3], groups);
        }
    }
}
