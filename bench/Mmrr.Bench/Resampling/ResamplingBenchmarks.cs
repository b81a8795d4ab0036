using BenchmarkDotNet.Attributes;
using Mmrr.Kernels;

namespace Mmrr.Bench;

/// <summary>Copies of images in other arrangements: nearest ×2, the concat of a skip pair, an image for each of four levels.</summary>
public class ResamplingBenchmarks : KernelBenchmark
{
    private const int Times = 4;
    private Tensor _x = null!, _skip = null!, _large = null!, _joined = null!, _repeated = null!, _xGradient = null!, _skipGradient = null!;

    /// <summary>Width 128 below 32×32, 8×8 and 256×256, width 16, odd sizes, and one pixel.</summary>
    public static IEnumerable<ImageSizes> Cases => [new(4, 16, 128), new(4, 4, 128), new(1, 128, 128), new(16, 16, 16), new(3, 13, 5), new(1, 1, 5)];

    [ParamsSource(nameof(Cases))]
    public ImageSizes Sizes { get; set; } = null!;

    [Benchmark(OperationsPerInvoke = Many)]
    public void Upsample() => Run(Many, () => NearestUpsample.Forward(_x, _large));

    [Benchmark(OperationsPerInvoke = Many)]
    public void UpsampleBackward() => Run(Many, () => NearestUpsample.Backward(_large, _xGradient));

    [Benchmark(OperationsPerInvoke = Many)]
    public void Concat() => Run(Many, () => ChannelConcat.Forward([_x, _skip], _joined));

    [Benchmark(OperationsPerInvoke = Many)]
    public void ConcatBackward() => Run(Many, () => ChannelConcat.Backward(_joined, [_xGradient, _skipGradient]));

    [Benchmark(OperationsPerInvoke = Many)]
    public void Repeat() => Run(Many, () => RepeatImages.Forward(_x, Times, _repeated));

    [Benchmark(OperationsPerInvoke = Many)]
    public void RepeatBackward() => Run(Many, () => RepeatImages.Backward(_repeated, Times, _xGradient));

    protected override void Prepare()
    {
        var (n, h, c) = Sizes;
        int[] images = [n, h, h, c];
        (_x, _skip, _xGradient, _skipGradient) = (Uniform(images), Uniform(images), Empty(images), Empty(images));
        (_large, _joined, _repeated) = (Uniform([n, 2 * h, 2 * h, c]), Uniform([n, h, h, 2 * c]), Uniform([n * Times, h, h, c]));
    }

    /// <summary>Square images.</summary>
    public sealed record ImageSizes(int Images, int Side, int Channels)
    {
        public override string ToString() => $"{Images}x{Side}x{Side}x{Channels}";
    }
}
