namespace Mmrr.Nn;

/// <summary>
/// The map from the values of an image, in [−1, 1], to those that the networks see: value·<see cref="Gain"/> + <see cref="Offset"/>, clamped to [−1, 1].
/// It is the same for the whole image: a tile of a darker part stays darker than one of a brighter part.
/// </summary>
/// <param name="Gain">The factor of each value.</param>
/// <param name="Offset">The value added to the product.</param>
public readonly record struct ImageLight(float Gain, float Offset)
{
    /// <summary>
    /// The standard deviation of a normalised image, in the range [−1, 1]; its mean is 0. Values within four deviations of the mean are kept; others are
    /// clamped.
    /// </summary>
    public const double Deviation = 0.25;

    /// <summary>
    /// An image of constant value would be scaled to show only noise: a deviation below two of 255 steps of the range is replaced by this minimum.
    /// </summary>
    internal const double LeastDeviation = 2 / 127.5;

    /// <summary>The identity map.</summary>
    public static ImageLight Unchanged { get; } = new(1, 0);

    /// <summary>The map of an image for a model.</summary>
    /// <param name="options">The model's options; without <see cref="MmrrOptions.Normalize"/> the map is the identity.</param>
    /// <param name="image">The whole image.</param>
    public static ImageLight Of(MmrrOptions options, PreparedImage image)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(image);
        return options.Normalize ? Normalizing(image.Pixels, options.Range) : Unchanged;
    }

    /// <summary>The map to mean 0 and deviation <see cref="Deviation"/>, over all pixels and channels.</summary>
    /// <param name="pixels">The whole image, at least one value.</param>
    /// <param name="range">The values that become −1 and 1; others are clipped first.</param>
    public static ImageLight Normalizing(PixelValues pixels, PixelRange range)
    {
        ArgumentNullException.ThrowIfNull(range);
        var (sum, squares) = ImagePixels.Sums(pixels, range);
        double mean = (double)sum / pixels.Length, variance = ((double)squares / pixels.Length) - (mean * mean);
        return To((mean / range.Half) - 1, Math.Sqrt(Math.Max(0, variance)) / range.Half);
    }

    /// <summary>The same map for values in [−1, 1].</summary>
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
