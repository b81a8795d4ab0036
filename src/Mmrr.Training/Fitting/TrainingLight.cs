using Mmrr.Nn;
using Mmrr.Training.Data;

namespace Mmrr.Training.Fitting;

/// <summary>
/// The light of training images: changed by the augmentation, the same for all tiles of an image in an epoch, and then normalised where the model requires
/// it. As in scoring, the mean and contrast are those of the whole image, after any flip or rotation of the image as a whole.
/// </summary>
/// <param name="set">The images.</param>
/// <param name="augmentation">The changes.</param>
/// <param name="normalize">Whether brightness and contrast are normalised.</param>
/// <param name="range">The run's range.</param>
/// <param name="seed">The run's seed.</param>
internal sealed class TrainingLight(ImageSet set, Augmentation augmentation, bool normalize, PixelRange range, long seed)
{
    // Tiles are numbered from 0.
    private const long WholeImage = -1;

    private readonly Dictionary<int, Whole> _wholes = [];
    private float[] _values = [];

    private sealed record Whole(int Epoch, double Mean, LightChange Change, ImageLight Light);

    /// <summary>Changes and normalises an image or a tile of it in place.</summary>
    /// <param name="member">Index of the image.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="place">The tile's upper left pixel.</param>
    /// <param name="pixels">The pixels as stored in the set.</param>
    /// <param name="values">The same pixels as values in [−1, 1].</param>
    public void Apply(int member, int epoch, (int Top, int Left) place, PixelValues pixels, Span<float> values)
    {
        if (!augmentation.ChangesLight && !normalize) return;
        var sample = set.Samples[member];
        var size = (sample.Height, sample.Width);
        if (size == (set.Height, set.Width))
        {
            var change = Draw(member, epoch);
            change.Apply(values, set.Width, set.Channels, place, size, ImagePixels.Mean(pixels, range));
            if (normalize) (augmentation.ChangesLight ? ImageLight.Normalizing(values) : ImageLight.Normalizing(pixels, range)).Apply(values);
            return;
        }
        if (!_wholes.TryGetValue(member, out var whole) || whole.Epoch != epoch) _wholes[member] = whole = Of(sample, epoch, Draw(member, epoch));
        whole.Change.Apply(values, set.Width, set.Channels, place, size, whole.Mean);
        whole.Light.Apply(values);
    }

    private LightChange Draw(int member, int epoch)
    {
        var random = new SplitMix64(seed, epoch, member, WholeImage);
        return augmentation.ChangesLight ? LightChange.Draw(augmentation, ref random) : LightChange.None;
    }

    /// <summary>The values shared by all tiles of an image, from all of its pixels: one pass over them in each epoch.</summary>
    private Whole Of(Sample sample, int epoch, LightChange change)
    {
        double mean = ImagePixels.Mean(sample.Pixels, range);
        if (!normalize) return new Whole(epoch, mean, change, ImageLight.Unchanged);
        if (!augmentation.ChangesLight) return new Whole(epoch, mean, change, ImageLight.Normalizing(sample.Pixels, range));
        if (_values.Length < sample.Pixels.Length) _values = new float[sample.Pixels.Length];
        var values = _values.AsSpan(0, sample.Pixels.Length);
        ImagePixels.ToFloats(sample.Pixels, range, values);
        change.Apply(values, sample.Width, set.Channels, (0, 0), (sample.Height, sample.Width), mean);
        return new Whole(epoch, mean, change, ImageLight.Normalizing(values));
    }
}
