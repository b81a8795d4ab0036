using Mmrr.Nn;
using Xunit;

namespace Mmrr.App.Tests.Export;

/// <summary>Compares what an exported graph gives with what <see cref="Scorer"/> gives.</summary>
internal static class Agreement
{
    // Of scores: both sides compute in float32 with other orders of sums.
    private const double Relative = 1e-3;

    /// <summary>Random images of one size: smooth surfaces, half of them with a spot of noise.</summary>
    public static byte[] Images(int seed, int count, int height, int width, int channels)
    {
        var random = new Random(seed);
        var pixels = new byte[count * height * width * channels];
        for (int i = 0; i < count; i++)
        {
            var (phase, slope, light) = (random.NextDouble() * 6, random.NextDouble() - 0.5, 40 + (random.NextDouble() * 150));
            var (spot, top, left) = (i % 2, random.Next(height), random.Next(width));
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    bool noisy = spot == 1 && Math.Abs(y - top) < 3 && Math.Abs(x - left) < 3;
                    for (int c = 0; c < channels; c++)
                    {
                        double value = light + (30 * Math.Sin(phase + (0.7 * x) + (slope * y) + c)) + (random.NextDouble() * (noisy ? 120 : 8));
                        pixels[(((((i * height) + y) * width) + x) * channels) + c] = (byte)Math.Clamp(value, 0, 255);
                    }
                }
            }
        }
        return pixels;
    }

    /// <summary>Scores images both ways, all of a size at once in the graph; returns the largest difference of a score, relative.</summary>
    public static double Check(OnnxSession session, Scorer scorer, int seed, int count, int height, int width, bool sixteen = false)
    {
        int channels = scorer.Options.Channels, length = height * width * channels;
        byte[] pixels = Images(seed, count, height, width, channels);
        ushort[] words = Array.ConvertAll(pixels, p => (ushort)((p * 251) + 7));
        var (scores, maps) = sixteen ? session.Score(words, count, height, width, channels) : session.Score(pixels, count, height, width, channels);
        PreparedImage[] prepared = [.. Enumerable.Range(0, count).Select(i => sixteen
            ? scorer.Prepare(words.AsSpan(i * length, length), height, width, channels)
            : scorer.Prepare(pixels.AsSpan(i * length, length), height, width, channels))];
        var ours = scorer.Score(prepared);
        Assert.Equal(count, scores.Length);
        double largest = 0;
        for (int i = 0; i < count; i++)
        {
            string where = $"image {i} of seed {seed}, {height} x {width}, {scorer.Method.Rule.Name()}";
            // A deviation is in units of the spread of normal images, and near 0 for those: below 1 the difference itself is bounded.
            double size = scorer.Method.Rule == ScoreRule.Deviation ? Math.Max(1, Math.Abs(ours[i].Score)) : ours[i].Score;
            double difference = Math.Abs(scores[i] - ours[i].Score) / size;
            Assert.True(difference <= Relative, $"{where}: the score is {scores[i]}, expected {ours[i].Score}");
            largest = Math.Max(largest, difference);
            float[] map = ours[i].Map!;
            Assert.Equal(map.Length * count, maps.Length);
            float highest = Math.Max(scorer.Method.Rule == ScoreRule.Deviation ? 1 : 0, map.Max(Math.Abs));
            double most = map.Select((m, p) => (double)Math.Abs(maps[(i * map.Length) + p] - m)).Max();
            Assert.True(most <= Relative * highest, $"{where}: the map differs by up to {most}, of {highest}");
        }
        return largest;
    }
}
