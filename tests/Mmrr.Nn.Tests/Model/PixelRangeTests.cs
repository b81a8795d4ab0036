using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests.Model;

/// <summary>Values of pictures to values of networks and screens, in either depth and any range, against plain loops in float64.</summary>
public sealed class PixelRangeTests
{
    public static TheoryData<int, int, int> Ranges { get; } = new()
    {
        { 0, 255, 8 }, { 30, 90, 8 }, { 0, 65535, 16 }, { 30_000, 30_200, 16 }, { 0, 4095, 16 }, { 65_534, 65_535, 16 }
    };

    [Theory]
    [MemberData(nameof(Ranges))]
    public void ValuesBecomeWhatTheRangeSays(int low, int high, int bits)
    {
        var range = new PixelRange(low, high, bits);
        range.Validate();
        var pixels = Every(bits);
        var values = new float[pixels.Length];
        ImagePixels.ToFloats(pixels, range, values);
        byte[] shown = ImagePixels.ToBytes(pixels, range);
        double sum = 0, squares = 0;
        for (int v = 0; v < values.Length; v++)
        {
            double inside = Math.Clamp(v, low, high), expected = (2 * (inside - low) / (high - low)) - 1;
            // The quotient is at most 2 and rounds once, the difference once more: 2u and u.
            Assert.InRange(values[v] - expected, -3 * Rounding.U, 3 * Rounding.U);
            Assert.Equal((int)Math.Floor((((inside - low) * 255) + ((high - low) / 2)) / (high - low)), shown[v]);
            sum += expected;
            squares += expected * expected;
        }
        Assert.Equal((-1f, 1f), (values[low], values[high]));
        double mean = sum / values.Length, deviation = Math.Sqrt(Math.Max(0, (squares / values.Length) - (mean * mean)));
        Assert.Equal(mean, ImagePixels.Mean(pixels, range), 1e-9);
        var light = ImageLight.Normalizing(pixels, range);
        Assert.Equal(ImageLight.Deviation / Math.Max(deviation, 2 / 127.5), light.Gain, 1e-5 * light.Gain);
        Assert.Equal(-mean * light.Gain, light.Offset, 1e-5 * (1 + light.Gain));
        Assert.Equal(values.Length - (high - low + 1), range.CountBeyond(pixels, 1));
    }

    [Fact]
    public void BytesAreWhatTheyWereToTheBit()
    {
        var values = new float[256];
        ImagePixels.ToFloats(Every(8), PixelRange.Bytes, values);
        Assert.Equal(Small.Bits(Enumerable.Range(0, 256).Select(v => (v / 127.5f) - 1)), Small.Bits(values));
        var pixels = Every(8);
        Assert.Same(pixels.Bytes, ImagePixels.ToBytes(pixels, PixelRange.Bytes));
    }

    [Fact]
    public void PixelsAreCountedNotValues()
    {
        PixelValues pixels = new ushort[] { 5, 5, 5, 4, 11, 3, 5, 5, 11, 10, 4, 10 };
        var range = new PixelRange(5, 10, 16);
        Assert.Equal(3, range.CountBeyond(pixels, 3));
        Assert.Equal(5, range.CountBeyond(pixels, 1));
        Assert.Equal(0, new PixelRange(3, 11, 16).CountBeyond(pixels, 3));
    }

    [Fact]
    public void TheRangeOfImages()
    {
        Assert.Equal(new PixelRange(7, 4000, 16), PixelRange.Of([new ushort[] { 9, 4000 }, new ushort[] { 7 }]));
        Assert.Equal(new PixelRange(1, 2, 8), PixelRange.Of([new byte[] { 1, 2 }]));
        Assert.Equal(new PixelRange(8, 9, 16), PixelRange.Of([new ushort[] { 9, 9 }]));
        Assert.Equal(new PixelRange(0, 1, 16), PixelRange.Of([new ushort[] { 0 }]));
        Assert.Throws<ArgumentException>(() => PixelRange.Of([]));
    }

    [Theory]
    [InlineData(-1, 5, 8)]
    [InlineData(5, 5, 8)]
    [InlineData(0, 256, 8)]
    [InlineData(0, 65536, 16)]
    [InlineData(0, 5, 12)]
    public void WhatIsNoRangeIsRefused(int low, int high, int bits) => Assert.Throws<ArgumentException>(new PixelRange(low, high, bits).Validate);

    [Fact]
    public void DepthsChangeWhiteForWhite()
    {
        var eight = Every(8);
        var sixteen = eight.WithBits(16);
        Assert.Equal((0, 65535), (sixteen.Words[0], sixteen.Words[255]));
        Assert.Equal(eight.Bytes, sixteen.WithBits(8).Bytes);
        Assert.Equal(Enumerable.Range(0, 65536).Select(v => (byte)(v / 256)), Every(16).WithBits(8).Bytes);
        Assert.Throws<InvalidOperationException>(() => sixteen.Bytes);
        Assert.Throws<InvalidOperationException>(() => eight.Words);
        Assert.Throws<ArgumentException>(() => ImagePixels.ToFloats(eight, new PixelRange(0, 9, 16), new float[256]));
    }

