using Mmrr.App.Data;
using Mmrr.Nn;

namespace Mmrr.App.Training;

/// <summary>Turns samples into batches [N, H, W, C] of floats in [−1, 1]: v/127.5 − 1. For one thread at a time.</summary>
internal sealed class ImageBatches(ImageSet set, int[] members, Augmentation augmentation, long seed)
{
    private readonly byte[] _changed = new byte[set.Height * set.Width * set.Channels];
    private (int Epoch, int[] Places) _order = (0, []);

    /// <summary>Images there are.</summary>
    public int Count => members.Length;

    /// <summary>Floats of one image.</summary>
    public int ImageLength => _changed.Length;

    /// <summary>The order of one epoch, the same for the same seed.</summary>
    public int[] Order(int epoch)
    {
        if (_order.Epoch != epoch) _order = (epoch, Sampling.Permutation(members.Length, unchecked((long)new SplitMix64(seed, epoch).Next())));
        return _order.Places;
    }

    /// <summary>Writes the images at these places of the members, augmented afresh in every epoch.</summary>
    public void Fill(ReadOnlySpan<int> places, int epoch, Span<float> target)
    {
        for (int i = 0; i < places.Length; i++)
        {
            int member = members[places[i]];
            ReadOnlySpan<byte> pixels = set.Samples[member].Pixels;
            if (augmentation != Augmentation.None)
            {
                var random = new SplitMix64(seed, epoch, member);
                augmentation.Apply(pixels, _changed, set.Height, set.Width, set.Channels, ref random);
                pixels = _changed;
            }
            ImagePixels.ToFloats(pixels, target.Slice(i * ImageLength, ImageLength));
        }
    }
}
