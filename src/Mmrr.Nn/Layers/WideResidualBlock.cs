using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>
/// A pre-activation wide residual block (Zagoruyko and Komodakis 2016, arXiv:1605.07146) with group normalisation: norm, ReLU, conv 3×3, norm, ReLU, conv
/// 3×3, plus the input, which passes through a 1×1 convolution if the channels differ. Submodules <c>norm1</c>, <c>conv1</c>, <c>norm2</c>, <c>conv2</c>,
/// <c>shortcut</c>.
/// </summary>
public sealed class WideResidualBlock : Module
{
    private readonly GroupNorm _norm1;
    private readonly GroupNorm _norm2;
    private readonly Conv2d _conv1;
    private readonly Conv2d _conv2;
    private readonly Conv2d? _shortcut;

    /// <summary>A block from <paramref name="inputs"/> to <paramref name="outputs"/> channels.</summary>
    public WideResidualBlock(Device? device, int inputs, int outputs)
    {
        _norm1 = Add("norm1", new GroupNorm(device, inputs));
        _conv1 = Add("conv1", new Conv2d(device, inputs, outputs));
        _norm2 = Add("norm2", new GroupNorm(device, outputs));
        _conv2 = Add("conv2", new Conv2d(device, outputs, outputs));
        _shortcut = inputs == outputs ? null : Add("shortcut", new Conv2d(device, inputs, outputs, kernel: 1));
    }

    /// <summary>[N, H, W, inputs] to [N, H, W, outputs].</summary>
    public Variable Forward(Variable x)
    {
        using var h = _conv1.Forward(_norm1, x);
        if (_shortcut is null) return _conv2.Forward(_norm2, h, x);
        using var s = _shortcut.Forward(x);
        return _conv2.Forward(_norm2, h, s);
    }
}
