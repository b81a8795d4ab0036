using BenchmarkDotNet.Attributes;
using Mmrr.Kernels;

namespace Mmrr.Bench;

/// <summary>The optimizer's update of some parameters in one call.</summary>
public class MomentsBenchmarks : KernelBenchmark
{
    private static readonly MomentStep s_step = MomentStep.RAdam(100, 1e-4, 0.9, 0.999, 1e-8);
    private (Tensor Parameter, Tensor Gradient, Tensor FirstMoment, Tensor SecondMoment)[] _states = [];

    /// <summary>3×3 weights of 128→128 and 256→128, a network's worth of 16→16, as many biases, and one value.</summary>
    public static IEnumerable<ParameterSizes> Cases => [new(1, 9 * 128 * 128), new(1, 9 * 256 * 128), new(64, 9 * 16 * 16), new(64, 17), new(1, 1)];

    [ParamsSource(nameof(Cases))]
    public ParameterSizes Sizes { get; set; } = null!;

    [Benchmark(OperationsPerInvoke = Many)]
    public void Update() => Run(Many, () => Moments.Update(_states, s_step));

    protected override void Prepare()
    {
        int[] sizes = [Sizes.Count];
        _states = [.. Enumerable.Range(0, Sizes.Parameters).Select(_ => (Uniform(sizes), Uniform(sizes), Uniform(sizes), Uniform(sizes, 0)))];
    }
}

/// <summary>So many parameters of so many values.</summary>
public sealed record ParameterSizes(int Parameters, int Count)
{
    public override string ToString() => $"{Parameters}x{Count}";
}
