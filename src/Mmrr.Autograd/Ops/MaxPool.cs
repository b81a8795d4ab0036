using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>The gradient of a window goes to its first maximum, which backward finds again from input and output.</summary>
internal sealed class MaxPoolOperation(Variable x, int kernel, int stride) : Operation([x])
{
    private Tensor? _x;
    private Tensor? _output;

    public override string Name => "MaxPool";

    protected override Tensor Forward()
    {
        var output = Tensor.Empty(x.Device, MaxPool.OutputShape(x.Shape, kernel, stride));
        MaxPool.Forward(x.Value, kernel, stride, output);
        _x = Save(x.Value);
        _output = Save(output);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var gradient = EmptyLike(x);
        MaxPool.Backward(_x!, _output!, outputGradient, kernel, stride, gradient);
        Propagate(x, gradient);
    }
}

public static partial class Ops
{
    /// <summary>The largest value of each window, per channel, without padding.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="kernel">Height and width of a window, in pixels, at most those of the images.</param>
    /// <param name="stride">Pixels from a window to the next, at least 1; below the kernel, windows overlap.</param>
    /// <returns>[N, (H − kernel)/stride + 1, (W − kernel)/stride + 1, C].</returns>
    /// <exception cref="ArgumentException">x does not have four axes, or the kernel or the stride is invalid.</exception>
    public static Variable MaxPool(this Variable x, int kernel, int stride) => new MaxPoolOperation(x, kernel, stride).Run();
}
