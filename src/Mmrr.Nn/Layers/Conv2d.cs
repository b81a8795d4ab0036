using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>A convolution with bias, kernel 1 or 3, zero padding K/2, stride 1 or 2. Parameters <c>weight</c> [K, K, in, out] and <c>bias</c> [out].</summary>
public sealed class Conv2d : Module
{
    private readonly Variable _weight;
    private readonly Variable _bias;
    private readonly int _stride;

    /// <summary>A convolution from <paramref name="inputs"/> to <paramref name="outputs"/> channels.</summary>
    public Conv2d(Device? device, int inputs, int outputs, int kernel = 3, int stride = 1)
    {
        _stride = stride;
        _weight = AddParameter("weight", device, new Shape(kernel, kernel, inputs, outputs));
        _bias = AddParameter("bias", device, new Shape(outputs));
    }

    /// <summary>conv(x) + bias (+ residual): [N, H, W, in] to [N, OH, OW, out].</summary>
    public Variable Forward(Variable x, Variable? residual = null) => x.Conv2d(_weight, _bias, _stride, residual);
}
