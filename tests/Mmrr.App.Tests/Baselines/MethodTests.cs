using Mmrr.Nn;
using Mmrr.Training.Baselines;
using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Baselines;

/// <summary>Each method against its definition in float64 and plain loops.</summary>
public class MethodTests(ITestOutputHelper output)
{
    // Amounts of variance in three groups of directions, so that what 16 and 32 components leave is well defined.
    private static double Spread(int direction) => direction < 16 ? 1 : direction < 32 ? 0.5 : 0.1;

    [Theory]
    [InlineData(300, 40)] // all directions
    [InlineData(400, 80)] // more than the Gaussian looks at
    public void Spectral(int count, int length)
    {
        var (normal, tested) = Images(BaselineReference.NewRandom(output), count, 30, length);
        double[] mean = BaselineReference.Mean(normal);
        var (variances, axes) = BaselineReference.Components(normal);
        double[][] centred = [.. tested.Select(row => BaselineReference.Less(row, mean))];
        ImageRows.SubtractMean(normal, tested);
        var scores = SpectralMethods.Score(normal, tested);
        Assert.Equal(["mean image", "PCA residual, 16 components", "PCA residual, 32 components", "Gaussian"], scores.Select(s => s.Method));

        // The mean and the difference to it are rounded once each.
        double gamma = BaselineReference.Gamma(Math.Max(count, length)), longest = mean.Select(Math.Abs).Max() * Math.Sqrt(length);
        for (int i = 0; i < tested.Length; i++)
        {
            double norm = Math.Sqrt(BaselineReference.Dot(centred[i], centred[i])), centring = 2 * BaselineReference.U * (norm + longest);
            AssertNear(norm * norm, scores[0].Scores[i], 3 * norm * centring);
            foreach (var (s, components) in new[] { (1, 16), (2, 32) })
            {
                // Rounding in six products moves the covariance by 6γλ₁ and the space of the components by that over the gap after them (Davis and Kahan),
                // which moves the length of what is left by that share of the image. The coordinates' own rounding, γ each, counts against the whole image.
                double left = BaselineReference.Residual(centred[i], axes, components);
                double turned = 6 * gamma * variances[0] / (variances[components - 1] - variances[components]);
                double shift = (turned * norm) + centring;
                AssertNear(left, scores[s].Scores[i], (2 * shift * Math.Sqrt(left)) + (shift * shift) + (2 * gamma * Math.Sqrt(components) * norm * norm));
            }

            // A covariance moved by 6γλ₁ moves the distance g by that over the least variance s = λ₁/100. An error of γ‖x‖ of each of K coordinates
            // p moves it by Σ 2γ‖x‖|p|/(λ + s) ≤ 2γ(‖x‖/√s)·√(Kg), and ‖x‖² ≤ (λ₁ + s)·g.
            double gaussian = BaselineReference.Gaussian(centred[i], variances, axes, Math.Min(64, length));
            AssertNear(gaussian, scores[3].Scores[i], gaussian * gamma * (600 + (2 * Math.Sqrt(101 * length))));
        }
    }

    [Theory]
    [InlineData(90, 33)]
    [InlineData(7, 50)] // fewer neighbours than the kernel's width wants
    [InlineData(4, 5)] // and than five
    public void Neighbours(int count, int length)
    {
        var (normal, tested) = Images(BaselineReference.NewRandom(output), count, 41, length);
        double width = BaselineReference.Width(normal);
        double[][] distances = [.. tested.Select(row => BaselineReference.Distances(row, normal))];
        float[][] known = [.. normal.Select(row => (float[])row.Clone())], unknown = [.. tested.Select(row => (float[])row.Clone())];
        ImageRows.SubtractMean(known, unknown);
        var scores = NeighbourMethods.Score(known, unknown, seed: 3).ToDictionary(s => s.Method, s => s.Scores);
        Assert.Equal(count < 5 ? ["nearest image", "kernel density"] : ["nearest image", "5th nearest image", "kernel density"], scores.Keys);

        // Of a square: γ for the product and a rounding for each other step, in units of (‖a‖ + ‖b‖)²; the longest pair's counts for all, since an
        // error may change which is the k-th. Centring rounds the pixels as they are.
        double longest = known.Concat(unknown).Max(row => Math.Sqrt(PackedRows.SquaredLength(row)));
        longest += Math.Sqrt(length) * normal.SelectMany(r => r).Max(Math.Abs);
        double square = (BaselineReference.Gamma(length) + (6 * BaselineReference.U)) * 4 * longest * longest;
        for (int i = 0; i < tested.Length; i++)
        {
            AssertNear(Math.Pow(distances[i][0], 2), Math.Pow(scores["nearest image"][i], 2), square);
            if (count >= 5) AssertNear(Math.Pow(distances[i][4], 2), Math.Pow(scores["5th nearest image"][i], 2), square);

            // The logarithm of a mean of exponentials moves no more than the exponents d²/2w²: by the errors of d² and of w². float32 exponentials, of
            // exponents down to −30, add 64 roundings at most.
            double exponent = square / (2 * width * width) * (1 + Math.Pow(distances[i][^1] / width, 2));
            AssertNear(BaselineReference.Density(distances[i], width), scores["kernel density"][i], (1.01 * exponent) + (64 * BaselineReference.U));
        }
    }

