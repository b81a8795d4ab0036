using System.Globalization;

namespace Mmrr.Training.Data;

/// <summary>
/// Writes a small synthetic inspection set in the MVTec layout: <c>weave</c> (a texture) and <c>washer</c> (a part), with scratches, spots and missing
/// pieces of low, middle and high contrast. The same seed gives the same pixels on every platform: it uses no library function whose last bits differ, and
/// no drawing functions of the imaging library.
/// </summary>
internal static class SyntheticInspection
{
    private const int Supersampling = 3;
    private const double NoiseLevel = 0.010;

    // A change below this many grey levels is lost in the camera noise and not marked.
    private const double VisibleLevels = 5;
    private static readonly string[] Categories = ["weave", "washer"];
    private static readonly string[] Defects = ["scratch", "spot", "missing"];

    /// <summary>Writes both categories under a folder, which is created; files of the same name are replaced.</summary>
    /// <param name="root">Folder that will hold <c>weave</c> and <c>washer</c>.</param>
    /// <param name="seed">Seed of all images.</param>
    /// <param name="size">Side of the images in pixels, at least 16.</param>
    /// <param name="train">Normal training images per category.</param>
    /// <param name="good">Normal test images per category.</param>
    /// <param name="perDefect">Test images per category and kind of defect.</param>
    public static void Write(string root, long seed = 0, int size = 64, int train = 200, int good = 40, int perDefect = 20)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 16);
        for (int category = 0; category < Categories.Length; category++)
        {
            string folder = Path.Combine(root, Categories[category]);
            WriteGood(Path.Combine(folder, "train", "good"), train, [seed, category, 0], size);
            WriteGood(Path.Combine(folder, "test", "good"), good, [seed, category, 1], size);
            for (int defect = 0; defect < Defects.Length; defect++)
                WriteDefect(folder, defect, perDefect, [seed, category, 2 + defect], size);
        }
    }

    private static string FileName(int index, string ending) => index.ToString("000", CultureInfo.InvariantCulture) + ending;

    private static SyntheticSurface Draw(long category, ref SplitMix64 random) =>
        category == 0 ? new SyntheticWeave(ref random) : new SyntheticWasher(ref random);

    private static void WriteGood(string folder, int count, long[] keys, int size)
    {
        Directory.CreateDirectory(folder);
        Parallel.For(0, count, i =>
        {
            var random = new SplitMix64([.. keys, i]);
            var surface = Draw(keys[1], ref random);
            byte[] pixels = Photograph(Render(surface, null, size), ref random);
            ImageFile.WritePng(Path.Combine(folder, FileName(i, ".png")), pixels, size, size, 3);
        });
    }

    private static void WriteDefect(string folder, int defect, int count, long[] keys, int size)
    {
        string images = Path.Combine(folder, "test", Defects[defect]);
        string masks = Path.Combine(folder, "ground_truth", Defects[defect]);
        Directory.CreateDirectory(images);
        Directory.CreateDirectory(masks);
        Parallel.For(0, count, i =>
        {
            var random = new SplitMix64([.. keys, i]);
            var surface = Draw(keys[1], ref random);
            var clean = Render(surface, null, size);
            SurfaceColor[] damaged;
            byte[] mask;
            do
            {
                damaged = RenderDefect(surface, defect, i % 3, ref random, size);
                mask = Mask(clean, damaged);
            }
            while (mask.Count((byte)255) < 12 * size * size / 4096); // it missed the product: draw another
            byte[] pixels = Photograph(damaged, ref random);
            ImageFile.WritePng(Path.Combine(images, FileName(i, ".png")), pixels, size, size, 3);
            ImageFile.WritePng(Path.Combine(masks, FileName(i, "_mask.png")), mask, size, size, 1);
        });
    }

    private static SurfaceColor[] RenderDefect(SyntheticSurface surface, int defect, int grade, ref SplitMix64 random, int size)
    {
        double contrast = grade switch
        {
            0 => random.NextDouble(0.35, 0.45),
            1 => random.NextDouble(0.55, 0.75),
            _ => random.NextDouble(0.85, 1),
        };
        if (Defects[defect] == "missing")
            return Render(surface.WithMissing(ref random, contrast), null, size);
        var (x, y) = surface.RandomPoint(ref random);
        contrast *= surface.Camouflage;
        SyntheticFlaw flaw = Defects[defect] == "scratch" ? new Scratch(x, y, ref random, contrast) : new Spot(x, y, ref random, contrast);
        return Render(surface, flaw, size);
    }

    /// <summary>Mean colour of every pixel, [size * size].</summary>
    private static SurfaceColor[] Render(SyntheticSurface surface, SyntheticFlaw? flaw, int size)
    {
        var image = new SurfaceColor[size * size];
        double step = SyntheticSurface.Side / size / Supersampling;
        for (int p = 0; p < image.Length; p++)
        {
            var sum = default(SurfaceColor);
            for (int s = 0; s < Supersampling * Supersampling; s++)
            {
                double x = ((p % size * Supersampling) + (s % Supersampling) + 0.5) * step;
                double y = ((p / size * Supersampling) + (s / Supersampling) + 0.5) * step;
                var color = surface.ColorAt(x, y);
                sum += flaw is not null && surface.IsProduct(x, y) ? flaw.Apply(x, y, color) : color;
            }

            image[p] = sum * (1.0 / (Supersampling * Supersampling));
        }

        return image;
    }

    /// <summary>255 where the defect changed a pixel visibly, else 0.</summary>
    private static byte[] Mask(SurfaceColor[] clean, SurfaceColor[] damaged)
    {
        var mask = new byte[clean.Length];
        for (int p = 0; p < mask.Length; p++)
            mask[p] = SurfaceColor.Distance(clean[p], damaged[p]) * 255 >= VisibleLevels ? (byte)255 : (byte)0;
        return mask;
    }

    /// <summary>Adds camera noise and stores bytes, [size, size, 3].</summary>
    private static byte[] Photograph(SurfaceColor[] image, ref SplitMix64 random)
    {
        var pixels = new byte[image.Length * 3];
        for (int p = 0; p < image.Length; p++)
        {
            double grey = Noise(ref random);
            pixels[3 * p] = ToByte(image[p].R + grey + (0.4 * Noise(ref random)));
            pixels[(3 * p) + 1] = ToByte(image[p].G + grey + (0.4 * Noise(ref random)));
            pixels[(3 * p) + 2] = ToByte(image[p].B + grey + (0.4 * Noise(ref random)));
        }

        return pixels;
    }

    /// <summary>Approximately normal noise: a sum of four uniform numbers, scaled to the noise level.</summary>
    private static double Noise(ref SplitMix64 random)
    {
        double sum = random.NextDouble() + random.NextDouble() + random.NextDouble() + random.NextDouble();
        return NoiseLevel * (sum - 2) * 1.7320508075688772; // four uniforms have variance 1/3
    }

    private static byte ToByte(double value) => (byte)((Math.Clamp(value, 0, 1) * 255) + 0.5);
}
