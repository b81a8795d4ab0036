using Mmrr.Kernels;

namespace Mmrr.Tests;

[Trait("Category", "Operation")]
public class ResamplingTests(TestDevices devices)
{
    private static readonly int[][] s_small = [[1, 1, 1, 1], [1, 5, 9, 3], [2, 2, 3, 12], [1, 3, 2, 20], [3, 1, 2, 16]];
    private static readonly int[][] s_large = [[2, 33, 31, 48], [1, 32, 32, 16], [3, 8, 8, 128], [2, 17, 5, 5]];

    public static TheoryData<string, int[]> Images => TestDevices.Rows(s_small, s_large);

    // Images, height, width, then the channels of each input.
    public static TheoryData<string, int[]> Joined => TestDevices.Rows(
        [[1, 1, 1, 1], [1, 5, 3, 3, 3], [2, 2, 3, 16, 16], [1, 3, 5, 3, 3, 3, 3], [2, 2, 2, 1, 12, 5]],
        [[2, 33, 31, 48, 16], [1, 32, 32, 64, 64], [4, 32, 32, 3, 3, 3, 3]]);

    [Theory]
    [MemberData(nameof(Images))]
    public void NearestUpsample_repeats_each_pixel_and_adds_the_gradients(string device, int[] sizes)
    {
        var shape = new Shape(sizes);
        var larger = new Shape(sizes[0], 2 * sizes[1], 2 * sizes[2], sizes[3]);
        int[] sources = ResamplingReference.UpsampleSources(shape);
        var random = new RandomInputs();
        HostTensor x = random.Uniform(shape), g = random.Uniform(larger);
        var forward = devices.Run(device, [x], [larger], (given, taken) => NearestUpsample.Forward(given[0], taken[0]));
        ErrorBound.Exact(ResamplingReference.Gather(x.Doubles, sources)).Check(forward[0], "output");
        var backward = devices.Run(device, [g], [shape], (given, taken) => NearestUpsample.Backward(given[0], taken[0]));
        Scattered(g, sources, shape, terms: 4).Check(backward[0], "x gradient");
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void RepeatImages_repeats_each_image_and_adds_the_gradients(string device, int[] sizes)
    {
        var shape = new Shape(sizes);
        var random = new RandomInputs();
        foreach (int times in new[] { 1, 2, 7 })
        {
            var repeated = new Shape(sizes[0] * times, sizes[1], sizes[2], sizes[3]);
            int[] sources = ResamplingReference.RepeatSources(shape, times);
            HostTensor x = random.Uniform(shape), g = random.Uniform(repeated);
            var forward = devices.Run(device, [x], [repeated], (given, taken) => RepeatImages.Forward(given[0], times, taken[0]));
            ErrorBound.Exact(ResamplingReference.Gather(x.Doubles, sources)).Check(forward[0], $"output, {times} times");
            var backward = devices.Run(device, [g], [shape], (given, taken) => RepeatImages.Backward(given[0], times, taken[0]));
            Scattered(g, sources, shape, times).Check(backward[0], $"x gradient, {times} times");
        }
    }

    [Theory]
    [MemberData(nameof(Joined))]
    public void ChannelConcat_joins_and_parts_the_channels(string device, int[] sizes)
    {
        int[] channels = sizes[3..];
        var joined = new Shape(sizes[0], sizes[1], sizes[2], channels.Sum());
        Shape[] shapes = Array.ConvertAll(channels, c => new Shape(sizes[0], sizes[1], sizes[2], c));
        var random = new RandomInputs();
        HostTensor[] inputs = Array.ConvertAll(shapes, shape => random.Uniform(shape));
        var forward = devices.Run(device, inputs, [joined], (given, taken) => ChannelConcat.Forward(given, taken[0]));
        ErrorBound.Exact(ResamplingReference.Concat(Array.ConvertAll(inputs, input => input.Doubles), channels)).Check(forward[0], "output");

        var g = random.Uniform(joined);
        var backward = devices.Run(device, [g], shapes, (given, taken) => ChannelConcat.Backward(given[0], taken));
        for (int k = 0; k < shapes.Length; k++) ErrorBound.Exact(ResamplingReference.Slice(g.Doubles, channels, k)).Check(backward[k], $"gradient {k}");

        // The first one's gradient is not wanted.
        var rest = devices.Run(device, [g], shapes[1..], (given, taken) => ChannelConcat.Backward(given[0], [null, .. taken]));
        for (int k = 1; k < shapes.Length; k++)
            ErrorBound.Exact(ResamplingReference.Slice(g.Doubles, channels, k)).Check(rest[k - 1], $"gradient {k} without 0");
    }

    [Fact]
    public void The_reference_gradients_are_those_of_the_reference()
    {
        var random = new RandomInputs();
        var shape = new Shape(2, 2, 3, 2);
        double[] x = random.Doubles(shape.Count);
        foreach (int[] sources in new[] { ResamplingReference.UpsampleSources(shape), ResamplingReference.RepeatSources(shape, 3) })
        {
            double[] g = random.Doubles(sources.Length);
            GradientCheck.Check(x, g, v => ResamplingReference.Gather(v, sources), ResamplingReference.Scatter(g, sources, x.Length), "x");
        }
        double[] other = random.Doubles(shape.Count / 2 * 5), joined = random.Doubles(shape.Count / 2 * 7);
        GradientCheck.Check(x, joined, v => ResamplingReference.Concat([v, other], [2, 5]), ResamplingReference.Slice(joined, [2, 5], 0), "first");
        GradientCheck.Check(other, joined, v => ResamplingReference.Concat([x, v], [2, 5]), ResamplingReference.Slice(joined, [2, 5], 1), "second");
    }

    private static ErrorBound Scattered(HostTensor g, int[] sources, Shape shape, int terms) => ErrorBound.Sum(
        ResamplingReference.Scatter(g.Doubles, sources, shape.Count),
        ResamplingReference.Scatter(ErrorBound.Magnitude(g.Doubles), sources, shape.Count),
        terms);
}
