using System.Numerics;
using Mmrr.Nn;

namespace Mmrr.Training.Data;

/// <summary>Random changes of a training image under which it stays normal.</summary>
/// <param name="Flip">Mirrors left to right, with probability one half.</param>
/// <param name="Rotate">Rotates about the centre by an angle uniform in ±30°: bilinear, reflected beyond the border.</param>
/// <param name="Brightness">Multiplies the distance from the range's lower end by a factor uniform in [0.7, 1.3) and clamps.</param>
/// <param name="Offset">See <see cref="LightChange"/>, also for the parameters below.</param>
/// <param name="Gain">Contrast about the image's mean.</param>
/// <param name="Gamma">A power of the values.</param>
/// <param name="Gradient">A brightness ramp over the image.</param>
internal readonly record struct Augmentation(
    bool Flip, bool Rotate, bool Brightness, bool Offset = false, bool Gain = false, bool Gamma = false, bool Gradient = false)
{
    /// <summary>The words that <see cref="Parse"/> accepts, for messages.</summary>
    public const string Words = "flip, rotate, brightness, offset, gain, gamma, gradient";

    private const double MaxAngle = Math.PI / 6;

    /// <summary>No change at all.</summary>
    public static Augmentation None => default;

    /// <summary>Whether <see cref="Apply"/> changes anything.</summary>
    public bool ChangesPixels => Flip || Rotate || Brightness;

    /// <summary>Whether a <see cref="LightChange"/> is drawn for each image.</summary>
    public bool ChangesLight => Offset || Gain || Gamma || Gradient;

    /// <summary>Reads a list such as <c>flip,rotate,brightness</c>; <c>none</c> and an empty text mean no change.</summary>
    /// <exception cref="ArgumentException">A word is unknown or repeated.</exception>
    public static Augmentation Parse(string text)
    {
        var result = None;
        if (text.Trim() is "" or "none")
            return result;
        foreach (string word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var before = result;
            result = word switch
            {
                "flip" => result with { Flip = true },
                "rotate" => result with { Rotate = true },
                "brightness" => result with { Brightness = true },
                "offset" => result with { Offset = true },
                "gain" => result with { Gain = true },
                "gamma" => result with { Gamma = true },
                "gradient" => result with { Gradient = true },
                _ => throw new ArgumentException($"unknown augmentation '{word}'; expected a list of {Words}, or none"),
            };
            if (result == before)
                throw new ArgumentException($"'{word}' is named twice");
        }

        return result;
    }

    /// <summary>Rejects changes that normalisation removes, and changes that undo an alignment.</summary>
    /// <param name="model">The model whose images are changed.</param>
    /// <exception cref="ArgumentException">There is such a change.</exception>
    public void CheckBeside(MmrrOptions model)
    {
        string[] light = [.. Named().Where(w => w is "brightness" or "offset" or "gain")], turns = [.. Named().Where(w => w is "flip" or "rotate")];
        if (model.Normalize && light.Length > 0)
            throw new ArgumentException($"{string.Join(", ", light)}: normalisation removes it again; gamma and gradient remain");
        if (model.Fit == ImageFit.Align && turns.Length > 0)
            throw new ArgumentException($"{string.Join(", ", turns)}: aligned parts would be rotated again");
    }

    /// <summary>The text that <see cref="Parse"/> reads back.</summary>
    public override string ToString() => this == None ? "none" : string.Join(',', Named());

    /// <summary>Writes a copy of an image, flipped, rotated or changed in brightness; an exact copy with all of these off.</summary>
    /// <param name="source">[height, width, channels].</param>
    /// <param name="target">Receives the copy, [height, width, channels] of the same depth; must not overlap the source.</param>
    /// <param name="range">The range, whose lower end is black.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="channels">Interleaved channels.</param>
    /// <param name="random">The generator; seed it with (seed, epoch, image index) so that order and threads do not matter.</param>
    public void Apply(PixelValues source, PixelValues target, PixelRange range, int height, int width, int channels, ref SplitMix64 random)
    {
        if (source.Bits == 8) Apply<byte>(source.Bytes, target.Bytes, range.Low, height, width, channels, ref random);
        else Apply<ushort>(source.Words, target.Words, range.Low, height, width, channels, ref random);
    }

    private void Apply<T>(ReadOnlySpan<T> source, Span<T> target, int black, int height, int width, int channels, ref SplitMix64 random)
        where T : IBinaryInteger<T>, IMinMaxValue<T>
    {
        double white = double.CreateTruncating(T.MaxValue);
        bool mirrored = Flip && random.NextDouble() < 0.5;
        double angle = Rotate ? random.NextDouble(-MaxAngle, MaxAngle) : 0;
        double factor = Brightness ? random.NextDouble(0.7, 1.3) : 1;
        double cos = PortableMath.Cos(angle);
        double sin = PortableMath.Sin(angle);
        double centerX = (width - 1) / 2.0;
        double centerY = (height - 1) / 2.0;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                double dx = mirrored ? centerX - x : x - centerX;
                double dy = y - centerY;
                double sourceX = centerX + (cos * dx) - (sin * dy);
                double sourceY = centerY + (sin * dx) + (cos * dy);
                int left = (int)Math.Floor(sourceX);
                int top = (int)Math.Floor(sourceY);
                double u = sourceX - left;
                double v = sourceY - top;
                int x0 = Reflect(left, width) * channels;
                int x1 = Reflect(left + 1, width) * channels;
                int y0 = Reflect(top, height) * width * channels;
                int y1 = Reflect(top + 1, height) * width * channels;
                for (int c = 0; c < channels; c++)
                {
                    double upper = ((1 - u) * Value(source[y0 + x0 + c])) + (u * Value(source[y0 + x1 + c]));
                    double lower = ((1 - u) * Value(source[y1 + x0 + c])) + (u * Value(source[y1 + x1 + c]));
                    double value = black + (factor * (((1 - v) * upper) + (v * lower) - black));
                    target[(((y * width) + x) * channels) + c] = T.CreateTruncating(Math.Clamp(value, 0, white) + 0.5);
                }
            }
        }

        static double Value(T value) => double.CreateTruncating(value);
    }

    private IEnumerable<string> Named()
    {
        (bool On, string Word)[] words =
            [(Flip, "flip"), (Rotate, "rotate"), (Brightness, "brightness"), (Offset, "offset"), (Gain, "gain"), (Gamma, "gamma"), (Gradient, "gradient")];
        return words.Where(w => w.On).Select(w => w.Word);
    }

    /// <summary>The index with mirrored continuation: ... 1 0 | 0 1 2 | 2 1 ...</summary>
    private static int Reflect(int index, int length)
    {
        int period = 2 * length;
        index = ((index % period) + period) % period;
        return index < length ? index : period - 1 - index;
    }
}
