using Mmrr.Nn;

namespace Mmrr.Training.Data;

/// <summary>
/// What a run's options did to images: how many had values beyond its range, which were clipped, how many had another depth, and on how many no part was found
/// that could be aligned. Told once for all of them.
/// </summary>
/// <param name="range">The run's range.</param>
internal sealed class ImageAccount(PixelRange range)
{
    private readonly List<string> _otherDepth = [];
    private readonly List<string> _withoutPart = [];
    private int _images;
    private (int Images, long Pixels, string Worst, int Most) _clipped = (0, 0, "", 0);

    /// <summary>Notes an image.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="fileBits">8, or 16 where its file has more than eight.</param>
    /// <param name="clippedPixels">See <see cref="PixelRange.CountBeyond"/>.</param>
    /// <param name="box">Where its part was found; null but for <see cref="ImageFit.Align"/>.</param>
    public void Add(string name, int fileBits, int clippedPixels, PartBox? box)
    {
        _images++;
        if (box is { IsWhole: true }) _withoutPart.Add(name);
        if (fileBits != range.Bits) _otherDepth.Add(name);
        if (clippedPixels == 0) return;
        bool worst = clippedPixels > _clipped.Most;
        _clipped = (_clipped.Images + 1, _clipped.Pixels + clippedPixels, worst ? name : _clipped.Worst, worst ? clippedPixels : _clipped.Most);
    }

    /// <summary>Notes an image of a set.</summary>
    /// <param name="sample">The image.</param>
    /// <param name="prepared">Its pixels; of an image that is not kept they are read only once then.</param>
    /// <param name="channels">Its channels.</param>
    public void Add(Sample sample, PreparedImage prepared, int channels) =>
        Add(sample.Name, sample.FileBits, range.CountBeyond(prepared.Pixels, channels), prepared.Box);

    /// <summary>What is to be told, a line of each kind.</summary>
    public IEnumerable<string> Remarks()
    {
        if (_clipped.Images > 0)
            yield return $"{_clipped.Images} of {_images} images have values beyond the run's range {range}: "
                + $"{_clipped.Pixels} pixels are clipped, most of them in {_clipped.Worst} ({_clipped.Most})";
        if (_withoutPart.Count > 0)
            yield return $"on {_withoutPart.Count} of {_images} images no part was found, they are seen whole: {Some(_withoutPart)}";
        if (_otherDepth.Count == 0) yield break;
        string depth = range.Bits == 8
            ? "more than 8 bits a value, of which the high byte counts in this run of 8 bits"
            : "8 bits a value, each of which counts 257 times in this run of 16 bits";
        yield return $"{_otherDepth.Count} of {_images} images have {depth}: {Some(_otherDepth)}";
    }

    private static string Some(List<string> names) => names.Count > 1 ? $"{names[0]} and others" : names[0];
}
