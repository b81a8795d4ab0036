using Mmrr.Nn;
using Mmrr.Training.Data;

namespace Mmrr.Training.Fitting;

/// <summary>Which values a new run maps to −1 and 1.</summary>
internal static class RangeChoice
{
    /// <summary>All of 8-bit pictures; of deeper ones the smallest and the largest value that there is, as the model sees them.</summary>
    /// <param name="images">Those that are trained on, at least one.</param>
    /// <param name="given">What <c>--range</c> says, in its place.</param>
    /// <exception cref="UsageException">The pictures have no such values.</exception>
    public static PixelRange Of(IEnumerable<Sample> images, (int Low, int High)? given = null)
    {
        Sample[] all = [.. images];
        int bits = all[0].Pixels.Bits;
        if (given is not { } range) return bits == 8 ? PixelRange.Bytes : PixelRange.Of(all.Select(s => s.Pixels));
        var wanted = new PixelRange(range.Low, range.High, bits);
        return wanted.High <= wanted.White
            ? wanted
            : throw new UsageException($"--range {wanted}: the pictures have {bits} bits a value, which goes up to {wanted.White}");
    }
}
