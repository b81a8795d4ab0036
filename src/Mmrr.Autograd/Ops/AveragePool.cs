using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>Windows, or without them the whole image; the gradient of a window is shared equally among its pixels.</summary>
internal sealed class AveragePoolOperation(Variable x, (int Kernel, int Stride)? windows) : Operation([x])
{
    public override string Name => "AveragePool";

    protected override Tensor Forward()
    {
        Tensor output;
        if (windows is var (kernel, stride))
        {
            output = Tensor.Empty(x.Device, AveragePool.OutputShape(x.Shape, kernel, stride));
            AveragePool.Forward(x.Value, kernel, stride, output);
        }
        else
        {
            var (count, _, _, channels) = x.ImageSizes(Name, "x");
            output = Tensor.Empty(x.Device, new Shape(count, 1, 1, channels));
            AveragePool.Forward(x.Value, output);
        }
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var gradient = EmptyLike(x);
        if (windows is var (kernel, stride)) AveragePool.Backward(outputGradient, kernel, stride, gradient);
        else AveragePool.Backward(outputGradient, gradient);
        Propagate(x, gradient);
    }
}

public static partial class Ops
{
    /// <summary>The mean of each window, per channel, without padding.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="kernel">Height and width of a window, in pixels, at most those of the images.</param>
    /// <param name="stride">Pixels from a window to the next, at least 1; below the kernel, windows overlap.</param>
    /// <returns>[N, (H − kernel)/stride + 1, (W − kernel)/stride + 1, C].</returns>
    /// <exception cref="ArgumentException">x does not have four axes, or the kernel or the stride is invalid.</exception>
    public static Variable AveragePool(this Variable x, int kernel, int stride) => new AveragePoolOperation(x, (kernel, stride)).Run();

    /// <summary>The mean of each image, per channel.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <returns>[N, 1, 1, C].</returns>
    /// <exception cref="ArgumentException">x does not have four axes.</exception>
    public static Variable AveragePool(this Variable x) => new AveragePoolOperation(x, null).Run();
}
