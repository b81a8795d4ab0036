using BenchmarkDotNet.Attributes;
using Mmrr.Kernels;

namespace Mmrr.Bench;

/// <summary>Group normalisation with ReLU, as the networks use it.</summary>
public class GroupNormBenchmarks : KernelBenchmark
{
    private Tensor _x = null!, _gamma = null!, _beta = null!, _outputGradient = null!;
    private Tensor _output = null!, _mean = null!, _inverseDeviation = null!, _inputGradient = null!, _gammaGradient = null!, _betaGradient = null!;

    /// <summary>
    /// Width 128 at the resolutions of 32×32 images, behind a concat and at 256×256, widths 32 and 16; then groups that fit no vector, and one pixel.
    /// </summary>
    public static IEnumerable<GroupNormSizes> Cases =>
    [
        new(4, 32, 128, 32), new(4, 16, 128, 32), new(4, 8, 128, 32), new(4, 4, 128, 32), new(4, 32, 256, 32), new(1, 256, 128, 32),
        new(16, 32, 32, 8), new(16, 32, 16, 4), new(3, 13, 20, 5), new(3, 7, 33, 3), new(1, 1, 16, 4), new(1, 1, 5, 1),
    ];

    [ParamsSource(nameof(Cases))]
    public GroupNormSizes Sizes { get; set; } = null!;

    [Benchmark(OperationsPerInvoke = Few)]
    public void Forward() => Run(Few, Normalize);

    [Benchmark(OperationsPerInvoke = Few)]
    public void Backward() => Run(Few, () =>
        GroupNormalization.Backward(_x, _gamma, _beta, _mean, _inverseDeviation, _outputGradient, relu: true, _inputGradient, _gammaGradient, _betaGradient));

    protected override void Prepare()
    {
        var s = Sizes;
        int[] images = [s.Images, s.Side, s.Side, s.Channels];
        (_x, _gamma, _beta, _outputGradient) = (Uniform(images), Uniform([s.Channels]), Uniform([s.Channels]), Uniform(images));
        (_output, _inputGradient, _gammaGradient, _betaGradient) = (Empty(images), Empty(images), Empty(s.Channels), Empty(s.Channels));
        (_mean, _inverseDeviation) = (Empty(s.Images, s.Groups), Empty(s.Images, s.Groups));
        Normalize(); // Backward reads the statistics
    }

    private void Normalize() => GroupNormalization.Forward(_x, _gamma, _beta, Sizes.Groups, 1e-5f, relu: true, _output, _mean, _inverseDeviation);
}

/// <summary>Square images and groups of channels.</summary>
public sealed record GroupNormSizes(int Images, int Side, int Channels, int Groups)
{
    public override string ToString() => $"{Images}x{Side}x{Side}x{Channels}/{Groups}";
}
