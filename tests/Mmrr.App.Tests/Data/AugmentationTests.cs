using Mmrr.Nn;
using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Data;

public class AugmentationTests
{
    private const int Height = 6;
    private const int Width = 9;
    private const int Channels = 3;

    [Theory]
    [InlineData("", "none")]
    [InlineData("none", "none")]
    [InlineData("flip", "flip")]
    [InlineData(" brightness, flip ", "flip,brightness")]
    [InlineData("flip,rotate,brightness", "flip,rotate,brightness")]
    [InlineData("gradient,gamma,gain,offset,brightness", "brightness,offset,gain,gamma,gradient")]
    public void ParseAndTextAgree(string text, string canonical)
    {
        var augmentation = Augmentation.Parse(text);
        Assert.Equal(canonical, augmentation.ToString());
        Assert.Equal(augmentation, Augmentation.Parse(canonical));
    }

    [Theory]
    [InlineData("flop")]
    [InlineData("flip,,rotate")]
    [InlineData("flip,none")]
    public void UnknownWordsAreRefused(string text)
    {
        var error = Assert.Throws<ArgumentException>(() => Augmentation.Parse(text));
        Assert.Contains("flip, rotate, brightness, offset, gain, gamma, gradient, or none", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AWordThatIsThereTwiceIsRefused() =>
        Assert.Contains(
            "'flip' is named twice",
            Assert.Throws<ArgumentException>(() => Augmentation.Parse("flip,rotate,flip")).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("brightness", true, false, "brightness: normalisation")]
    [InlineData("flip,gain,gamma,offset", true, false, "offset, gain: normalisation")]
    [InlineData("flip,rotate,gamma,gradient", true, false, null)]
    [InlineData("gamma,flip,gain", false, true, "flip: aligned parts")]
    [InlineData("brightness,offset,gain,gamma,gradient", false, true, null)]
    public void WhatNormalisationAndAlignmentTakeAwayIsRefusedBesideThem(string words, bool normalize, bool align, string? begins)
    {
        var augmentation = Augmentation.Parse(words);
        var model = new MmrrOptions { Normalize = normalize, Fit = align ? ImageFit.Align : ImageFit.Stretch };
        if (begins is null) augmentation.CheckBeside(model);
        else Assert.StartsWith(begins, Assert.Throws<ArgumentException>(() => augmentation.CheckBeside(model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NothingOnIsACopy() => Assert.Equal(Image(), Apply(Augmentation.None, 0));

    [Fact]
    public void TheSameKeysGiveTheSameImage()
    {
        var all = new Augmentation(true, true, true);
        Assert.Equal(Apply(all, 3), Apply(all, 3));
        Assert.NotEqual(Apply(all, 3), Apply(all, 4));
    }

    [Fact]
    public void FlipMirrorsHalfOfTheImages()
    {
        byte[] image = Image();
        var mirrored = new byte[image.Length];
        for (int i = 0; i < image.Length; i++)
        {
            int x = i / Channels % Width;
            mirrored[i + ((Width - 1 - (2 * x)) * Channels)] = image[i];
        }

        int flipped = 0;
        for (int i = 0; i < 400; i++)
        {
            byte[] result = Apply(new Augmentation(true, false, false), i);
            Assert.True(result.SequenceEqual(image) || result.SequenceEqual(mirrored));
            flipped += result.SequenceEqual(mirrored) ? 1 : 0;
        }

        Assert.InRange(flipped, 150, 250);
    }

    [Fact]
    public void BrightnessScalesAllPixelsAlike()
    {
        byte[] image = Image();
        double low = 2;
        double high = 0;
        for (int i = 0; i < 200; i++)
        {
            byte[] result = Apply(new Augmentation(false, false, true), i);
            double factor = result[33] / (double)image[33];
            low = Math.Min(low, factor);
            high = Math.Max(high, factor);
            for (int p = 0; p < image.Length; p++)
                Assert.InRange(Math.Abs(result[p] - Math.Min(255, image[p] * factor)), 0, 2);
        }

        Assert.InRange(low, 0.69, 0.72);
        Assert.InRange(high, 1.28, 1.31);
    }

    [Fact]
    public void RotationTurnsAboutTheCentreAndKeepsTheRange()
    {
        byte[] plain = [.. Enumerable.Repeat((byte)77, 25 * 25)];
        byte[] dot = [.. Enumerable.Range(0, 25 * 25).Select(i => i % 25 == 22 && i / 25 == 12 ? (byte)200 : (byte)0)];
        double lowest = 0;
        for (int i = 0; i < 200; i++)
        {
            var target = new byte[25 * 25];
            var random = new SplitMix64(1, 0, i);
            new Augmentation(false, true, false).Apply(plain, target, PixelRange.Bytes, 25, 25, 1, ref random);
            Assert.Equal(plain, target);
            new Augmentation(false, true, false).Apply(dot, target, PixelRange.Bytes, 25, 25, 1, ref random);
            int brightest = Array.IndexOf(target, target.Max());
            double angle = Math.Atan2((brightest / 25) - 12, (brightest % 25) - 12) * 180 / Math.PI;
            Assert.InRange(Math.Abs(angle), 0, 34);
            lowest = Math.Max(lowest, Math.Abs(angle));
        }

        Assert.InRange(lowest, 25, 34);
    }

    [Fact]
    public void OnePixelWorks()
    {
        var target = new byte[1];
        var random = new SplitMix64(5);
        new Augmentation(true, true, false).Apply(new byte[] { 42 }, target, PixelRange.Bytes, 1, 1, 1, ref random);
        Assert.Equal(42, target[0]);
    }

    private static byte[] Image() => [.. Enumerable.Range(0, Height * Width * Channels).Select(i => (byte)(30 + i))];

    private static byte[] Apply(Augmentation augmentation, int index)
    {
        var random = new SplitMix64(11, 2, index);
        var target = new byte[Height * Width * Channels];
        augmentation.Apply(Image(), target, PixelRange.Bytes, Height, Width, Channels, ref random);
        return target;
    }
}
