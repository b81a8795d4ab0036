using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests.Model;

/// <summary>Brightness and contrast, normalised.</summary>
public class ImageLightTests
{
    private static readonly MmrrOptions s_normalized = Small.Options with { Normalize = true };

    [Theory]
    [InlineData(3, 1, 20)]
    [InlineData(1, 1, 100)]
    [InlineData(1, 3, 7)]
    [InlineData(1, 2, 0)]
    public void ABrighterOrStrongerImageGivesTheSameValues(int times, int dividedBy, int plus)
    {
        // Whole numbers that stay between 0 and 255: nothing is rounded or clamped in the bytes.
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        byte[] image = [.. Enumerable.Range(0, 300).Select(_ => (byte)(6 * random.Next(8, 14)))];
        byte[] other = [.. image.Select(v => (byte)((v * times / dividedBy) + plus))];
        ImageLight first = ImageLight.Normalizing(image, PixelRange.Bytes), second = ImageLight.Normalizing(other, PixelRange.Bytes);
        float[] a = Floats(image, first), b = Floats(other, second);
        // A byte's value is good to 3u, the gain to u of itself; product, offset and sum round once more, and no part of the sum is larger than gain + 1.
        double bound = Rounding.U * ((8 * ((double)first.Gain + second.Gain)) + 8);
        for (int i = 0; i < a.Length; i++) Assert.True(Math.Abs(a[i] - b[i]) <= bound, $"seed {seed}: {a[i]} and {b[i]}, bound {bound}");
        // And they have the mean and the deviation that is promised: six values at equal shares lie within two deviations.
        Assert.InRange(a.Average(), -bound, bound);
        Assert.InRange(Math.Sqrt(a.Average(v => (double)v * v)), ImageLight.Deviation - bound, ImageLight.Deviation + bound);
    }

    [Fact]
    public void ImagesThatAreAlmostFlatKeepTheirNoiseLow()
    {
        Assert.All(
            Floats([.. Enumerable.Repeat((byte)200, 50)], ImageLight.Normalizing(Enumerable.Repeat((byte)200, 50).ToArray(), PixelRange.Bytes)),
            v => Assert.InRange(v, -1e-5, 1e-5));
        // One grey level up and down: an eighth of the range in place of a quarter, as at the floor of two.
        byte[] noise = [.. Enumerable.Range(0, 50).Select(i => (byte)(i % 2 == 0 ? 99 : 101))];
        float[] values = Floats(noise, ImageLight.Normalizing(noise, PixelRange.Bytes));
        Assert.All(values, v => Assert.InRange(Math.Abs(v), (ImageLight.Deviation / 2) - 1e-5, (ImageLight.Deviation / 2) + 1e-5));
    }

    [Fact]
    public void WhatLiesBeyondTheRangeIsClamped()
    {
        // One white pixel in 99 black ones is about ten deviations away.
        byte[] image = [255, .. new byte[99]];
        float[] values = Floats(image, ImageLight.Normalizing(image, PixelRange.Bytes));
        Assert.Equal(1, values[0]);
        Assert.All(values[1..], v => Assert.InRange(v, -0.03, -0.02));
    }

    [Fact]
    public void BytesAndValuesHaveTheSameLight()
    {
        byte[] image = Noise(500);
        var values = new float[image.Length];
        ImagePixels.ToFloats(image, values);
        ImageLight a = ImageLight.Normalizing(image, PixelRange.Bytes), b = ImageLight.Normalizing(values);
        Assert.InRange(b.Gain / a.Gain, 1 - 1e-6, 1 + 1e-6);
        Assert.InRange(b.Offset - a.Offset, -1e-6, 1e-6);
        var mapped = (float[])values.Clone();
        ImageLight.Unchanged.Apply(mapped);
        Assert.Equal(Small.Bits(values), Small.Bits(mapped));
    }

    [Fact]
    public void OfATiledImageTheWholeImagesLightCounts()
    {
        var options = s_normalized with { Fit = ImageFit.Tile };
        using var device = Small.Open("cpu");
        using var model = Small.Model(device, options);
        // A dark half and a bright one: by itself each tile would look alike.
        byte[] pixels = Noise(20 * 8);
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)((pixels[i] / 8) + (i < pixels.Length / 2 ? 20 : 200));
        var found = TiledScoring.Score(model, [new(pixels, 20, 8)], new ScoreMethod(LevelSchedule.Uniform(4), ScoreRule.Paper, null), maps: false)[0].Paper;
        var light = ImageLight.Normalizing(pixels, PixelRange.Bytes);
        var tiling = new Tiling(20, 8, 8);
        double[] scores =
            [.. Enumerable.Range(0, tiling.Count).Select(k => Scoring.Score(
                model, Floats(pixels.AsSpan(tiling.Place(k).Top * 8, 64).ToArray(), light), LevelSchedule.Uniform(4), maps: false).Paper.Refined[0])];
        Assert.Equal(scores.Max(), found.Refined);
        double[] byThemselves = [.. Enumerable.Range(0, tiling.Count).Select(k =>
        {
            byte[] cut = pixels.AsSpan(tiling.Place(k).Top * 8, 64).ToArray();
            return Scoring.Score(model, Floats(cut, ImageLight.Normalizing(cut, PixelRange.Bytes)), LevelSchedule.Uniform(4), maps: false).Paper.Refined[0];
        })];
        Assert.NotEqual(byThemselves.Max(), found.Refined);
    }

    [Fact]
    public void AScorerOfANormalisedRunDoesNotSeeTheLamp()
    {
        using var normalized = new RunOnDisk(s_normalized);
        using var plain = new RunOnDisk(Small.Options);
        using var first = Scorer.Load(normalized.Path, "cpu");
        using var second = Scorer.Load(plain.Path, "cpu");
        byte[] dark = [.. Noise(64).Select(v => (byte)(v / 4))], bright = [.. dark.Select(v => (byte)((3 * v) + 40))];
        double Difference(Scorer scorer) => Math.Abs(
            scorer.Score(dark, 8, 8, 1, LevelSchedule.Uniform(5)).Score - scorer.Score(bright, 8, 8, 1, LevelSchedule.Uniform(5)).Score);
        // The same but for rounding, against what the light does to the same networks otherwise.
        Assert.InRange(Difference(first), 0, Difference(second) / 1000);
        // It is what the values themselves score.
        using var device = Small.Open("cpu");
        using var model = Small.Model(device, s_normalized);
        Assert.Equal(
            Scoring.Score(model, Floats(dark, ImageLight.Normalizing(dark, PixelRange.Bytes)), LevelSchedule.Uniform(5), maps: false).Paper.Refined[0],
            first.Score(dark, 8, 8, 1, LevelSchedule.Uniform(5)).Score);
    }

    [Fact]
    public void CheckpointsFromBeforeThereWasAChoiceAreNotNormalised()
    {
        string json = s_normalized.ToJson();
        Assert.Contains("\"normalize\":true,", json, StringComparison.Ordinal);
        Assert.Equal(s_normalized, MmrrOptions.FromJson(json));
        Assert.Equal(Small.Options, MmrrOptions.FromJson(json.Replace("\"normalize\":true,", "", StringComparison.Ordinal)));
    }

    private static float[] Floats(byte[] pixels, ImageLight light)
    {
        var values = new float[pixels.Length];
        ImagePixels.ToFloats(pixels, PixelRange.Bytes, light, values);
        return values;
    }

    private static byte[] Noise(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
