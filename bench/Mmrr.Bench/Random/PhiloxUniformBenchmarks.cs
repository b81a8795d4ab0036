using BenchmarkDotNet.Attributes;
using Mmrr.Kernels;

namespace Mmrr.Bench;

/// <summary>Uniform noise.</summary>
public class PhiloxUniformBenchmarks : KernelBenchmark
{
    private Tensor _output = null!;

    /// <summary>
    /// 64 images of 32×32×3 with one level and with 15, one of 256×256×3 with 15, a length that is no multiple of a block, and one element.
    /// </summary>
    public static IEnumerable<int> Cases => [64 * 32 * 32 * 3, 15 * 64 * 32 * 32 * 3, 15 * 256 * 256 * 3, 10_007, 1];

    [ParamsSource(nameof(Cases))]
    public int Count { get; set; }

    [Benchmark(OperationsPerInvoke = Many)]
    public void Fill() => Run(Many, () => PhiloxUniform.Fill(1, 2, -1, 1, _output.Count, _output));

    [Benchmark(OperationsPerInvoke = Many)]
    public void FillRepeated() => Run(Many, () => PhiloxUniform.Fill(1, 2, -1, 1, 3071, _output));

    protected override void Prepare() => _output = Empty(Count);
}