    [Fact]
    public void ResizingKeepsSixteenBits()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        ushort[] image = [.. Enumerable.Range(0, 12 * 8 * 3).Select(_ => (ushort)random.Next(65536))];
        ushort[] half = new Resampling(12, 8, 6, 4).Resize(image, 3);
        float[][] planes =
            [.. Enumerable.Range(0, 3).Select(c =>
                new Resampling(12, 8, 6, 4).Resize([.. Enumerable.Range(0, 96).Select(p => (float)image[(p * 3) + c])]))];
        // Half a count of rounding, and that of the float, 2^-9 at 65,535.
        for (int i = 0; i < half.Length; i++) Assert.True(Math.Abs(half[i] - planes[i % 3][i / 3]) <= 0.5 + (1.0 / 256), $"seed {seed}, value {i}");
        var grey = ImagePixels.WithChannels(image, 3, 1).Words;
        for (int i = 0; i < grey.Length; i++)
            Assert.True(
                Math.Abs(grey[i] - ((0.299 * image[3 * i]) + (0.587 * image[(3 * i) + 1]) + (0.114 * image[(3 * i) + 2]))) <= 0.5 + 1e-9,
                $"seed {seed}, value {i}");
    }

    [Fact]
    public void TheModelsOptionsCarryTheRange()
    {
        var options = Small.Options with { Range = new PixelRange(12, 3456, 16) };
        string json = options.ToJson();
        Assert.Contains("\"range\":{\"low\":12,\"high\":3456,\"bits\":16}", json, StringComparison.Ordinal);
        Assert.Equal(options, MmrrOptions.FromJson(json));
        // Those of an earlier version have none.
        Assert.Equal(Small.Options, MmrrOptions.FromJson(json.Replace("\"range\":{\"low\":12,\"high\":3456,\"bits\":16},", "", StringComparison.Ordinal)));
        foreach (string bad in new[] { "{}", "{\"low\":9,\"high\":3,\"bits\":16}", "{\"low\":0,\"high\":300,\"bits\":8}", "[0,255]" })
            Assert.Throws<InvalidDataException>(
                () => MmrrOptions.FromJson(json.Replace("{\"low\":12,\"high\":3456,\"bits\":16}", bad, StringComparison.Ordinal)));
    }

    [Fact]
    public void AScorerClipsAndCounts()
    {
        using var run = new RunOnDisk(Small.Options with { Range = new PixelRange(1000, 2000, 16) });
        using var scorer = Scorer.Load(run.Path, "cpu");
        ushort[] pixels = [.. Enumerable.Range(0, 64).Select(i => (ushort)(1000 + (15 * i)))], beyond = [.. pixels];
        (beyond[0], beyond[63]) = (0, 60_000);
        (pixels[0], pixels[63]) = (1000, 2000);
        var levels = LevelSchedule.Uniform(3);
        ImageScore inside = scorer.Score(pixels, 8, 8, 1, levels), clipped = scorer.Score(beyond, 8, 8, 1, levels);
        Assert.Equal((0, 2), (inside.ClippedPixels, clipped.ClippedPixels));
        Assert.Equal(inside.Score, clipped.Score);
        // Neighbouring counts, which eight bits would not tell apart, are told apart.
        pixels[30]++;
        Assert.NotEqual(inside.Score, scorer.Score(pixels, 8, 8, 1, levels).Score);
        // Bytes count 257 times; an image of another depth than the run's that was not prepared is refused.
        byte[] bytes = [.. Enumerable.Repeat((byte)5, 64)];
        Assert.Equal(scorer.Score(new PixelValues(bytes).WithBits(16).Words, 8, 8, 1, levels).Score, scorer.Score(bytes, 8, 8, 1, levels).Score);
        Assert.Contains(
            "8 bits, expected 16",
            Assert.Throws<ArgumentException>(() => scorer.Score([new PreparedImage(bytes, 8, 8)], levels)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void ARunOfEightBitsTakesTheHighBytes()
    {
        using var run = new RunOnDisk(Small.Options);
        using var scorer = Scorer.Load(run.Path, "cpu");
        ushort[] wide = [.. Enumerable.Range(0, 20 * 13).Select(i => (ushort)(i * 251))];
        Assert.Equal(scorer.Score(Array.ConvertAll(wide, v => (byte)(v >> 8)), 20, 13, 1).Score, scorer.Score(wide, 20, 13, 1).Score);
    }

    private static PixelValues Every(int bits) =>
        bits == 8 ? Enumerable.Range(0, 256).Select(v => (byte)v).ToArray() : Enumerable.Range(0, 65536).Select(v => (ushort)v).ToArray();
}
