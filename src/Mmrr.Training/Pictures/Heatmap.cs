namespace Mmrr.Training.Pictures;

/// <summary>Anomaly maps in colour: matplotlib's perceptually uniform inferno map, dark for low and bright for high.</summary>
public static class Heatmap
{
    // Matt Zucker's degree 6 fit of matplotlib's inferno, public domain (https://www.shadertoy.com/view/WlfXRN).
    private static readonly double[] Red =
        [0.0002189403691192265, 0.1065134194856116, 11.60249308247187, -41.70399613139459, 77.162935699427, -71.31942824499214, 25.13112622477341];

    private static readonly double[] Green =
        [0.001651004631001012, 0.5639564367884091, -3.972853965665698, 17.43639888205313, -33.40235894210092, 32.62606426397723, -12.24266895238567];

    private static readonly double[] Blue =
        [-0.01948089843709184, 3.932712388889277, -15.9423941062914, 44.35414519872813, -81.80730925738993, 73.20951985803202, -23.07032500287172];

    // Cyan: not among inferno's colours, and seldom in photographs of parts.
    private static readonly Rgb s_outline = new(0, 229, 255);

    /// <summary>Colours a map.</summary>
    /// <param name="values">height × width finite values, row-major.</param>
    /// <param name="height">Rows, 1 or more.</param>
    /// <param name="width">Columns, 1 or more.</param>
    /// <param name="low">The value shown darkest; lower ones are clamped.</param>
    /// <param name="high">The value shown brightest, not below <paramref name="low"/>; higher ones are clamped.</param>
    /// <returns>An RGB image of the map's size.</returns>
    /// <remarks>With <paramref name="low"/> equal to <paramref name="high"/>, values up to it are darkest and those above brightest.</remarks>
    /// <exception cref="ArgumentException">A size, the count, the range or a value (NaN or infinite) is invalid.</exception>
    public static Tile Render(ReadOnlySpan<float> values, int height, int width, float low, float high)
    {
        Check(values, height, width, low, high);
        byte[] pixels = new byte[values.Length * 3];
        for (int i = 0; i < values.Length; i++)
        {
            Rgb colour = Inferno(Level(values, i, low, high));
            (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]) = (colour.R, colour.G, colour.B);
        }

        return new Tile(height, width, 3, pixels);
    }

    /// <summary>Blends a coloured map over an image; the colour's weight grows with the value, so low values show the image.</summary>
    /// <param name="image">The grey or RGB image.</param>
    /// <param name="values">One finite value for each pixel of the image, row-major.</param>
    /// <param name="low">The value that leaves the image unchanged; lower ones are clamped.</param>
    /// <param name="high">The value with the strongest blending, not below <paramref name="low"/>; higher ones are clamped.</param>
    /// <param name="opacity">The colour's weight at <paramref name="high"/>, 0 to 1.</param>
    /// <returns>An RGB image of the image's size.</returns>
    /// <exception cref="ArgumentException">The count, the range, the opacity or a value (NaN or infinite) is invalid.</exception>
    public static Tile Overlay(Tile image, ReadOnlySpan<float> values, float low, float high, double opacity = 0.75)
    {
        ArgumentNullException.ThrowIfNull(image);
        Check(values, image.Height, image.Width, low, high);
        if (!(opacity >= 0 && opacity <= 1))
            throw new ArgumentOutOfRangeException(nameof(opacity), opacity, "expected an opacity from 0 to 1");

        byte[] pixels = new byte[values.Length * 3];
        for (int i = 0; i < values.Length; i++)
        {
            double level = Level(values, i, low, high);
            double weight = opacity * level;
            Rgb under = image[i / image.Width, i % image.Width];
            Rgb over = Inferno(level);
            pixels[3 * i] = Blend(under.R, over.R, weight);
            pixels[3 * i + 1] = Blend(under.G, over.G, weight);
            pixels[3 * i + 2] = Blend(under.B, over.B, weight);
        }

        return new Tile(image.Height, image.Width, 3, pixels);
    }

    /// <summary>
    /// Outlines the regions above a value: their pixels next to a pixel that is not above it, or to the border. The line is wider on large images.
    /// </summary>
    /// <param name="image">The grey or RGB image.</param>
    /// <param name="values">One value for each pixel of the image, row-major.</param>
    /// <param name="contour">The value.</param>
    /// <returns>An RGB image of the image's size.</returns>
    /// <exception cref="ArgumentException">The count does not match.</exception>
    public static Tile Outline(Tile image, ReadOnlySpan<float> values, float contour)
    {
        ArgumentNullException.ThrowIfNull(image);
        Check(values, image.Height, image.Width, contour, contour);
        int thickness = Math.Max(1, Math.Min(image.Height, image.Width) / 256);
        byte[] pixels = new byte[values.Length * 3];
        for (int i = 0; i < values.Length; i++)
        {
            int y = i / image.Width, x = i % image.Width;
            Rgb colour = IsEdge(values, image.Height, image.Width, y, x, contour, thickness) ? s_outline : image[y, x];
            (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]) = (colour.R, colour.G, colour.B);
        }

        return new Tile(image.Height, image.Width, 3, pixels);
    }

    /// <summary>A map for these pictures: values that are not finite, the most abnormal ones, are replaced with another value.</summary>
    public static float[] Finite(float[] map, float otherwise) => Array.ConvertAll(map, value => float.IsFinite(value) ? value : otherwise);

    private static bool IsEdge(ReadOnlySpan<float> values, int height, int width, int y, int x, float contour, int thickness)
    {
        int at = y * width + x;
        if (!(values[at] > contour))
            return false;
        for (int step = 1; step <= thickness; step++)
        {
            if (y < step || y + step >= height || x < step || x + step >= width)
                return true;
            if (!(values[at - step * width] > contour && values[at + step * width] > contour && values[at - step] > contour && values[at + step] > contour))
                return true;
        }

        return false;
    }

    private static void Check(ReadOnlySpan<float> values, int height, int width, float low, float high)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (values.Length != (long)height * width)
            throw new ArgumentException($"{values.Length} values, expected {height} x {width}", nameof(values));
        if (!float.IsFinite(low) || !float.IsFinite(high) || low > high)
            throw new ArgumentException($"range {low} to {high}, expected finite bounds in ascending order", nameof(high));
    }

    private static double Level(ReadOnlySpan<float> values, int index, float low, float high)
    {
        float value = values[index];
        if (!float.IsFinite(value))
            throw new ArgumentException($"value {index} is {value}, expected a finite number", nameof(values));
        return low < high ? Math.Clamp(((double)value - low) / ((double)high - low), 0, 1) : value > high ? 1 : 0;
    }

    private static Rgb Inferno(double level) => new(Channel(Red, level), Channel(Green, level), Channel(Blue, level));

    private static byte Channel(double[] coefficients, double level)
    {
        double value = 0;
        for (int i = coefficients.Length - 1; i >= 0; i--)
            value = value * level + coefficients[i];
        return (byte)Math.Round(Math.Clamp(value, 0, 1) * byte.MaxValue);
    }

    private static byte Blend(byte under, byte over, double weight) => (byte)Math.Round(under + (over - under) * weight);
}
