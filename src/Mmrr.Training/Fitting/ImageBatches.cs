using Mmrr.Nn;
using Mmrr.Training.Data;

namespace Mmrr.Training.Fitting;

/// <summary>
/// Turns samples into batches [N, H, W, C] of floats in [−1, 1] by the run's range, with the light changed and normalised as requested. A sample larger
/// than the model's square counts once for each tile drawn from it. Not thread-safe.
/// </summary>
internal sealed class ImageBatches(ImageSet set, int[] members, Augmentation augmentation, bool normalize, PixelRange range, long seed)
{
    private readonly PixelValues _changed = PixelValues.Zeros(set.Bits, set.Height * set.Width * set.Channels);
    private readonly PixelValues _tile = PixelValues.Zeros(set.Bits, set.Height * set.Width * set.Channels);
    private readonly (int Sample, int Tile)[] _images =
        [.. members.SelectMany(m => Enumerable.Range(0, TileDraw.Count(set.Samples[m], set.Height)).Select(tile => (m, tile)))];
    private readonly TrainingLight _light = new(set, augmentation, normalize, range, seed);
    private (int Epoch, int[] Places) _order = (0, []);

    /// <summary>The number of images or tiles of images.</summary>
    public int Count => _images.Length;

    /// <summary>Floats of one image.</summary>
    public int ImageLength => _changed.Length;

    /// <summary>The order of one epoch, determined by the seed.</summary>
    public int[] Order(int epoch)
    {
        if (_order.Epoch != epoch) _order = (epoch, Sampling.Permutation(Count, unchecked((long)new SplitMix64(seed, epoch).Next())));
        return _order.Places;
    }

    /// <summary>Writes the images at these positions of the set; tiles are drawn and augmented again in every epoch.</summary>
    public void Fill(ReadOnlySpan<int> places, int epoch, Span<float> target)
    {
        for (int i = 0; i < places.Length; i++)
        {
            var (member, tile) = _images[places[i]];
            var sample = set.Samples[member];
            var pixels = sample.Pixels;
            var random = tile == 0 ? new SplitMix64(seed, epoch, member) : new SplitMix64(seed, epoch, member, tile);
            (int Top, int Left) place = (0, 0);
            if (sample.Height != set.Height || sample.Width != set.Width)
            {
                place = TileDraw.Cut(sample, set.Height, set.Channels, tile, ref random, _tile);
                pixels = _tile;
            }
            if (augmentation.ChangesPixels)
            {
                augmentation.Apply(pixels, _changed, range, set.Height, set.Width, set.Channels, ref random);
                pixels = _changed;
            }
            var values = target.Slice(i * ImageLength, ImageLength);
            ImagePixels.ToFloats(pixels, range, values);
            _light.Apply(member, epoch, place, pixels, values);
        }
    }
}
