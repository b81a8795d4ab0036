using Mmrr.App.Data;
using Mmrr.Autograd;
using Mmrr.Nn;

namespace Mmrr.App.Training;

/// <summary>The mean loss of the validation images at levels (i + ½)/n in a shuffled order and at noise that never changes.</summary>
internal sealed class ValidationLoss(TrainingPhase phase, ImageBatches images, int batch, long seed)
{
    private const ulong Stream = 1ul << 62;

    /// <summary>Measures it; null when it was told to stop on the way, which changes nothing.</summary>
    public double? Measure(CancellationToken stop)
    {
        using var guard = new NoGradient();
        var o = phase.Model.Options;
        int[] level = Sampling.Permutation(images.Count, seed);
        double sum = 0;
        for (int first = 0; first < images.Count; first += batch)
        {
            if (stop.IsCancellationRequested) return null;
            using var scope = new DisposeScope();
            int n = Math.Min(batch, images.Count - first);
            var values = new float[n * images.ImageLength];
            var levels = new float[n];
            images.Fill([.. Enumerable.Range(first, n)], 0, values);
            for (int i = 0; i < n; i++) levels[i] = (level[first + i] + 0.5f) / images.Count;
            using var loss = phase.Loss(
                Tensor.From(phase.Model.Device, new Shape(n, o.Size, o.Size, o.Channels), values), Tensor.From(phase.Model.Device, new Shape(n, 1), levels),
                new NoiseSource(unchecked((ulong)seed), Stream + (ulong)first, SameForEveryImage: false));
            sum += loss.Value.Item() * n;
        }
        return sum / images.Count;
    }
}
