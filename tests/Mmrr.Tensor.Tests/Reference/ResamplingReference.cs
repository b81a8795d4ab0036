namespace Mmrr.Tests;

/// <summary>Operations that only move values, and their gradients, which add them up where they came from.</summary>
internal static class ResamplingReference
{
    /// <summary>For each element of the ×2 image, the element of x [N, H, W, C] that it repeats.</summary>
    public static int[] UpsampleSources(Shape x)
    {
        int n = x[0], h = x[1], w = x[2], c = x[3];
        int[] sources = new int[4 * x.Count];
        for (int i = 0; i < sources.Length; i++)
        {
            int channel = i % c, column = i / c % (2 * w), row = i / c / (2 * w) % (2 * h), image = i / c / (2 * w) / (2 * h);
            sources[i] = (((((image * h) + (row / 2)) * w) + (column / 2)) * c) + channel;
        }
        return sources;
    }

    /// <summary>For each element of the repeated images (row n·times + l), the element of x that it repeats.</summary>
    public static int[] RepeatSources(Shape x, int times)
    {
        int size = x.Count / x[0];
        return [.. Enumerable.Range(0, x.Count * times).Select(i => (i / size / times * size) + (i % size))];
    }

    public static double[] Gather(double[] x, int[] sources) => Array.ConvertAll(sources, source => x[source]);

    public static double[] Scatter(double[] outputGradient, int[] sources, int count)
    {
        double[] gradient = new double[count];
        for (int i = 0; i < sources.Length; i++) gradient[sources[i]] += outputGradient[i];
        return gradient;
    }

    /// <summary>Joins [pixels, channels_k] along the channels.</summary>
    public static double[] Concat(double[][] inputs, int[] channels)
    {
        int pixels = inputs[0].Length / channels[0];
        return [.. Enumerable.Range(0, pixels).SelectMany(p => inputs.SelectMany((input, k) => input.Skip(p * channels[k]).Take(channels[k])))];
    }

    /// <summary>The inverse of <see cref="Concat"/>: input <paramref name="index"/>'s part.</summary>
    public static double[] Slice(double[] joined, int[] channels, int index)
    {
        int total = channels.Sum(), begin = channels.Take(index).Sum();
        return [.. joined.Where((_, i) => i % total >= begin && i % total < begin + channels[index])];
    }
}
