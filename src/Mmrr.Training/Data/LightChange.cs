namespace Mmrr.Training.Data;

/// <summary>
/// A change of the light over one image, of values from 0 (black) to 1 (white), in this order: a ramp that multiplies by 1 ± up to 0.15 at the image's
/// corners and by 1 in its middle; a contrast about the image's mean from 0.8 to 1.25; an offset in ±0.1; clamping; a power from 1/1.5 to 1.5. It is
/// defined over the whole image, so its tiles change consistently.
/// </summary>
/// <param name="Gain">The factor of differences to the image's mean.</param>
/// <param name="Offset">The offset that is added.</param>
/// <param name="Gamma">The exponent.</param>
/// <param name="Ramp">The amount added to the factor 1 where the ramp is brightest.</param>
/// <param name="Angle">The direction in which the ramp is brightest, in radians; 0 is to the right.</param>
internal readonly record struct LightChange(double Gain, double Offset, double Gamma, double Ramp, double Angle)
{
    /// <summary>The largest absolute offset.</summary>
    public const double MostOffset = 0.1;

    /// <summary>The largest contrast; the smallest is its inverse.</summary>
    public const double MostGain = 1.25;

    /// <summary>The largest exponent; the smallest is its inverse.</summary>
    public const double MostGamma = 1.5;

    /// <summary>The steepest ramp.</summary>
    public const double MostRamp = 0.15;

    /// <summary>No change.</summary>
    public static LightChange None { get; } = new(1, 0, 1, 0, 0);

    /// <summary>
    /// Draws a change. Offset and ramp are uniform, contrast and exponent log-uniform, the ramp's direction uniform. Changes that are not requested are
    /// drawn as well, so that the others do not depend on the selection.
    /// </summary>
    public static LightChange Draw(Augmentation augmentation, ref SplitMix64 random)
    {
        double offset = random.NextDouble(-MostOffset, MostOffset), gain = random.NextDouble(-1, 1), gamma = random.NextDouble(-1, 1);
        double ramp = random.NextDouble(0, MostRamp), angle = random.NextDouble(0, 2 * Math.PI);
        return new LightChange(
            augmentation.Gain ? PortableMath.Exp(gain * PortableMath.Log(MostGain)) : 1,
            augmentation.Offset ? offset : 0,
            augmentation.Gamma ? PortableMath.Exp(gamma * PortableMath.Log(MostGamma)) : 1,
            augmentation.Gradient ? ramp : 0,
            augmentation.Gradient ? angle : 0);
    }

    /// <summary>Changes an image, or a part of it, in place.</summary>
    /// <param name="values">[h, w, channels], in [−1, 1].</param>
    /// <param name="width">The part's width, w.</param>
    /// <param name="channels">Interleaved channels.</param>
    /// <param name="place">The part's upper left pixel in the image.</param>
    /// <param name="size">The image's height and width.</param>
    /// <param name="mean">The image's mean, in [−1, 1].</param>
    public void Apply(Span<float> values, int width, int channels, (int Top, int Left) place, (int Height, int Width) size, double mean)
    {
        if (this == None)
            return;
        double centerX = (size.Width - 1) / 2.0, centerY = (size.Height - 1) / 2.0;
        double cos = PortableMath.Cos(Angle), sin = PortableMath.Sin(Angle);
        double reach = (Math.Abs(cos) * centerX) + (Math.Abs(sin) * centerY);
        double slope = reach > 0 ? Ramp / reach : 0;
        double middle = (mean + 1) / 2;
        for (int i = 0; i < values.Length; i++)
        {
            int y = place.Top + (i / (width * channels)), x = place.Left + (i / channels % width);
            double value = (values[i] + 1.0) / 2;
            value *= 1 + (slope * ((cos * (x - centerX)) + (sin * (y - centerY))));
            value = Math.Clamp(middle + (Gain * (value - middle)) + Offset, 0, 1);
            if (Gamma != 1)
                value = PortableMath.Pow(value, Gamma);
            values[i] = (float)((2 * value) - 1);
        }
    }
}
