using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>
/// y = convᵀ(x) + b, the data gradient of a convolution whose output has x's shape. So the gradient of x is that convolution of the gradient, and that of the
/// weight its weight gradient with both tensors exchanged: the former needs the weight, the latter x.
/// </summary>
internal sealed class ConvTranspose2dOperation(Variable x, Variable weight, Variable? bias, int stride, int outputPadding) : Operation([x, weight, bias])
{
    private Tensor? _x;
    private Tensor? _weight;

    public override string Name => "ConvTranspose2d";

    protected override Tensor Forward()
    {
        var output = Tensor.Empty(x.Device, Convolution.TransposedShape(x.Shape, weight.Shape, stride, outputPadding));
        Convolution.BackwardData(x.Value, weight.Value, stride, output);
        if (bias is not null) Convolution.AddBias(output, bias.Value, output);
        if (Wants(weight)) _x = Save(x.Value);
        if (Wants(x)) _weight = Save(weight.Value);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        if (Wants(x))
        {
            var gradient = EmptyLike(x);
            Convolution.Forward(outputGradient, _weight!, null, null, stride, gradient);
            Propagate(x, gradient);
        }
        if (Wants(weight))
        {
            var gradient = EmptyLike(weight);
            Convolution.BackwardWeight(outputGradient, _x!, stride, gradient, null);
            Propagate(weight, gradient);
        }
        if (Wants(bias))
        {
            var gradient = EmptyLike(bias!);
            Convolution.BiasGradient(outputGradient, gradient);
            Propagate(bias, gradient);
        }
    }
}

public static partial class Ops
{
    /// <summary>
    /// Transposed convolution, which enlarges images by the stride: exactly the data gradient of <see cref="Conv2d"/> from O to C channels with the same
    /// weight, stride and padding K/2. y[n, h, w, o] = bias[o] + Σ x[n, i, j, c] · weight[k, l, o, c] over all (i, k) with i·stride + k − K/2 = h and (j, l)
    /// with j·stride + l − K/2 = w.
    /// </summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="weight">[K, K, O, C], K odd.</param>
    /// <param name="bias">[O].</param>
    /// <param name="stride">At least 1.</param>
    /// <param name="outputPadding">Rows and columns added below and at the right, 0 to stride − 1, as in PyTorch.</param>
    /// <returns>[N, (H − 1)·stride + 1 + outputPadding, (W − 1)·stride + 1 + outputPadding, O].</returns>
    /// <exception cref="ArgumentException">The shapes do not match, or a parameter is out of range; the message states which.</exception>
    public static Variable ConvTranspose2d(this Variable x, Variable weight, Variable? bias = null, int stride = 1, int outputPadding = 0) =>
        new ConvTranspose2dOperation(x, weight, bias, stride, outputPadding).Run();
}
