using System.Buffers.Binary;
using Mmrr.App.Tests.Data.Fixtures;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;
using Xunit;

namespace Mmrr.App.Tests.Data;

/// <summary>Pictures of more than eight bits on their way from the file to the networks.</summary>
public sealed class DepthTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EveryValueOfSixteenBitsIsRead()
    {
        ushort[] all = [.. Enumerable.Range(0, 65536).Select(v => (ushort)v)], colour = [.. all.SelectMany(v => new[] { v, (ushort)(v ^ 0x5555), (ushort)~v })];
        var bytes = new byte[2 * all.Length];
        for (int v = 0; v < all.Length; v++) BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2 * v), all[v]);
        Assert.Equal(all, ImageFile.Decode(PngBytes.Make(256, 256, PngBytes.Grey, 16, all)).Pixels.Words);
        Assert.Equal(colour, ImageFile.Decode(PngBytes.Make(256, 256, PngBytes.Rgb, 16, colour)).Pixels.Words);
        Assert.Equal(all, ImageFile.Decode(new TiffBytes { Height = 256, Width = 256, Values = all, Bits = 16, RowsPerStrip = 256 }.ToArray()).Pixels.Words);
        Assert.Equal(all, ImageFile.Decode([.. "P5 256 256 65535\n"u8, .. bytes]).Pixels.Words);
        // Where white has another number, it becomes 65,535: v·65535/4095, rounded.
        Assert.Equal([0, 16, 32768 + 8, 65535], ImageFile.Decode([.. "P2 4 1 4095 0 1 2048 4095\n"u8]).Pixels.Words);
    }

    [Fact]
    public void WhatIsCutAwayIsBlackAndHalfOfItIsHalf()
    {
        ushort[] rgba = [1000, 2000, 3000, 65535, 1000, 2000, 3000, 32768, 9, 9, 9, 0];
        Assert.Equal([1000, 2000, 3000, 500, 1000, 1500, 0, 0, 0], ImageFile.Decode(PngBytes.Make(1, 3, PngBytes.Rgba, 16, rgba)).Pixels.Words);
    }

    [Fact]
    public void AMaskOfSixteenBitsMarksEveryValueButZero()
    {
        foreach (string name in new[] { "a.png", "b.png", "c.png" }) _folder.WritePlain(name, 2, 2, 9);
        _folder.Write("m.png", PngBytes.Make(2, 2, PngBytes.Grey, 16, [0, 1, 255, 65535]));
        File.WriteAllText(_folder["list.csv"], "image,label,mask,split\na.png,,,train\nb.png,,,test\nc.png,spot,m.png,test\n");
        var set = DataSource.Open(new DataOptions { Kind = "csv", Root = _folder["list.csv"], Size = 2 }).LoadTest();
        Assert.Equal([0, 1, 1, 1], set.Samples[1].Mask!);
    }

    [Fact]
    public void TheTrainingImagesDecideTheDepthAndTheTestImagesFollow()
    {
        Deep("normal/a.png", 3000);
        Deep("normal/b.png", 1000);
        Deep("bad/c.png", 5000);
        _folder.WritePlain("bad/d.png", 4, 4, 7);
        var options = new DataOptions { Kind = "folder", Root = _folder["normal"], Abnormal = _folder["bad"], Size = 4 };
        ImageSet train = DataSource.Open(options).LoadTrain(),
            test = DataSource.Open(options).LoadTest(),
            eight = DataSource.Open(options with { Bits = 8 }).LoadTest();
        Assert.Equal((16, 16, 8), (train.Bits, test.Bits, eight.Bits));
        Sample c = test.Samples.Single(s => s.Name == "bad/c.png"), d = test.Samples.Single(s => s.Name == "bad/d.png");
        Assert.Equal((16, 8), (c.FileBits, d.FileBits));
        Assert.All(c.Pixels.Words, v => Assert.Equal(5000, v));
        Assert.All(d.Pixels.Words, v => Assert.Equal(7 * 257, v));
        Assert.All(eight.Samples.Single(s => s.Name == "bad/c.png").Pixels.Bytes, v => Assert.Equal(5000 / 256, v));
        // A range comes from pictures of more than eight bits alone.
        Assert.Equal(new PixelRange(1000, 3000, 16), RangeChoice.Of([.. train.Samples, Sample(1000), Sample(3000)]));
        Assert.Equal(PixelRange.Bytes, RangeChoice.Of(eight.Samples));
        Assert.Throws<UsageException>(() => RangeChoice.Of(eight.Samples, (0, 256)));
    }

    [Fact]
    public void BothDepthsInATrainingSetAreRefusedByName()
    {
        Deep("normal/a.png", 3000);
        _folder.WritePlain("normal/b.png", 4, 4, 7);
        var options = new DataOptions { Kind = "folder", Root = _folder["normal"], Size = 4 };
        BadInput.Throws<InvalidDataException>(() => DataSource.Open(options).LoadTrain(), _folder["normal/b.png"], "has 8 bits", _folder["normal/a.png"]);
        Assert.Equal(2, DataSource.Open(options with { Bits = 16 }).LoadTrain().Samples.Count);
    }

    [Theory]
    [InlineData("flip")]
    [InlineData("rotate")]
    [InlineData("flip,rotate,brightness")]
    public void ChangesOfDeepImagesAreThoseOfBytes(string text)
    {
        var augmentation = Augmentation.Parse(text);
        byte[] bytes = [.. Enumerable.Range(0, 9 * 11).Select(i => (byte)(i * 37))], changed = new byte[bytes.Length];
        PixelValues deep = new PixelValues(bytes).WithBits(16), deepChanged = PixelValues.Zeros(16, bytes.Length);
        for (int i = 0; i < 20; i++)
        {
            SplitMix64 first = new(3, 1, i), second = new(3, 1, i);
            augmentation.Apply(bytes, changed, PixelRange.Bytes, 9, 11, 1, ref first);
            augmentation.Apply(deep, deepChanged, new PixelRange(0, 65535, 16), 9, 11, 1, ref second);
            // Each rounds once, to half a step of its own.
            for (int p = 0; p < bytes.Length; p++) Assert.InRange((deepChanged.Words[p] / 257.0) - changed[p], -0.502, 0.502);
        }
    }

    [Fact]
    public void BrightnessKeepsTheLowerEndOfTheRange()
    {
        ushort[] image = [1000, 1000, 1100, 1100];
        var target = PixelValues.Zeros(16, 4);
        var random = new SplitMix64(5);
        Augmentation.Parse("brightness").Apply(image, target, new PixelRange(1000, 1200, 16), 2, 2, 1, ref random);
        Assert.Equal([1000, 1000], target.Words[..2]);
        Assert.InRange(target.Words[2], 1070, 1130);
    }

    [Fact]
    public void BatchesOfTilesHoldTheRangesValues()
    {
        ushort[] pixels = [.. Enumerable.Range(0, 11 * 9).Select(i => (ushort)(i * 601))];
        var range = new PixelRange(10_000, 50_000, 16);
        var set = new ImageSet(4, 4, 1, [new Sample("", 11, 9, pixels, false, "good")]);
        var batches = new ImageBatches(set, [0], Augmentation.None, false, range, 2);
        var values = new float[batches.Count * 16];
        batches.Fill([.. Enumerable.Range(0, batches.Count)], 1, values);
        var expected = pixels.Select(v => (float)((2 * (Math.Clamp((int)v, 10_000, 50_000) - 10_000) / 40_000.0) - 1)).ToHashSet();
        Assert.All(values, v => Assert.Contains(expected, e => Math.Abs(e - v) < 1e-6));
        Assert.Contains(-1, values);
        Assert.Contains(1, values);
    }

    private static Sample Sample(ushort value) => new("", 1, 1, new[] { value }, false, "good");

    private void Deep(string name, ushort value) => _folder.Write(name, PngBytes.Make(4, 4, PngBytes.Grey, 16, [.. Enumerable.Repeat(value, 16)]));
}
