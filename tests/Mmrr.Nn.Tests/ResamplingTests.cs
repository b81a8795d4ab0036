using Xunit;

namespace Mmrr.Nn.Tests;

public class ResamplingTests
{
    [Theory]
    [InlineData(28, 28, 32, 32, 1)]
    [InlineData(32, 32, 32, 32, 3)]
    [InlineData(64, 48, 20, 13, 3)]
    [InlineData(7, 5, 3, 11, 3)]
    [InlineData(1, 1, 4, 5, 1)]
    [InlineData(1, 7, 3, 2, 3)]
    [InlineData(9, 1, 1, 1, 1)]
    [InlineData(100, 3, 2, 1, 1)]
    public void AgreesWithTheDefinition(int height, int width, int newHeight, int newWidth, int channels)
    {
        var source = new byte[height * width * channels];
        new Random((height * 1000) + width).NextBytes(source);
        byte[] result = new Resampling(height, width, newHeight, newWidth).Resize(source, channels);
        Assert.Equal(newHeight * newWidth * channels, result.Length);
        for (int i = 0; i < result.Length; i++)
        {
            double exact = Reference(source, height, width, channels, newHeight, newWidth, i / channels / newWidth, i / channels % newWidth, i % channels);
            Assert.InRange(Math.Abs(result[i] - exact), 0, 0.5 + 1e-9);
        }
    }

    [Fact]
    public void SameSizeIsACopy()
    {
        byte[] source = [.. Enumerable.Range(0, 60).Select(i => (byte)(4 * i))];
        Assert.Equal(source, new Resampling(4, 5, 4, 5).Resize(source, 3));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(255)]
    public void ConstantStaysConstant(byte value)
    {
        foreach (var (h, w, nh, nw) in ((int, int, int, int)[])[(28, 28, 32, 32), (1, 7, 5, 3), (300, 200, 7, 64), (1, 1, 9, 9)])
        {
            byte[] result = new Resampling(h, w, nh, nw).Resize(Enumerable.Repeat(value, h * w).ToArray(), 1);
            Assert.All(result, v => Assert.Equal(value, v));
        }
    }

    [Fact]
    public void FineStripesAverageInsteadOfAliasing()
    {
        byte[] stripes = [.. Enumerable.Range(0, 64 * 64).Select(i => i % 2 == 0 ? (byte)0 : (byte)200)];
        Assert.All(new Resampling(64, 64, 13, 13).Resize(stripes, 1), v => Assert.InRange(v, 85, 115));
    }

    [Fact]
    public void WrongLengthIsRefused() => Assert.Throws<ArgumentException>(() => new Resampling(2, 2, 4, 4).Resize(new byte[5], 1));

    /// <summary>Triangle filter, as wide as the downscale factor, summed over the whole image.</summary>
    private static double Reference(byte[] source, int height, int width, int channels, int newHeight, int newWidth, int y, int x, int c)
    {
        double sum = 0;
        double total = 0;
        for (int sy = 0; sy < height; sy++)
        {
            double wy = Weight(sy, y, height, newHeight);
            for (int sx = 0; sx < width; sx++)
            {
                double weight = wy * Weight(sx, x, width, newWidth);
                sum += weight * source[(((sy * width) + sx) * channels) + c];
                total += weight;
            }
        }

        return sum / total;
    }

    private static double Weight(int from, int to, int size, int newSize)
    {
        double scale = (double)size / newSize;
        return Math.Max(0, 1 - (Math.Abs(from + 0.5 - ((to + 0.5) * scale)) / Math.Max(1, scale)));
    }
}
