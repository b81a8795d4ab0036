using Mmrr.Autograd;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;

namespace Mmrr.Training.Fitting;

/// <summary>
/// The mean loss of the validation images at levels and noise that never change, over at least <see cref="LeastPairs"/> pairs of an image and a level:
/// enough that the selection of an epoch is not random where there are few images. Of a method without levels it is the mean over the images.
/// </summary>
/// <param name="phase">The phase.</param>
/// <param name="images">The images.</param>
/// <param name="batch">Images per training step: at least this many rows are computed together.</param>
/// <param name="seed">The run's seed.</param>
internal sealed class ValidationLoss(TrainingPhase phase, ImageBatches images, int batch, long seed)
{
    /// <summary>The minimum number of pairs; an image has ⌈pairs / images⌉ levels.</summary>
    public const int LeastPairs = 256;

    private const ulong Stream = 1ul << 62;

    // Maximum share of training time.
    private const double Share = 0.1;

    private readonly int _levels = phase.HasLevels ? LevelsOf(images.Count) : 1;

    /// <summary>Levels per image for a number of images.</summary>
    public static int LevelsOf(int images) => (LeastPairs + images - 1) / images;

    /// <summary>
    /// The levels: with n images and K levels each, n·K values (i + ½)/(n·K), of which each image has one in each K-th part of (0, 1), drawn by the seed.
    /// </summary>
    /// <returns>[n, K].</returns>
    public static float[] Levels(int images, int levels, long seed)
    {
        var result = new float[images * levels];
        for (int k = 0; k < levels; k++)
        {
            int[] order = Sampling.Permutation(images, unchecked((long)new SplitMix64(seed, k).Next()));
            for (int i = 0; i < images; i++) result[(i * levels) + k] = (float)(((k * (double)images) + order[i] + 0.5) / result.Length);
        }
        return result;
    }

    /// <summary>
    /// The interval in epochs at which to measure it, so that it takes at most about a tenth of training time: counted in passes through a network,
    /// independent of the machine's speed, so that the same run selects among the same epochs everywhere.
    /// </summary>
    /// <param name="trained">Training images of an epoch.</param>
    public int Every(int trained)
    {
        double validation = (double)images.Count * (phase.ImagePasses + (_levels * phase.LevelPasses));
        return (int)Math.Ceiling(validation / (Share * trained * phase.TrainingPasses));
    }

    /// <summary>Measures the loss; null if it was stopped, which has no effect on training.</summary>
    public double? Measure(CancellationToken stop)
    {
        using var guard = new NoGradient();
        var o = phase.Model.Options;
        int rows = Math.Max(batch, LevelWalk.GroupSize(o, images.Count * _levels)), together = Math.Min(_levels, rows);
        float[] all = Levels(images.Count, _levels, seed);
        double sum = 0;
        for (int first = 0; first < images.Count; first += rows / together)
        {
            int n = Math.Min(rows / together, images.Count - first);
            var values = new float[n * images.ImageLength];
            images.Fill([.. Enumerable.Range(first, n)], 0, values);
            for (int begin = 0; begin < _levels; begin += together)
            {
                if (stop.IsCancellationRequested) return null;
                using var scope = new DisposeScope();
                int some = Math.Min(together, _levels - begin);
                float[] levels = [.. Enumerable.Range(first, n).SelectMany(i => all.AsSpan((i * _levels) + begin, some).ToArray())];
                var x = Tensor.From(phase.Model.Device, new Shape(n, o.Size, o.Size, o.Channels), values);
                var mu = Tensor.From(phase.Model.Device, new Shape(n, some), levels);
                using var loss = phase.ValidationLoss(
                    x, mu, new NoiseSource(unchecked((ulong)seed), Stream + (ulong)((first * _levels) + begin), SameForEveryImage: false));
                sum += loss.Value.Item() * n * some;
            }
        }
        return sum / all.Length;
    }
}
