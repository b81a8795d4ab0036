using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;
using Xunit;

namespace Mmrr.App.Tests.Data;

/// <summary>Images that are not the model's squares: cropped or tiled, the same in training as in scoring.</summary>
public sealed class ImageFitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ImageFit.Stretch)]
    [InlineData(ImageFit.Crop)]
    [InlineData(ImageFit.Align)]
    [InlineData(ImageFit.Tile)]
    public void TrainingSeesWhatScoringSees(ImageFit fit)
    {
        foreach (var (height, width, channels) in new[] { (20, 9, 3), (7, 7, 1), (8, 31, 3) })
        {
            byte[] pixels = Noise(height * width * channels);
            _folder.WritePicture($"all/{height}.png", height, width, channels, pixels);
        }
        var set = DataSource.Open(new DataOptions { Kind = "folder", Root = _folder["all"], Size = 8, Fit = fit }).LoadTrain();
        Assert.Equal((8, 8, 3, 3), (set.Height, set.Width, set.Channels, set.Samples.Count));
        var options = new MmrrOptions { Size = 8, Fit = fit, Channels = 3 };
        foreach (var sample in set.Samples)
        {
            var image = ImageFile.Read(_folder[$"all/{sample.Name}"]);
            var prepared = PreparedImage.From(options, image.Pixels.Bytes, image.Height, image.Width, image.Channels);
            Assert.Equal((prepared.Height, prepared.Width), (sample.Height, sample.Width));
            Assert.Equal(prepared.Pixels.Bytes, sample.Pixels.Bytes);
            Assert.Equal(prepared.Box, sample.Box);
            Assert.Equal(fit == ImageFit.Align, sample.Box is not null);
            if (fit != ImageFit.Tile) Assert.Equal((8, 8), (sample.Height, sample.Width));
        }
    }

    [Fact]
    public void MasksAreCroppedWithTheirImages()
    {
        // 4×10: the centre square has columns 3 to 6; the mask marks 5 to 9 and, outside, 0.
        _folder.WritePlain("n.png", 4, 10, 5);
        _folder.WritePlain("m.png", 4, 10, 6);
        _folder.WritePlain("x.png", 4, 10, 7);
        _folder.WritePicture("mask.png", 4, 10, 1, [.. Enumerable.Range(0, 40).Select(p => (byte)(p % 10 is 0 or >= 5 ? 255 : 0))]);
        File.WriteAllText(_folder["l.csv"], "image,label,mask,split\nn.png,,,train\nm.png,,,test\nx.png,a,mask.png,\n");
        byte[] Mask(ImageFit fit) =>
            DataSource.Open(new DataOptions { Kind = "csv", Root = _folder["l.csv"], Size = 4, Fit = fit }).LoadTest().Samples[1].Mask!;
        Assert.Equal([0, 0, 1, 1], Mask(ImageFit.Crop)[..4]);
        Assert.Equal([1, 0, 0, 0, 0, 1, 1, 1, 1, 1], Mask(ImageFit.Tile)[..10]);
    }

    [Fact]
    public void MasksAreTurnedWithTheirParts()
    {
        // A dark bar from the upper left to the lower right on white, 40 × 40, thicker at its lower end, and a mask of that end.
        byte[] Bar(bool mask) => [.. Enumerable.Range(0, 1600).Select(p =>
        {
            int along = (p / 40) + (p % 40), across = (p / 40) - (p % 40);
            bool end = along is > 52 and <= 60, bar = Math.Abs(across) <= (end ? 8 : 4) && along is >= 20 and <= 60;
            return mask ? (byte)(bar && end ? 3 : 0) : bar ? (byte)40 : byte.MaxValue;
        })];
        foreach (string name in new[] { "n", "m", "x" }) _folder.WritePicture(name + ".png", 40, 40, 1, Bar(mask: false));
        _folder.WritePicture("mask.png", 40, 40, 1, Bar(mask: true));
        File.WriteAllText(_folder["l.csv"], "image,label,mask,split\nn.png,,,train\nm.png,,,test\nx.png,a,mask.png,\n");
        var test = DataSource.Open(new DataOptions { Kind = "csv", Root = _folder["l.csv"], Size = 8, Fit = ImageFit.Align }).LoadTest();
        // The thick end has the mass: it is on the right, and so is the mask; of its length of 40 it takes the last fifth, of its height all but the margin.
        byte[] mask = test.Samples[1].Mask!;
        for (int p = 0; p < 64; p++)
        {
            if (p % 8 < 6) Assert.Equal(0, mask[p]);
            else if (p % 8 == 6 && p / 8 is >= 1 and <= 6) Assert.Equal(1, mask[p]);
        }
    }

    [Fact]
    public void AMaskOfOnePixelIsNotLostInALargeImage()
    {
        var mask = new byte[1000 * 1000];
        mask[(430 * 1000) + 620] = 1;
        byte[] cut = MaskResampling.Cut(mask, 1000, 1000, new PartBox(500, 500, 0, 1, 800, 800), 8);
        // (620 − 100) / 100 and (430 − 100) / 100.
        Assert.Equal((3 * 8) + 5, Array.IndexOf(cut, (byte)1));
        Assert.Equal(1, cut.Sum(v => v));
        Assert.All(MaskResampling.Cut(mask, 1000, 1000, new PartBox(100, 100, 0, 1, 80, 80), 8), v => Assert.Equal(0, v));
    }

    [Theory]
    [InlineData(8, 8, 1)]
    [InlineData(9, 8, 2)]
    [InlineData(16, 25, 8)]
    [InlineData(3, 20, 3)]
    public void TilesAreDrawnFromAllOfTheImage(int height, int width, int count)
    {
        // Each pixel has a value of its own.
        byte[] pixels = [.. Enumerable.Range(0, height * width).SelectMany(p => new byte[] { (byte)(p / width), (byte)(p % width), 0 })];
        var sample = new Sample("", height, width, pixels, false, "good");
        Assert.Equal(count, TileDraw.Count(sample, 8));
        var seen = new int[height * width];
        var tile = new byte[8 * 8 * 3];
        for (int epoch = 0; epoch < 200; epoch++)
        {
            for (int k = 0; k < count; k++)
            {
                var random = new SplitMix64(1, epoch, k);
                TileDraw.Cut(sample, 8, 3, k, ref random, tile);
                for (int p = 0; p < 64; p++) seen[(tile[3 * p] * width) + tile[(3 * p) + 1]]++;
                // Neighbours in the tile are neighbours in the image, or mirrored beside its border.
                for (int p = 1; p < 8; p++) Assert.InRange(tile[(3 * p) + 1] - tile[(3 * (p - 1)) + 1], -1, 1);
            }
        }
        // The rarest places are the corners: half of the corner tiles lie there along each side.
        Assert.All(seen, n => Assert.InRange(n, 20, int.MaxValue));
    }

    [Fact]
    public void BatchesOfTilesAreTheSameForTheSameSeedAndOtherInEachEpoch()
    {
        Sample[] samples = [.. Enumerable.Range(0, 3).Select(i => new Sample("", 20 + i, 17, Noise((20 + i) * 17), false, "good"))];
        var set = new ImageSet(8, 8, 1, samples);
        float[] Batch(long seed, int epoch)
        {
            var batches = new ImageBatches(set, [0, 2], Augmentation.None, false, PixelRange.Bytes, seed);
            Assert.Equal(2 * 9, batches.Count);
            Assert.Equal(Enumerable.Range(0, 18), batches.Order(epoch).Order());
            var target = new float[18 * 64];
            batches.Fill([.. Enumerable.Range(0, 18)], epoch, target);
            return target;
        }
        Assert.Equal(Batch(1, 1), Batch(1, 1));
        Assert.NotEqual(Batch(1, 1), Batch(1, 2));
        Assert.NotEqual(Batch(1, 1), Batch(2, 1));
        Assert.All(Batch(1, 1), v => Assert.InRange(v, -1, 1));
    }

    private static byte[] Noise(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }
}
