using System.CommandLine;
using System.Globalization;

namespace Mmrr.App.Commands;

/// <summary><c>--range LOW,HIGH</c>: the pixel values that become black and white for the networks.</summary>
internal static class RangeOption
{
    private const int Most = ushort.MaxValue;

    /// <summary>The option.</summary>
    public static Option<(int Low, int High)?> Create() => new("--range")
    {
        HelpName = "LOW,HIGH",
        Description = "Pixel values that become black and white for the networks; values outside are clipped and counted. "
            + "When not given, 0,255, and for images of more than 8 bits the range of the training images.",
        CustomParser = result =>
        {
            string text = result.Tokens[^1].Value;
            string[] parts = text.Split(',');
            if (parts.Length == 2 && Read(parts[0], out int low) && Read(parts[1], out int high) && low < high) return (low, high);
            result.AddError($"--range is '{text}', expected two whole numbers from 0 to {Most}, the lower first, such as 0,4095");
            return null;
        },
    };

    private static bool Read(string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= Most;
}
