using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>Group normalisation with optional ReLU. Backward recomputes the ReLU's sign from x, so the output is not saved.</summary>
internal sealed class GroupNormOperation(Variable x, Variable gamma, Variable beta, int groups, bool relu, float epsilon) : Operation([x, gamma, beta])
{
    private Tensor? _x;
    private Tensor? _gamma;
    private Tensor? _beta;
    private Tensor? _mean;
    private Tensor? _inverseDeviation;

    public override string Name => "GroupNorm";

    protected override Tensor Forward()
    {
        var (count, _, _, _) = x.ImageSizes(Name, "x");
        var statistics = new Shape(count, groups);
        var mean = Tensor.Empty(x.Device, statistics);
        var inverseDeviation = Tensor.Empty(x.Device, statistics);
        var output = EmptyLike(x);
        GroupNormalization.Forward(x.Value, gamma.Value, beta.Value, groups, epsilon, relu, output, mean, inverseDeviation);
        _x = Save(x.Value);
        _gamma = Save(gamma.Value);
        _beta = Save(beta.Value);
        _mean = Save(mean);
        _inverseDeviation = Save(inverseDeviation);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        // The gradient of x needs the sums that give those of gamma and beta, so all three are computed together.
        var (inputGradient, gammaGradient, betaGradient) = (EmptyLike(x), EmptyLike(gamma), EmptyLike(beta));
        GroupNormalization.Backward(_x!, _gamma!, _beta!, _mean!, _inverseDeviation!, outputGradient, relu, inputGradient, gammaGradient, betaGradient);
        Propagate(x, inputGradient);
        Propagate(gamma, gammaGradient);
        Propagate(beta, betaGradient);
    }
}

public static partial class Ops
{
    /// <summary>
    /// Group normalisation (Wu and He 2018): each image's channels, in groups of C/groups, are normalised to mean 0 and variance 1 over the group and all
    /// pixels, then gamma·x̂ + beta per channel, and max(0, ·) where <paramref name="relu"/> is set.
    /// </summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="gamma">[C].</param>
    /// <param name="beta">[C].</param>
    /// <param name="groups">A divisor of C.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <returns>Shaped like x.</returns>
    public static Variable GroupNorm(this Variable x, Variable gamma, Variable beta, int groups, bool relu = false, float epsilon = 1e-5f) =>
        new GroupNormOperation(x, gamma, beta, groups, relu, epsilon).Run();
}
