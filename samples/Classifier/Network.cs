using Mmrr.Autograd;
using Mmrr.Nn;

namespace Mmrr.Samples;

/// <summary>3 × 3 convolutions with stride 2, group norm and ReLU between them, down to one pixel; a 1 × 1 convolution there is a linear layer.</summary>
internal sealed class Network : Module
{
    private static readonly int[] s_channels = [1, 16, 32, 64, 64, 64];

    private readonly List<(Conv2d Convolution, GroupNorm Norm)> _blocks = [];
    private readonly Conv2d _head;

    /// <summary>For images of 17 to 32 pixels a side.</summary>
    public Network(Device device)
    {
        for (int i = 1; i < s_channels.Length; i++)
        {
            _blocks.Add((
                Add($"conv{i}", new Conv2d(device, s_channels[i - 1], s_channels[i], stride: 2)),
                Add($"norm{i}", new GroupNorm(device, s_channels[i]))));
        }
        _head = Add("head", new Conv2d(device, s_channels[^1], Digits.Classes, kernel: 1));
    }

    /// <summary>[N, S, S, 1] to logits [N, 1, 1, 10].</summary>
    public Variable Forward(Variable x)
    {
        foreach (var (convolution, norm) in _blocks) x = norm.Forward(convolution.Forward(x));
        return _head.Forward(x);
    }
}
