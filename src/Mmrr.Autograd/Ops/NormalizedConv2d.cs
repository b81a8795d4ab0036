using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>
/// Group normalisation, ReLU and a convolution of stride 1 as one operation: it saves x and the statistics, not the normalised x that a convolution of its
/// own would save.
/// </summary>
internal sealed class NormalizedConv2dOperation(
    Variable x, Variable gamma, Variable beta, int groups, float epsilon, Variable weight, Variable? bias, Variable? residual)
    : Operation([x, gamma, beta, weight, bias, residual])
{
    private SavedInput? _x;
    private Tensor? _gamma;
    private Tensor? _beta;
    private Tensor? _weight;
    private Tensor? _mean;
    private Tensor? _inverseDeviation;

    public override string Name => "NormalizedConv2d";

    private bool WantsNormalization => Wants(x) || Wants(gamma) || Wants(beta);

    protected override Tensor Forward()
    {
        var (count, _, _, _) = x.ImageSizes(Name, "x");
        var statistics = new Shape(count, groups);
        Tensor mean = Tensor.Empty(x.Device, statistics), inverseDeviation = Tensor.Empty(x.Device, statistics);
        var output = Tensor.Empty(x.Device, Convolution.OutputShape(x.Shape, weight.Shape, 1));
        NormalizedConvolution.Forward(
            x.Value, new Normalization(gamma.Value, beta.Value, groups, epsilon), weight.Value, bias?.Value, residual?.Value, output, mean, inverseDeviation);
        _x = Save(x);
        _gamma = Save(gamma.Value);
        _beta = Save(beta.Value);
        if (WantsNormalization) _weight = Save(weight.Value);
        _mean = Save(mean);
        _inverseDeviation = Save(inverseDeviation);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        if (Wants(weight) || Wants(bias))
        {
            // One pass computes both; the bias alone does not justify a separate kernel.
            var weightGradient = EmptyLike(weight);
            var biasGradient = Wants(bias) ? EmptyLike(bias!) : null;
            NormalizedConvolution.BackwardWeight(
                _x!.Value, new Normalization(_gamma!, _beta!, groups, epsilon), _mean!, _inverseDeviation!, outputGradient, weightGradient, biasGradient);
            Propagate(weight, weightGradient);
            if (biasGradient is not null) Propagate(bias, biasGradient);
        }
        if (WantsNormalization)
        {
            var (inputGradient, gammaGradient, betaGradient) = (EmptyLike(x), EmptyLike(gamma), EmptyLike(beta));
            using var given = TakeGradient(x);
            NormalizedConvolution.BackwardInput(
                _x!.Value, new Normalization(_gamma!, _beta!, groups, epsilon), _mean!, _inverseDeviation!, outputGradient, _weight!, given, inputGradient,
                gammaGradient, betaGradient);
            Propagate(x, inputGradient);
            Propagate(gamma, gammaGradient);
            Propagate(beta, betaGradient);
        }
        Propagate(residual, outputGradient);
    }
}

public static partial class Ops
{
    /// <summary>
    /// <c>x.GroupNorm(gamma, beta, groups, relu: true).Conv2d(weight, bias, residual: residual)</c> with the same results, for less memory: the normalised x is
    /// not kept for backward, which computes it again.
    /// </summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="gamma">[C].</param>
    /// <param name="beta">[C].</param>
    /// <param name="groups">A divisor of C.</param>
    /// <param name="weight">[K, K, C, O], K odd.</param>
    /// <param name="bias">[O].</param>
    /// <param name="residual">Added to the output, whose shape it has.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <returns>[N, H, W, O].</returns>
    public static Variable NormalizedConv2d(
        this Variable x, Variable gamma, Variable beta, int groups, Variable weight, Variable? bias = null, Variable? residual = null, float epsilon = 1e-5f) =>
        new NormalizedConv2dOperation(x, gamma, beta, groups, epsilon, weight, bias, residual).Run();
}
