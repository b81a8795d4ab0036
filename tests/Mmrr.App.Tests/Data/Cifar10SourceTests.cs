using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Data;

public class Cifar10SourceTests
{
    [Theory]
    [InlineData("", false)]
    [InlineData("cifar-10-batches-bin/", true)]
    public void PlanesBecomeInterleavedPixels(string subfolder, bool gzip)
    {
        using var folder = new TemporaryFolder();
        for (byte i = 1; i <= 5; i++)
        {
            byte[] bytes = [.. Record(3, i), .. Record(4, i)];
            folder.Write($"{subfolder}data_batch_{i}.bin{(gzip ? ".gz" : "")}", gzip ? TemporaryFolder.Gzip(bytes) : bytes);
        }

        var set = Open(folder, "Cat").LoadTrain();
        Assert.Equal((32, 32, 3), (set.Height, set.Width, set.Channels));
        Assert.Equal(["0", "2", "4", "6", "8"], set.Samples.Select(s => s.Name));
        Assert.All(set.Samples, s => Assert.Equal("cat", s.Kind));
        Assert.Equal([5, 100, 200, 5, 100, 200], set.Samples[4].Pixels.Bytes[..6]);
    }

    [Fact]
    public void TestHoldsAllClasses()
    {
        using var folder = new TemporaryFolder();
        folder.Write("test_batch.bin", [.. Record(9, 0), .. Record(0, 1)]);
        var set = Open(folder, "0").LoadTest();
        Assert.Equal([true, false], set.Samples.Select(s => s.Abnormal));
        Assert.Equal(["truck", "airplane"], set.Samples.Select(s => s.Kind));
    }

    [Fact]
    public void OneChannelIsLuma()
    {
        using var folder = new TemporaryFolder();
        folder.Write("test_batch.bin", [.. Record(9, 0), .. Record(0, 50)]);
        var set = Open(folder, "0", channels: 1).LoadTest();
        Assert.Equal(1, set.Channels);
        Assert.Equal((byte)Math.Round((0.299 * 50) + (0.587 * 100) + (0.114 * 200)), set.Samples[1].Pixels.Bytes[17]);
    }

    [Fact]
    public void BadFilesAreNamed()
    {
        using var folder = new TemporaryFolder();
        BadInput.Throws<FileNotFoundException>(() => Open(folder, "0").LoadTest(), folder["test_batch.bin"]);
        string path = folder.Write("test_batch.bin", Record(0, 0).AsSpan(0, 3000));
        BadInput.Throws<InvalidDataException>(() => Open(folder, "0").LoadTest(), path, "3000 bytes", "3073");
        folder.Write("test_batch.bin", []);
        BadInput.Throws<InvalidDataException>(() => Open(folder, "0").LoadTest(), path, "0 bytes");
        folder.Write("test_batch.bin", [.. Record(0, 0), .. Record(10, 0)]);
        BadInput.Throws<InvalidDataException>(() => Open(folder, "0").LoadTest(), path, "label 10 at index 1");
        BadInput.Throws<InvalidDataException>(() => Open(folder, "lynx"), folder.Path, "'lynx'", "cat");
        for (int i = 1; i <= 5; i++)
            folder.Write($"data_batch_{i}.bin", Record(1, 0));
        BadInput.Throws<InvalidDataException>(() => Open(folder, "0").LoadTrain(), folder.Path, "'airplane'");
    }

    private static byte[] Record(byte label, byte red) =>
        [label, .. Enumerable.Repeat(red, 1024), .. Enumerable.Repeat((byte)100, 1024), .. Enumerable.Repeat((byte)200, 1024)];

    private static DataSource Open(TemporaryFolder folder, string normal, int? channels = null) =>
        DataSource.Open(new DataOptions { Kind = "cifar10", Root = folder.Path, Normal = normal, Size = 32, Channels = channels });
}
