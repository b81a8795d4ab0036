using Mmrr.App.Data;
using Mmrr.Nn;

namespace Mmrr.App.Training;

/// <summary>Turns samples into batches [N, H, W, C] of floats in [−1, 1]: v/127.5 − 1. A sample that is larger than the model's square counts as often as tiles are drawn from it.</summary>
internal sealed class ImageBatches(ImageSet set, int[] members, Augmentation augmentation, long seed)
{
    private readonly byte[] _changed = new byte[set.Height * set.Width * set.Channels];
    private readonly byte[] _tile = new byte[set.Height * set.Width * set.Channels];
    private readonly (int Sample, int Tile)[] _images = [.. members.SelectMany(m => Enumerable.Range(0, TileDraw.Count(set.Samples[m], set.Height)).Select(tile => (m, tile)))];

    /// <summary>Images, or tiles of images, there are.</summary>
    public int Count => _images.Length;

    /// <summary>Floats of one image.</summary>
    public int ImageLength => _changed.Length;

    /// <summary>The order of one epoch, the same for the same seed.</summary>
    public int[] Order(int epoch) => Sampling.Permutation(Count, unchecked((long)new SplitMix64(seed, epoch).Next()));

    /// <summary>Writes the images at these places, tiles drawn and augmented afresh in every epoch.</summary>
    public void Fill(ReadOnlySpan<int> places, int epoch, Span<float> target)
    {
        for (int i = 0; i < places.Length; i++)
        {
            var (member, tile) = _images[places[i]];
            var sample = set.Samples[member];
            ReadOnlySpan<byte> pixels = sample.Pixels;
            var random = tile == 0 ? new SplitMix64(seed, epoch, member) : new SplitMix64(seed, epoch, member, tile);
            if (sample.Height != set.Height || sample.Width != set.Width)
            {
                TileDraw.Cut(sample, set.Height, set.Channels, tile, ref random, _tile);
                pixels = _tile;
            }
            if (augmentation != Augmentation.None)
            {
                augmentation.Apply(pixels, _changed, set.Height, set.Width, set.Channels, ref random);
                pixels = _changed;
            }
            ImagePixels.ToFloats(pixels, target.Slice(i * ImageLength, ImageLength));
        }
    }
}
