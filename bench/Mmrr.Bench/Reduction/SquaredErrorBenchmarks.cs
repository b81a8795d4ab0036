using BenchmarkDotNet.Attributes;
using Mmrr.Kernels;

namespace Mmrr.Bench;

/// <summary>The squared errors.</summary>
public class SquaredErrorBenchmarks : KernelBenchmark
{
    private Tensor _prediction = null!, _target = null!, _scalar = null!, _gradient = null!, _perImage = null!, _perPixel = null!;

    /// <summary>A batch of 64, a batch of 64 at 15 levels, one 256×256 image at 15 levels, and odd sizes down to one pixel.</summary>
    public static IEnumerable<ErrorSizes> Cases => [new(64, 32, 3), new(960, 32, 3), new(15, 256, 3), new(64, 32, 1), new(3, 13, 3), new(1, 1, 1)];

    [ParamsSource(nameof(Cases))]
    public ErrorSizes Sizes { get; set; } = null!;

    [Benchmark(OperationsPerInvoke = Many)]
    public void Mean() => Run(Many, () => SquaredError.Mean(_prediction, _target, _scalar));

    [Benchmark(OperationsPerInvoke = Many)]
    public void MeanBackward() => Run(Many, () => SquaredError.MeanBackward(_prediction, _target, _scalar, _gradient));

    [Benchmark(OperationsPerInvoke = Many)]
    public void PerImage() => Run(Many, () => SquaredError.PerImage(_prediction, _target, _perImage));

    [Benchmark(OperationsPerInvoke = Many)]
    public void PerPixel() => Run(Many, () => SquaredError.PerPixel(_prediction, _target, _perPixel));

    protected override void Prepare()
    {
        int[] images = [Sizes.Images, Sizes.Side, Sizes.Side, Sizes.Channels];
        (_prediction, _target, _gradient) = (Uniform(images), Uniform(images), Empty(images));
        (_scalar, _perImage, _perPixel) = (Uniform([]), Empty(Sizes.Images), Empty(Sizes.Images, Sizes.Side, Sizes.Side));
    }
}

/// <summary>Square images.</summary>
public sealed record ErrorSizes(int Images, int Side, int Channels)
{
    public override string ToString() => $"{Images}x{Side}x{Side}x{Channels}";
}
