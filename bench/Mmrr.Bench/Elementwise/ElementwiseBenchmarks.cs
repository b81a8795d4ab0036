using BenchmarkDotNet.Attributes;
using Mmrr.Kernels;

namespace Mmrr.Bench;

/// <summary>Sums, products and constants; the functions are those of <see cref="FunctionBenchmarks"/>.</summary>
public class ElementwiseBenchmarks : KernelBenchmark
{
    private Tensor _a = null!, _b = null!, _output = null!;

    /// <summary>
    /// 64 images of 32×32×3, activations of width 128 at batch 4 and of one 256×256 image, a length that is no multiple of a vector, and one element.
    /// </summary>
    public static IEnumerable<int> Cases => [64 * 32 * 32 * 3, 4 * 32 * 32 * 128, 256 * 256 * 128, 10_007, 1];

    [ParamsSource(nameof(Cases))]
    public int Count { get; set; }

    [Benchmark(OperationsPerInvoke = Many)]
    public void Add() => Run(Many, () => Elementwise.Add(_a, _b, _output));

    [Benchmark(OperationsPerInvoke = Many)]
    public void Multiply() => Run(Many, () => Elementwise.Multiply(_a, _b, _output));

    [Benchmark(OperationsPerInvoke = Many)]
    public void Scale() => Run(Many, () => Elementwise.Scale(_a, 0.5f, _output));

    [Benchmark(OperationsPerInvoke = Many)]
    public void Fill() => Run(Many, () => Elementwise.Fill(1f, _output));

    protected override void Prepare() => (_a, _b, _output) = (Uniform([Count]), Uniform([Count]), Empty(Count));
}