    [Theory]
    [InlineData(8)] // a single patch
    [InlineData(21)] // the last one is nearer to the one before
    [InlineData(24)]
    public void Patches(int side)
    {
        var random = BaselineReference.NewRandom(output);
        float[][] normal = [.. Enumerable.Range(0, 40).Select(_ => Stripes(random, side))];
        float[][] tested = [.. Enumerable.Range(0, 9).Select(_ => Stripes(random, side))];
        for (int i = 0; i < 5; i++) tested[i][random.Next(tested[i].Length)] += 1;
        float[][] patches = [.. normal.SelectMany(image => Cut(image, side))];
        double[] mean = BaselineReference.Mean(patches);
        var (variances, axes) = BaselineReference.Components(patches);
        double[][] known = [.. patches.Select(Coordinates)];
        var scores = PatchMethods.Score(normal, tested, side, seed: 5);
        Assert.Equal(["PCA residual of 8x8 patches", "nearest 8x8 patch"], scores.Select(s => s.Method));

        // As for images; 64 pixels, and as many rows as patches. The largest of some values moves no more than any of them.
        double gamma = BaselineReference.Gamma(Math.Max(patches.Length, 64)), turned = 6 * gamma * variances[0] / (variances[7] - variances[8]);
        double longest = patches.Concat(tested.SelectMany(t => Cut(t, side))).Max(p => Math.Sqrt(PackedRows.SquaredLength(p))) + 8;
        double shift = (turned + (4 * BaselineReference.U)) * longest, square = 8 * gamma * longest * longest;
        for (int i = 0; i < tested.Length; i++)
        {
            double residual = Cut(tested[i], side).Max(p => BaselineReference.Residual(BaselineReference.Less(p, mean), axes, 8));
            AssertNear(residual, scores[0].Scores[i], (2 * shift * longest) + (shift * shift) + square);
            double distance = Cut(tested[i], side).Select(Coordinates).Max(c => known.Min(k => Distance(k, c)));
            AssertNear(distance * distance, Math.Pow(scores[1].Scores[i], 2), (8 * shift * longest) + square);
        }

        double[] Coordinates(float[] patch) => [.. axes.Take(8).Select(axis => BaselineReference.Dot(axis, BaselineReference.Less(patch, mean)))];
    }

    [Fact]
    public void ImagesAreNormalisedOneByOne()
    {
        var random = BaselineReference.NewRandom(output);
        byte[] pixels = new byte[48], flat = new byte[48];
        random.NextBytes(pixels);
        Array.Fill(flat, (byte)200);
        var set = new ImageSet(4, 4, 3, [new("a", 4, 4, pixels, false, "good"), new("b", 4, 4, flat, false, "good")]);
        float[][] plain = ImageRows.Of(set, PixelRange.Bytes, normalised: false), rows = ImageRows.Of(set, PixelRange.Bytes, normalised: true);
        float[][] grey = ImageRows.Of(set, PixelRange.Bytes, normalised: false, grey: true);
        double[] values = [.. pixels.Select(v => (v / 127.5) - 1)];
        double mean = values.Average(), deviation = Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
        var (brightness, contrast) = ImageLight.Measure(plain[0]);
        // Values below 1 in float32, of which differences are divided by the deviation.
        double rounding = 4 * BaselineReference.U;
        AssertNear(mean, brightness, rounding);
        AssertNear(deviation, contrast, rounding);
        for (int k = 0; k < 48; k++)
        {
            AssertNear(values[k], plain[0][k], rounding);
            AssertNear((values[k] - mean) / deviation, rows[0][k], 4 * rounding / deviation);
        }
        Assert.Equal(16, grey[0].Length);

        // Without any contrast nothing is left, rather than noise or no number.
        Assert.All(rows[1], v => AssertNear(0, v, rounding / ImageRows.GreyLevel));
    }

    private static (float[][] Normal, float[][] Tested) Images(Random random, int normal, int tested, int length)
    {
        double[][] directions = [.. BaselineReference.Directions(random, length).Select((d, i) => Array.ConvertAll(d, v => v * Spread(i)))];
        float[][] rows = BaselineReference.Rows(random, normal + tested, length, fall: 1, directions);
        foreach (float[] row in rows)
        {
            for (int k = 0; k < length; k++) row[k] += 0.3f;
        }
        return (rows[..normal], rows[normal..]);
    }

    /// <summary>Waves along and across of 8 and 4 pixels, which make up eight directions of a patch, and noise.</summary>
    private static float[] Stripes(Random random, int side)
    {
        double[] phases = [.. Enumerable.Range(0, 4).Select(_ => 2 * Math.PI * random.NextDouble())];
        double[] amounts = [.. phases.Select(_ => 0.1 + (0.1 * random.NextDouble()))];
        var image = new float[side * side];
        for (int y = 0; y < side; y++)
        {
            for (int x = 0; x < side; x++)
            {
                double Wave(int w, int at, int period) => amounts[w] * Math.Cos((2 * Math.PI * at / period) + phases[w]);
                image[(y * side) + x] = (float)(Wave(0, x, 8) + Wave(1, x, 4) + Wave(2, y, 8) + Wave(3, y, 4) + (0.02 * random.NextDouble()));
            }
        }
        return image;
    }

    private static IEnumerable<float[]> Cut(float[] image, int side)
    {
        List<int> starts = [];
        for (int at = 0; at + 8 <= side; at += 4) starts.Add(at);
        if (starts[^1] + 8 < side) starts.Add(side - 8);
        return starts.SelectMany(y => starts.Select(x => Enumerable.Range(0, 64).Select(k => image[((y + (k / 8)) * side) + x + (k % 8)]).ToArray()));
    }

    private static double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b, (u, v) => (u - v) * (u - v)).Sum());

    private static void AssertNear(double expected, double actual, double tolerance) => Assert.InRange(actual, expected - tolerance, expected + tolerance);
}
