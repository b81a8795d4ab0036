using Xunit;

namespace Mmrr.Nn.Tests.Model;

/// <summary>Parts that lie turned: found, turned into one position, cut out, and maps put back.</summary>
public sealed class PartBoxTests
{
    private const double Length = 60, Shaft = 8, Head = 20, HeadLength = 12;

    public static TheoryData<double, int, int, int, int> Turned()
    {
        var data = new TheoryData<double, int, int, int, int>();
        int bits = 8, channels = 1;
        foreach (double degrees in new double[] { 0, 17, 45, 90, 133, 180, 200, 271, 359 })
        {
            data.Add(degrees, 100, 120, channels, bits);
            (bits, channels) = (24 - bits, 4 - channels);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Turned))]
    public void APartIsFoundHoweverItLies(double degrees, int height, int width, int channels, int bits)
    {
        double angle = degrees * Math.PI / 180, row = 51.3, column = 58.9;
        var options = new MmrrOptions { Size = 16, Fit = ImageFit.Align, Channels = 1, Range = new PixelRange(0, (1 << bits) - 1, bits) };
        var found = Prepare(options, Draw(height, width, channels, bits, row, column, angle), height, width, channels);
        var box = found.Box!.Value;
        // The head's end has the mass: the thin end is on the left, so that the length points to the head. The part ends within a pixel of where it is
        // drawn, on each side: its sides are off by two at most, its middle by one, its direction by two pixels in its length.
        Assert.InRange((box.AlongRow * Math.Sin(angle)) + (box.AlongColumn * Math.Cos(angle)), Math.Cos(2 / Length), 1);
        Assert.InRange(box.Row, row - 1, row + 1);
        Assert.InRange(box.Column, column - 1, column + 1);
        Assert.InRange(box.Length / 1.1, Length - 2, Length + 2 + (Head * 2 / Length));
        Assert.InRange(box.Breadth / 1.1, Head - 2, Head + 2 + (Length * 2 / Length));
        // What is cut out is the part as it lies without a turn, but for its edges: a pixel of them in 66 × 22 of the rectangle moves a value by up to a
        // sixteenth of the contrast a pixel's height, 22/16; of the 16 × 16 values some 60 lie on edges.
        var straight = Prepare(options, Draw(height, width, channels, bits, row, column, 0), height, width, channels);
        double white = (1 << bits) - 1, difference = Values(found).Zip(Values(straight), (a, b) => Math.Abs(a - b) / white).Average();
        Assert.InRange(difference, 0, 60.0 / 256 / 4);
    }

    [Fact]
    public void QuarterTurnsGiveTheSameSquare()
    {
        byte[] image = Draw(90, 90, 1, 8, 44, 47, 0.6).Bytes, turned = new byte[image.Length];
        for (int p = 0; p < image.Length; p++) turned[((p % 90) * 90) + 89 - (p / 90)] = image[p];
        var options = new MmrrOptions { Size = 16, Fit = ImageFit.Align };
        byte[] first = PreparedImage.From(options, image, 90, 90, 1).Pixels.Bytes, second = PreparedImage.From(options, turned, 90, 90, 1).Pixels.Bytes;
        // The same sums of float64 in another order, rounded to whole numbers.
        Assert.All(first.Zip(second), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1));
    }

    [Theory]
    [InlineData(7, 7, 1)]
    [InlineData(12, 12, 3)]
    public void AWholeImageIsCutAsItIs(int height, int width, int channels)
    {
        var pixels = new byte[height * width * channels];
        new Random(height).NextBytes(pixels);
        Assert.Equal(pixels, PartBox.Whole(height, width).Cut<byte>(pixels, height, width, channels, height));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 9)]
    [InlineData(40, 30)]
    public void AnImageWithoutAPartIsSeenWhole(int height, int width)
    {
        var pixels = new byte[height * width];
        Array.Fill(pixels, (byte)200);
        var options = new MmrrOptions { Size = 8, Fit = ImageFit.Align };
        var seen = PreparedImage.From(options, pixels, height, width, 1);
        Assert.Equal(PartBox.Whole(height, width), seen.Box);
        Assert.All(seen.Pixels.Bytes, v => Assert.Equal(200, v));
    }

    [Theory]
    [InlineData(1, 200, 200)]
    [InlineData(3, 64, 90)]
    [InlineData(8, 1000, 700)]
    public void NoiseIsNoPart(int deviation, int height, int width)
    {
        var random = new Random(height);
        byte[] pixels = [.. Enumerable.Range(0, height * width).Select(_ => (byte)Math.Clamp(150 + (deviation * Normal(random)), 0, 255))];
        var seen = PreparedImage.From(new MmrrOptions { Size = 8, Fit = ImageFit.Align }, pixels, height, width, 1);
        Assert.True(seen.Box!.Value.IsWhole);
    }

    [Fact]
    public void AHighlightAndNoiseDoNotHideThePart()
    {
        var random = new Random(1);
        ushort[] pixels = Draw(200, 200, 1, 16, 100, 100, 0.7).Words;
        for (int p = 0; p < pixels.Length; p++) pixels[p] = (ushort)(4000 + (pixels[p] / 30) + (40 * Normal(random)));
        var options = new MmrrOptions { Size = 16, Fit = ImageFit.Align, Range = new PixelRange(0, 65_535, 16) };
        var before = PreparedImage.From(options, pixels, 200, 200, 1).Box!.Value;
        for (int y = 20; y < 26; y++) pixels.AsSpan((y * 200) + 150, 6).Fill(65_535);
        var after = PreparedImage.From(options, pixels, 200, 200, 1).Box!.Value;
        foreach (var box in new[] { before, after })
        {
            Assert.InRange(box.Length / 1.1, Length - 3, Length + 4);
            Assert.InRange((box.AlongRow * Math.Sin(0.7)) + (box.AlongColumn * Math.Cos(0.7)), Math.Cos(3 / Length), 1);
        }
    }

    [Fact]
    public void APartOfTheBackgroundsBrightnessIsFoundByItsColour()
    {
        // Luma of both is 93.
        byte[] grey = Draw(100, 120, 1, 8, 51, 58, 2.1).Bytes, pixels = [.. grey.SelectMany(v => v < 100 ? new byte[] { 200, 50, 30 } : [20, 142, 30])];
        var options = new MmrrOptions { Size = 16, Fit = ImageFit.Align, Channels = 3 };
        var found = PreparedImage.From(options, pixels, 100, 120, 3).Box!.Value;
        Assert.Equal(PreparedImage.From(options with { Channels = 1 }, grey, 100, 120, 1).Box!.Value.Row, found.Row, 1.0);
        Assert.InRange(found.Length / 1.1, Length - 2, Length + 3);
    }

    [Theory]
    [InlineData(40.2, 50.7)]
    [InlineData(41.5, 49.9)]
    public void APartAsLongAsBroadStaysAsItLies(double row, double column)
    {
        byte[] pixels =
            [.. Enumerable.Range(0, 90 * 100).Select(p =>
                (byte)(Math.Pow((p / 100) + 0.5 - row, 2) + Math.Pow((p % 100) + 0.5 - column, 2) < 400 ? 70 : 210))];
        var box = PreparedImage.From(new MmrrOptions { Size = 8, Fit = ImageFit.Align }, pixels, 90, 100, 1).Box!.Value;
        Assert.Equal((0.0, 1.0), (box.AlongRow, box.AlongColumn));
        // Smoothing may add a pixel on each side.
        Assert.InRange(box.Length / 1.1, 38, 43);
        Assert.InRange(box.Breadth / 1.1, 38, 43);
    }

    [Fact]
    public void ALongThinImagesPixelsAreAsTheyAre()
    {
        // 3 rows of 5,000: reduced to one row of 256, a pixel of which is 3 rows high and 19.5 columns wide.
        byte[] pixels = [.. Enumerable.Range(0, 15_000).Select(p => (byte)(p % 5000 is >= 1000 and < 3000 ? 40 : 200))];
        var box = PreparedImage.From(new MmrrOptions { Size = 8, Fit = ImageFit.Align }, pixels, 3, 5000, 1).Box!.Value;
        Assert.Equal(3 * 1.1, box.Breadth, 1e-9);
        Assert.InRange(box.Length / 1.1, 2000 - 40, 2000 + 80);
    }

    [Fact]
    public void AMapOfAnImageThatWasNotPreparedIsRefused() =>
        Assert.Contains(
            "MapOnImage",
            Assert.Throws<ArgumentException>(() => ImageRegion.PutBack(ImageFit.Align, null, new float[64], 8, 8, 9, 9)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void DustIsNoPartAndHolesBelongToIt()
    {
        byte[] pixels = Draw(200, 200, 1, 8, 100, 100, 0.4).Bytes;
        var options = new MmrrOptions { Size = 16, Fit = ImageFit.Align };
        var clean = PreparedImage.From(options, pixels, 200, 200, 1).Box;
        pixels[(5 * 200) + 7] = 0;
        pixels.AsSpan((20 * 200) + 150, 4).Clear();
        // Inside the shaft, bright as the background.
        for (int y = 99; y < 102; y++) pixels.AsSpan((y * 200) + 99, 3).Fill(220);
        Assert.Equal(clean, PreparedImage.From(options, pixels, 200, 200, 1).Box);
    }

    [Fact]
    public void AMapGoesBackToWhereItCameFrom()
    {
        var box = new PartBox(21.5, 27, Math.Sin(0.4), Math.Cos(0.4), 30, 12);
        // Linear along the rectangle: bilinear sampling reproduces it between the outer middles, and holds it beyond.
        float[] along = [.. Enumerable.Range(0, 64).Select(p => p % 8 + 0f)], across = [.. Enumerable.Range(0, 64).Select(p => p / 8 + 0f)];
        float[] right = ImageRegion.PutBack(ImageFit.Align, box, along, 8, 8, 40, 50), down = ImageRegion.PutBack(ImageFit.Align, box, across, 8, 8, 40, 50);
        int inside = 0;
        for (int p = 0; p < right.Length; p++)
        {
            double y = (p / 50) + 0.5 - box.Row, x = (p % 50) + 0.5 - box.Column;
            double u = ((y * Math.Sin(0.4)) + (x * Math.Cos(0.4))) / 30, v = ((y * Math.Cos(0.4)) - (x * Math.Sin(0.4))) / 12;
            bool within = Math.Abs(u) <= 0.5 && Math.Abs(v) <= 0.5;
            Assert.Equal(within, !float.IsNaN(right[p]));
            Assert.Equal(within, !float.IsNaN(down[p]));
            if (!within) continue;
            inside++;
            // Values up to 7, a few roundings of float32.
            Assert.InRange(right[p] - Math.Clamp(((u + 0.5) * 8) - 0.5, 0, 7), -1e-5, 1e-5);
            Assert.InRange(down[p] - Math.Clamp(((v + 0.5) * 8) - 0.5, 0, 7), -1e-5, 1e-5);
        }
        Assert.InRange(inside, 300, 420);
    }

    [Fact]
    public void OtsusThresholdLiesBetweenTwoGroups()
    {
        double[] values = [.. Enumerable.Range(0, 900).Select(i => 2 + (i % 5 * 0.5)), .. Enumerable.Range(0, 40).Select(i => 80 + (i % 7 * 1.0))];
        Assert.InRange(PartFinder.Otsu(values), 4, 80);
        Assert.Equal(0, PartFinder.Otsu([0, 0, 0]));
    }

    // Box and Muller (1958).
    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static double[] Values(PreparedImage image) => image.Pixels.Bits == 8
        ? Array.ConvertAll(image.Pixels.Bytes, v => (double)v)
        : Array.ConvertAll(image.Pixels.Words, v => (double)v);

    private static PreparedImage Prepare(MmrrOptions options, PixelValues pixels, int height, int width, int channels) => pixels.Bits == 8
        ? PreparedImage.From(options, pixels.Bytes, height, width, channels)
        : PreparedImage.From(options, pixels.Words, height, width, channels);

    /// <summary>A dark shaft with a head at one end on a bright background that gets a little darker downwards; turned about its middle.</summary>
    private static PixelValues Draw(int height, int width, int channels, int bits, double row, double column, double angle)
    {
        var values = new double[height * width];
        for (int p = 0; p < values.Length; p++)
        {
            double y = (p / width) + 0.5 - row, x = (p % width) + 0.5 - column;
            double along = (y * Math.Sin(angle)) + (x * Math.Cos(angle)), across = (y * Math.Cos(angle)) - (x * Math.Sin(angle));
            bool part = Math.Abs(along) <= Length / 2 && Math.Abs(across) <= (along > (Length / 2) - HeadLength ? Head : Shaft) / 2;
            values[p] = part ? 60 : 220 - (8.0 * (p / width) / height);
        }
        return bits == 8
            ? PixelValues.Of<byte>([.. values.SelectMany(v => Enumerable.Repeat((byte)v, channels))])
            : PixelValues.Of<ushort>([.. values.SelectMany(v => Enumerable.Repeat((ushort)(v * 257), channels))]);
    }
}
