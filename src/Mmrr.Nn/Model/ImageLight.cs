namespace Mmrr.Nn;

/// <summary>
/// How the values of an image, in [−1, 1], become those that the networks see: value·<see cref="Gain"/> + <see cref="Offset"/>, clamped to [−1, 1]. It
/// is one map for a whole image, whatever part of it is seen at a time: a tile of a darker part stays darker than one of a brighter part.
/// </summary>
/// <param name="Gain">What a value is multiplied by.</param>
/// <param name="Offset">What is added then.</param>
public readonly record struct ImageLight(float Gain, float Offset)
{
    /// <summary>
    /// The standard deviation of a normalised image, in the range [−1, 1]; its mean is 0. Four deviations to either side of the mean are kept, what
    /// lies beyond is clamped.
    /// </summary>
    public const double Deviation = 0.25;

    // Of an image of one value only the noise would be left to see: a deviation below two of 255 steps of the range is taken for as much.
    private const double LeastDeviation = 2 / 127.5;

    /// <summary>Values stay what they are.</summary>
    public static ImageLight Unchanged { get; } = new(1, 0);

    /// <summary>The map of an image for a model.</summary>
    /// <param name="options">Of the model; without <see cref="MmrrOptions.Normalize"/> nothing changes.</param>
    /// <param name="image">The whole image.</param>
    public static ImageLight Of(MmrrOptions options, PreparedImage image)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(image);
        return options.Normalize ? Normalizing(image.Pixels, options.Range) : Unchanged;
    }

    /// <summary>The map to mean 0 and deviation <see cref="Deviation"/>, over all pixels and channels.</summary>
    /// <param name="pixels">The whole image, at least one value.</param>
    /// <param name="range">Which values become −1 and 1; those beyond are clipped before.</param>
    public static ImageLight Normalizing(PixelValues pixels, PixelRange range)
    {
        ArgumentNullException.ThrowIfNull(range);
        var (sum, squares) = ImagePixels.Sums(pixels, range);
        double mean = (double)sum / pixels.Length, variance = ((double)squares / pixels.Length) - (mean * mean);
        return To((mean / range.Half) - 1, Math.Sqrt(Math.Max(0, variance)) / range.Half);
    }

    /// <summary>The same for values in [−1, 1].</summary>
    /// <param name="values">The whole image, at least one.</param>
    public static ImageLight Normalizing(ReadOnlySpan<float> values)
    {
        var (mean, deviation) = Measure(values);
        return To(mean, deviation);
    }

    /// <summary>Brightness and contrast: the mean of an image and its standard deviation, over all pixels and channels.</summary>
    /// <param name="values">The whole image, at least one.</param>
    public static (double Mean, double Deviation) Measure(ReadOnlySpan<float> values)
    {
        double sum = 0, squares = 0;
        foreach (float value in values) sum += value;
        double mean = sum / values.Length;
        foreach (float value in values) squares += (value - mean) * (value - mean);
        return (mean, Math.Sqrt(squares / values.Length));
    }

    /// <summary>Maps values in place.</summary>
    public void Apply(Span<float> values)
    {
        if (this == Unchanged) return;
        for (int i = 0; i < values.Length; i++) values[i] = Math.Clamp((values[i] * Gain) + Offset, -1, 1);
    }

    private static ImageLight To(double mean, double deviation)
    {
        double gain = Deviation / Math.Max(deviation, LeastDeviation);
        return new ImageLight((float)gain, (float)(-mean * gain));
    }
}
