using BenchmarkDotNet.Attributes;
using Mmrr.Kernels;

namespace Mmrr.Bench;

/// <summary>The three kernels of a convolution.</summary>
public class ConvolutionBenchmarks : KernelBenchmark
{
    private Tensor _x = null!, _weight = null!, _bias = null!, _outputGradient = null!;
    private Tensor _output = null!, _inputGradient = null!, _weightGradient = null!, _biasGradient = null!;

    /// <summary>
    /// Width 128 at all resolutions of 32×32 images, what stands between them, both ends; the same of 256×256; narrow ones; then sizes that fit no vector,
    /// tile or band.
    /// </summary>
    public static IEnumerable<ConvolutionSizes> Cases =>
    [
        new(4, 32, 128, 128, 3, 1), new(4, 16, 128, 128, 3, 1), new(4, 8, 128, 128, 3, 1), new(4, 4, 128, 128, 3, 1),
        new(4, 32, 256, 128, 3, 1), new(4, 32, 256, 128, 1, 1), new(4, 32, 128, 128, 3, 2), new(4, 32, 3, 128, 3, 1), new(4, 32, 128, 3, 3, 1),
        new(1, 256, 128, 128, 3, 1), new(1, 256, 128, 128, 3, 2), new(1, 256, 3, 128, 3, 1), new(1, 256, 128, 3, 3, 1),
        new(16, 32, 32, 32, 3, 1), new(16, 32, 16, 16, 3, 1), new(3, 13, 20, 33, 3, 1), new(3, 31, 48, 40, 3, 2), new(1, 7, 5, 17, 1, 1),
        new(1, 1, 16, 16, 3, 1), new(1, 1, 5, 17, 3, 2),
    ];

    [ParamsSource(nameof(Cases))]
    public ConvolutionSizes Sizes { get; set; } = null!;

    [Benchmark(OperationsPerInvoke = Few)]
    public void Forward() => Run(Few, () => Convolution.Forward(_x, _weight, _bias, null, Sizes.Stride, _output));

    [Benchmark(OperationsPerInvoke = Few)]
    public void BackwardData() => Run(Few, () => Convolution.BackwardData(_outputGradient, _weight, Sizes.Stride, _inputGradient));

    [Benchmark(OperationsPerInvoke = Few)]
    public void BackwardWeight() => Run(Few, () => Convolution.BackwardWeight(_x, _outputGradient, Sizes.Stride, _weightGradient, _biasGradient));

    protected override void Prepare()
    {
        var s = Sizes;
        int[] images = [s.Images, s.Side, s.Side, s.Channels], weights = [s.Kernel, s.Kernel, s.Channels, s.Outputs];
        int[] outputs = [s.Images, s.OutputSide, s.OutputSide, s.Outputs];
        (_x, _weight, _bias, _outputGradient) = (Uniform(images), Uniform(weights), Uniform([s.Outputs]), Uniform(outputs));
        (_output, _inputGradient, _weightGradient, _biasGradient) = (Empty(outputs), Empty(images), Empty(weights), Empty(s.Outputs));
    }
}

/// <summary>The sizes of a convolution of square images.</summary>
public sealed record ConvolutionSizes(int Images, int Side, int Channels, int Outputs, int Kernel, int Stride)
{
    public int OutputSide => ((Side + (2 * (Kernel / 2)) - Kernel) / Stride) + 1;

    public override string ToString() => $"{Images}x{Side}x{Side} {Channels}->{Outputs} {Kernel}x{Kernel}/{Stride}";
}
