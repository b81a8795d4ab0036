using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>
/// A transposed convolution with bias, any odd kernel K, padding K/2, any stride: it enlarges images by the stride. Parameters <c>weight</c> [K, K, out, in],
/// that of the convolution from out to in channels whose data gradient it is, and <c>bias</c> [out].
/// </summary>
public sealed class ConvTranspose2d : Module
{
    private readonly Variable _weight;
    private readonly Variable _bias;
    private readonly int _stride;
    private readonly int _outputPadding;

    /// <summary>A transposed convolution from <paramref name="inputs"/> to <paramref name="outputs"/> channels.</summary>
    /// <param name="device">The parameters' device; null for a plan.</param>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the output.</param>
    /// <param name="kernel">K, odd.</param>
    /// <param name="stride">At least 1.</param>
    /// <param name="outputPadding">Rows and columns added below and at the right, 0 to stride − 1; with stride − 1 the size is exactly stride times.</param>
    public ConvTranspose2d(Device? device, int inputs, int outputs, int kernel = 3, int stride = 1, int outputPadding = 0)
    {
        (_stride, _outputPadding) = (stride, outputPadding);
        _weight = AddParameter("weight", device, new Shape(kernel, kernel, outputs, inputs), fan: kernel * kernel * inputs);
        _bias = AddParameter("bias", device, new Shape(outputs));
    }

    /// <summary>
    /// convᵀ(x) + bias: [N, H, W, in] to [N, (H − 1)·stride + 1 + outputPadding, (W − 1)·stride + 1 + outputPadding, out].
    /// </summary>
    public Variable Forward(Variable x) => x.ConvTranspose2d(_weight, _bias, _stride, _outputPadding);
}
