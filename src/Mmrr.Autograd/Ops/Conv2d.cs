using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>y = conv(x) + b + r. The gradient of x needs the weight, that of the weight needs x; those of b and r need neither.</summary>
internal sealed class Conv2dOperation(Variable x, Variable weight, Variable? bias, Variable? residual, int stride) : Operation([x, weight, bias, residual])
{
    private SavedInput? _x;
    private Tensor? _weight;

    public override string Name => "Conv2d";

    protected override Tensor Forward()
    {
        var output = Tensor.Empty(x.Device, Convolution.OutputShape(x.Shape, weight.Shape, stride));
        Convolution.Forward(x.Value, weight.Value, bias?.Value, residual?.Value, stride, output);
        if (Wants(weight) || Wants(bias)) _x = Save(x);
        if (Wants(x)) _weight = Save(weight.Value);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        if (Wants(weight) || Wants(bias))
        {
            // One pass computes both; the bias alone does not justify a separate kernel.
            var weightGradient = EmptyLike(weight);
            var biasGradient = Wants(bias) ? EmptyLike(bias!) : null;
            Convolution.BackwardWeight(_x!.Value, outputGradient, stride, weightGradient, biasGradient);
            Propagate(weight, weightGradient);
            if (biasGradient is not null) Propagate(bias, biasGradient);
        }
        if (Wants(x))
        {
            var gradient = EmptyLike(x);
            Convolution.BackwardData(outputGradient, _weight!, stride, gradient);
            Propagate(x, gradient);
        }
        Propagate(residual, outputGradient);
    }
}

public static partial class Ops
{
    /// <summary>
    /// Convolution with zero padding of K/2 on each side: y[n,i,j,o] = Σ x[n, i·stride+k−K/2, j·stride+l−K/2, c] · weight[k,l,c,o]
    /// + bias[o] + residual[n,i,j,o].
    /// </summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="weight">[K, K, C, O], K odd.</param>
    /// <param name="bias">[O].</param>
    /// <param name="stride">At least 1.</param>
    /// <param name="residual">Added to the output, whose shape it has.</param>
    /// <returns>[N, (H−1)/stride+1, (W−1)/stride+1, O].</returns>
    public static Variable Conv2d(this Variable x, Variable weight, Variable? bias = null, int stride = 1, Variable? residual = null) =>
        new Conv2dOperation(x, weight, bias, residual, stride).Run();
}
