using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>Concatenation along the channels; each input's gradient is its slice of the output's.</summary>
internal sealed class ChannelConcatOperation(IReadOnlyList<Variable> inputs) : CopyOperation([.. inputs])
{
    public override string Name => "ChannelConcat";

    protected override Tensor Copy(IReadOnlyList<Tensor> values)
    {
        var (count, height, width, _) = inputs[0].ImageSizes(Name, "input 0");
        int channels = inputs.Select((input, i) => input.ImageSizes(Name, $"input {i}").Channels).Sum();
        var output = Tensor.Empty(inputs[0].Device, new Shape(count, height, width, channels));
        ChannelConcat.Forward(values, output);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        // The kernel assumes that omitted parts have equal widths. If they do not, every part is written.
        bool equal = inputs.Where(input => !Wants(input)).Select(input => input.Shape[3]).Distinct().Count() <= 1;
        Tensor?[] gradients = [.. inputs.Select(input => Wants(input) || !equal ? EmptyLike(input) : null)];
        ChannelConcat.Backward(outputGradient, gradients);
        foreach (var (input, gradient) in inputs.Zip(gradients))
        {
            if (gradient is not null) Propagate(input, gradient);
        }
    }
}

public static partial class Ops
{
    /// <summary>The channels of all inputs, one after the other.</summary>
    /// <param name="x">[N, H, W, C₀].</param>
    /// <param name="others">[N, H, W, C₁], …</param>
    /// <returns>[N, H, W, C₀ + C₁ + …].</returns>
    public static Variable ChannelConcat(this Variable x, params Variable[] others) => new ChannelConcatOperation([x, .. others]).Run();
}
