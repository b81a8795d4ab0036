using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>Repeats each image several times in a row; its gradient is the sum over the copies, in order.</summary>
internal sealed class RepeatImagesOperation(Variable x, int times) : Operation([x])
{
    public override string Name => "RepeatImages";

    protected override Tensor Forward()
    {
        if (x.Shape.Rank == 0 || times < 1) throw new ArgumentException($"{Name}: x has shape {x.Shape}, times is {times}; expected [N, …] and at least 1");
        int[] sizes = x.Shape.ToArray();
        sizes[0] *= times;
        var output = Tensor.Empty(x.Device, new Shape(sizes));
        RepeatImages.Forward(x.Value, times, output);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var gradient = EmptyLike(x);
        RepeatImages.Backward(outputGradient, times, gradient);
        Propagate(x, gradient);
    }
}

public static partial class Ops
{
    /// <summary>Repeats each image <paramref name="times"/> times: row n·times + l of the output is image n, for each masking level l.</summary>
    /// <param name="x">[N, …].</param>
    /// <param name="times">At least 1.</param>
    /// <returns>[N·times, …].</returns>
    public static Variable RepeatImages(this Variable x, int times) => new RepeatImagesOperation(x, times).Run();
}
