using Mmrr.Nn;

namespace Mmrr.Training.Data;

/// <summary>
/// Statistics of what a run's options did to images: how many had values outside its range, which were clipped, how many had another depth, and in how many
/// no part to align was found. Reported once for all images.
/// </summary>
/// <param name="range">The run's range.</param>
internal sealed class ImageAccount(PixelRange range)
{
    private readonly List<string> _otherDepth = [];
    private readonly List<string> _withoutPart = [];
    private (int Images, long Pixels, string Worst, int Most) _clipped = (0, 0, "", 0);

    /// <summary>The images that were added.</summary>
    public int Images { get; private set; }

    /// <summary>Adds an image.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="fileBits">8, or 16 where its file has more than eight.</param>
    /// <param name="clippedPixels">See <see cref="PixelRange.CountBeyond"/>.</param>
    /// <param name="box">Where its part was found; null unless the fit is <see cref="ImageFit.Align"/>.</param>
    public void Add(string name, int fileBits, int clippedPixels, PartBox? box)
    {
        Images++;
        if (box is { IsWhole: true }) _withoutPart.Add(name);
        if (fileBits != range.Bits) _otherDepth.Add(name);
        if (clippedPixels == 0) return;
        bool worst = clippedPixels > _clipped.Most;
        _clipped = (_clipped.Images + 1, _clipped.Pixels + clippedPixels, worst ? name : _clipped.Worst, worst ? clippedPixels : _clipped.Most);
    }

    /// <summary>Adds an image of a set.</summary>
    /// <param name="sample">The image.</param>
    /// <param name="prepared">Its pixels, so that those of an image not kept in memory are read only once.</param>
    /// <param name="channels">Its channels.</param>
    public void Add(Sample sample, PreparedImage prepared, int channels) =>
        Add(sample.Name, sample.FileBits, range.CountBeyond(prepared.Pixels, channels), prepared.Box);

    /// <summary>The remarks, one line of each kind.</summary>
    public IEnumerable<string> Remarks()
    {
        if (_clipped.Images > 0)
            yield return $"{_clipped.Images} of {Images} images have values outside the run's range {range}: "
                + $"{_clipped.Pixels} pixels are clipped, most of them in {_clipped.Worst} ({_clipped.Most})";
        if (_withoutPart.Count > 0)
            yield return $"no part was found in {_withoutPart.Count} of {Images} images; they are used whole: {Some(_withoutPart)}";
        if (_otherDepth.Count == 0) yield break;
        string depth = range.Bits == 8
            ? "more than 8 bits a value, of which the high byte counts in this run of 8 bits"
            : "8 bits a value, each of which counts 257 times in this run of 16 bits";
        yield return $"{_otherDepth.Count} of {Images} images have {depth}: {Some(_otherDepth)}";
    }

    private static string Some(List<string> names) => names.Count > 1 ? $"{names[0]} and others" : names[0];
}
