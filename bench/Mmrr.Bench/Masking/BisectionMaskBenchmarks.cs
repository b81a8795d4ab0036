using BenchmarkDotNet.Attributes;
using Mmrr.Kernels;

namespace Mmrr.Bench;

/// <summary>The mask, with both solvers.</summary>
public class BisectionMaskBenchmarks : KernelBenchmark
{
    private Tensor _v = null!, _levels = null!, _mask = null!, _bias = null!, _slope = null!, _maskGradient = null!, _vGradient = null!;

    /// <summary>
    /// d = 3,072 (32×32×3) with one level an image, as in training, and with 15, as in scoring; 256×256×3; an odd length; and one element.
    /// </summary>
    public static IEnumerable<MaskSizes> Cases => [new(64, 1, 32, 3), new(64, 15, 32, 3), new(2, 15, 256, 3), new(5, 3, 13, 1), new(1, 1, 1, 1)];

    [ParamsSource(nameof(Cases))]
    public MaskSizes Sizes { get; set; } = null!;

    [Benchmark(OperationsPerInvoke = Few)]
    public void Newton() => Run(Few, () => Solve(MaskSolver.Newton));

    [Benchmark(OperationsPerInvoke = Few)]
    public void Bisection() => Run(Few, () => Solve(MaskSolver.Bisection));

    [Benchmark(OperationsPerInvoke = Few)]
    public void Backward() => Run(Few, () => BisectionMask.Backward(_mask, _slope, _maskGradient, _vGradient));

    protected override void Prepare()
    {
        var s = Sizes;
        int[] images = [s.Images, s.Side, s.Side, s.Channels], masks = [s.Images * s.Levels, s.Side, s.Side, s.Channels];
        _v = Uniform(images, -4, 4);
        _levels = Uniform([s.Images, s.Levels], 0.02f, 0.98f);
        (_mask, _bias, _slope) = (Empty(masks), Empty(s.Images, s.Levels), Empty(s.Images, s.Levels));
        (_maskGradient, _vGradient) = (Uniform(masks), Empty(images));
        Solve(MaskSolver.Newton); // Backward reads the masks
    }

    private void Solve(MaskSolver solver) => BisectionMask.Forward(_v, _levels, solver, 1e-6f, 64, _mask, _bias, _slope);
}

/// <summary>Square images, and masks for each.</summary>
public sealed record MaskSizes(int Images, int Levels, int Side, int Channels)
{
    public override string ToString() => $"{Images}x{Side}x{Side}x{Channels}, {Levels} levels";
}
