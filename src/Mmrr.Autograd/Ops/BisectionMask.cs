using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>Masks of given means. The bias depends on v, so backward subtracts the weighted mean of the gradient of each mask.</summary>
internal sealed class BisectionMaskOperation(Variable v, Tensor levels, MaskSolver solver, float tolerance, int maxSweeps) : Operation([v])
{
    private Tensor? _m;
    private Tensor? _slope;

    public override string Name => "BisectionMask";

    protected override Tensor Forward()
    {
        var (count, height, width, channels) = v.ImageSizes(Name, "v");
        if (levels.Shape.Rank != 2 || levels.Shape[0] != count) throw new ArgumentException($"{Name}: levels has shape {levels.Shape}, expected [{count}, L]");
        var m = Tensor.Empty(v.Device, new Shape(levels.Count, height, width, channels));
        var bias = Tensor.Empty(v.Device, levels.Shape);
        var slope = Tensor.Empty(v.Device, levels.Shape);
        BisectionMask.Forward(v.Value, levels, solver, tolerance, maxSweeps, m, bias, slope);
        _m = Save(m);
        _slope = Save(slope);
        return m;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var gradient = EmptyLike(v);
        BisectionMask.Backward(_m!, _slope!, outputGradient, gradient);
        Propagate(v, gradient);
    }
}

public static partial class Ops
{
    /// <summary>
    /// For each image n and level l the mask m = σ(v + b), with the scalar b for which the mean of m is the level (the paper's algorithm 1 and equation 2).
    /// Levels 0 and 1 give masks of exactly 0 and 1, and no gradient.
    /// </summary>
    /// <param name="v">[N, H, W, C].</param>
    /// <param name="levels">[N, L], each from 0 to 1, without a gradient; the caller keeps the handle.</param>
    /// <param name="solver">Newton's method inside a bracket, or plain bisection as in the paper.</param>
    /// <param name="tolerance">Allowed difference between the mean of a mask and its level.</param>
    /// <param name="maxSweeps">Maximum number of sweeps.</param>
    /// <returns>[N·L, H, W, C]; row n·L + l belongs to image n and level l.</returns>
    public static Variable BisectionMask(this Variable v, Tensor levels, MaskSolver solver = MaskSolver.Newton, float tolerance = 1e-6f, int maxSweeps = 64) =>
        new BisectionMaskOperation(v, levels, solver, tolerance, maxSweeps).Run();
}
