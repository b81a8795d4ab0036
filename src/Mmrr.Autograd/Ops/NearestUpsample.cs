using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>Every pixel becomes a 2×2 block; its gradient is the sum over the block.</summary>
internal sealed class NearestUpsampleOperation(Variable x) : CopyOperation([x])
{
    public override string Name => "NearestUpsample";

    protected override Tensor Copy(IReadOnlyList<Tensor> values)
    {
        var (count, height, width, channels) = x.ImageSizes(Name, "x");
        var output = Tensor.Empty(x.Device, new Shape(count, 2 * height, 2 * width, channels));
        NearestUpsample.Forward(values[0], output);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var gradient = EmptyLike(x);
        NearestUpsample.Backward(outputGradient, gradient);
        Propagate(x, gradient);
    }
}

public static partial class Ops
{
    /// <summary>Doubles the height and width: each pixel is repeated in a 2×2 block.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <returns>[N, 2H, 2W, C].</returns>
    public static Variable NearestUpsample(this Variable x) => new NearestUpsampleOperation(x).Run();
}
