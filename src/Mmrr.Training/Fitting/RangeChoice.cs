using Mmrr.Nn;
using Mmrr.Training.Data;

namespace Mmrr.Training.Fitting;

/// <summary>Determines which values a new run maps to −1 and 1.</summary>
internal static class RangeChoice
{
    /// <summary>The full range for 8-bit images; for deeper ones the smallest and the largest value that occur, as the model sees them.</summary>
    /// <param name="images">The training images, at least one.</param>
    /// <param name="given">The range of <c>--range</c>, which overrides this.</param>
    /// <exception cref="UsageException">The range exceeds the depth of the images.</exception>
    public static PixelRange Of(IEnumerable<Sample> images, (int Low, int High)? given = null)
    {
        Sample[] all = [.. images];
        int bits = all[0].Pixels.Bits;
        if (given is not { } range) return bits == 8 ? PixelRange.Bytes : PixelRange.Of(all.Select(s => s.Pixels));
        var wanted = new PixelRange(range.Low, range.High, bits);
        return wanted.High <= wanted.White
            ? wanted
            : throw new UsageException($"--range {wanted}: the images have {bits} bits a value, with a maximum of {wanted.White}");
    }
}
