using BenchmarkDotNet.Attributes;
using Mmrr.Kernels;

namespace Mmrr.Bench;

/// <summary>The masks that do not depend on the image.</summary>
public class PlainMasksBenchmarks : KernelBenchmark
{
    private Tensor _levels = null!, _mask = null!;

    /// <summary>As in training, as in scoring, 256×256×3, an odd length, and one element.</summary>
    public static IEnumerable<MaskSizes> Cases => [new(64, 1, 32, 3), new(64, 15, 32, 3), new(2, 15, 256, 3), new(5, 3, 13, 1), new(1, 1, 1, 1)];

    [ParamsSource(nameof(Cases))]
    public MaskSizes Sizes { get; set; } = null!;

    [Benchmark(OperationsPerInvoke = Many)]
    public void Constant() => Run(Many, () => PlainMasks.Constant(_levels, _mask));

    [Benchmark(OperationsPerInvoke = Many)]
    public void Bernoulli() => Run(Many, () => PlainMasks.Bernoulli(_levels, 1, 2, _mask.Count, _mask));

    protected override void Prepare()
    {
        var s = Sizes;
        _levels = Uniform([s.Images, s.Levels], 0, 1);
        _mask = Empty(s.Images * s.Levels, s.Side, s.Side, s.Channels);
    }
}
