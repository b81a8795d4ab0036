using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>
/// A convolution with bias, any odd kernel K, zero padding K/2, any stride; kernels 1 and 3 with stride 1 or 2 are the fastest for their operations. Parameters
/// <c>weight</c> [K, K, in, out] and <c>bias</c> [out].
/// </summary>
public sealed class Conv2d : Module
{
    private readonly Variable _weight;
    private readonly Variable _bias;
    private readonly int _stride;

    /// <summary>A convolution from <paramref name="inputs"/> to <paramref name="outputs"/> channels.</summary>
    /// <param name="device">The parameters' device; null for a plan.</param>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the output.</param>
    /// <param name="kernel">K, odd.</param>
    /// <param name="stride">At least 1.</param>
    public Conv2d(Device? device, int inputs, int outputs, int kernel = 3, int stride = 1)
    {
        _stride = stride;
        _weight = AddParameter("weight", device, new Shape(kernel, kernel, inputs, outputs));
        _bias = AddParameter("bias", device, new Shape(outputs));
    }

    /// <summary>conv(x) + bias (+ residual): [N, H, W, in] to [N, (H − 1)/stride + 1, (W − 1)/stride + 1, out].</summary>
    public Variable Forward(Variable x, Variable? residual = null) => x.Conv2d(_weight, _bias, _stride, residual);

    /// <summary>As <c>Forward(norm.Forward(x), residual)</c>, for half of its memory; of stride 1.</summary>
    /// <exception cref="InvalidOperationException">The stride is not 1.</exception>
    public Variable Forward(GroupNorm norm, Variable x, Variable? residual = null)
    {
        ArgumentNullException.ThrowIfNull(norm);
        if (_stride != 1) throw new InvalidOperationException($"Conv2d: the stride is {_stride}, expected 1 where the input is normalised");
        return norm.Convolve(x, _weight, _bias, residual);
    }
}
