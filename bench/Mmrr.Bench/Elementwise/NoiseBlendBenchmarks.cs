using BenchmarkDotNet.Attributes;
using Mmrr.Kernels;

namespace Mmrr.Bench;

/// <summary>The noisy blend.</summary>
public class NoiseBlendBenchmarks : KernelBenchmark
{
    private Tensor _e = null!, _m = null!, _noise = null!, _outputGradient = null!, _output = null!, _eGradient = null!, _mGradient = null!;

    /// <summary>
    /// 64 images of 32×32×3 with one level and with 15, one of 256×256×3 with 15, a length that is no multiple of a vector, and one element.
    /// </summary>
    public static IEnumerable<int> Cases => [64 * 32 * 32 * 3, 15 * 64 * 32 * 32 * 3, 15 * 256 * 256 * 3, 10_007, 1];

    [ParamsSource(nameof(Cases))]
    public int Count { get; set; }

    [Benchmark(OperationsPerInvoke = Many)]
    public void Forward() => Run(Many, () => NoiseBlend.Forward(_e, _m, _noise, _output));

    [Benchmark(OperationsPerInvoke = Many)]
    public void Backward() => Run(Many, () => NoiseBlend.Backward(_e, _m, _noise, _outputGradient, _eGradient, _mGradient));

    protected override void Prepare()
    {
        int[] sizes = [Count];
        (_e, _m, _noise, _outputGradient) = (Uniform(sizes), Uniform(sizes, 0), Uniform(sizes), Uniform(sizes));
        (_output, _eGradient, _mGradient) = (Empty(sizes), Empty(sizes), Empty(sizes));
    }
}
