using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>
/// Group normalisation followed by ReLU, in min(32, channels/4) groups, or in 16 where 32 do not divide the channels, ε = 10⁻⁵. Parameters <c>weight</c>
/// and <c>bias</c>, [channels].
/// </summary>
public sealed class GroupNorm : Module
{
    private readonly Variable _weight;
    private readonly Variable _bias;
    private readonly int _groups;

    /// <summary>Creates a normalisation of images with this number of channels.</summary>
    /// <exception cref="ArgumentException">The number of channels is not divisible by the number of groups.</exception>
    public GroupNorm(Device? device, int channels)
    {
        _groups = Groups(channels);
        if (channels % _groups != 0) throw new ArgumentException($"GroupNorm: {channels} channels cannot be divided into {_groups} groups");
        _weight = AddParameter("weight", device, new Shape(channels));
        _bias = AddParameter("bias", device, new Shape(channels));
    }

    /// <summary>relu(norm(x)), [N, H, W, channels].</summary>
    public Variable Forward(Variable x) => x.GroupNorm(_weight, _bias, _groups, relu: true);

    /// <summary>conv(relu(norm(x))) + bias (+ residual), stride 1, without keeping the normalised x: [N, H, W, channels] to [N, H, W, out].</summary>
    internal Variable Convolve(Variable x, Variable weight, Variable bias, Variable? residual) =>
        x.NormalizedConv2d(_weight, _bias, _groups, weight, bias, residual);

    /// <summary>
    /// The groups of so many channels: of 4 channels each, and from 128 channels on the largest power of two up to 32 that divides them. Every multiple of
    /// 16 is a width.
    /// </summary>
    internal static int Groups(int channels) => channels < 128 ? Math.Max(1, channels / 4) : Math.Min(32, channels & -channels);
}
