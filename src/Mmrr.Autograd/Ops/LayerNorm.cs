using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>Layer normalisation; the mean and the deviation of each row are kept with the input.</summary>
internal sealed class LayerNormOperation(Variable x, Variable gamma, Variable beta, float epsilon) : Operation([x, gamma, beta])
{
    private Tensor? _x;
    private Tensor? _gamma;
    private Tensor? _mean;
    private Tensor? _inverseDeviation;

    public override string Name => "LayerNorm";

    protected override Tensor Forward()
    {
        var statistics = new Shape(RowLayout.Of(Name, "x", x.Value).Rows);
        Tensor mean = Tensor.Empty(x.Device, statistics), inverseDeviation = Tensor.Empty(x.Device, statistics), output = EmptyLike(x);
        LayerNormalization.Forward(x.Value, gamma.Value, beta.Value, epsilon, output, mean, inverseDeviation);
        _x = Save(x.Value);
        _gamma = Save(gamma.Value);
        _mean = Save(mean);
        _inverseDeviation = Save(inverseDeviation);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var (inputGradient, gammaGradient, betaGradient) = (EmptyLike(x), EmptyLike(gamma), EmptyLike(beta));
        LayerNormalization.Backward(_x!, _gamma!, _mean!, _inverseDeviation!, outputGradient, inputGradient, gammaGradient, betaGradient);
        Propagate(x, inputGradient);
        Propagate(gamma, gammaGradient);
        Propagate(beta, betaGradient);
    }
}

public static partial class Ops
{
    /// <summary>
    /// Layer normalisation (Ba, Kiros and Hinton 2016): each row along the last axis is normalised to mean 0 and variance 1, then gamma·x̂ + beta for each
    /// place in the row.
    /// </summary>
    /// <param name="x">[..., C].</param>
    /// <param name="gamma">[C].</param>
    /// <param name="beta">[C].</param>
    /// <param name="epsilon">Added to the variance; positive.</param>
    /// <returns>Shaped like x.</returns>
    /// <exception cref="ArgumentException">x is a scalar, gamma or beta has another shape, or epsilon is not positive.</exception>
    public static Variable LayerNorm(this Variable x, Variable gamma, Variable beta, float epsilon = 1e-5f) =>
        new LayerNormOperation(x, gamma, beta, epsilon).Run();
}
