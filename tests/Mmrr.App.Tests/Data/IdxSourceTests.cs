using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Data;

public class IdxSourceTests
{
    private static readonly byte[] Labels = [3, 7, 3, 1];

    [Theory]
    [InlineData("train-images-idx3-ubyte", "train-labels-idx1-ubyte", false)]
    [InlineData("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", true)]
    [InlineData("train-images.idx3-ubyte", "train-labels.idx1-ubyte", false)]
    [InlineData("train-images.idx3-ubyte.gz", "train-labels.idx1-ubyte.gz", true)]
    [InlineData("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", false)]
    public void TrainingHoldsTheNormalClassOnly(string images, string labels, bool gzip)
    {
        using var folder = new TemporaryFolder();
        byte[] imageFile = TemporaryFolder.Idx(2051, [4, 2, 2], Pixels());
        byte[] labelFile = TemporaryFolder.Idx(2049, [4], Labels);
        folder.Write(images, gzip ? TemporaryFolder.Gzip(imageFile) : imageFile);
        folder.Write(labels, gzip ? TemporaryFolder.Gzip(labelFile) : labelFile);
        var set = Open(folder).LoadTrain();
        Assert.Equal((2, 2, 1), (set.Height, set.Width, set.Channels));
        Assert.Equal(["0", "2"], set.Samples.Select(s => s.Name));
        Assert.All(set.Samples, s => Assert.False(s.Abnormal));
        Assert.Equal(Pixels()[8..12], set.Samples[1].Pixels.Bytes);
    }

    [Fact]
    public void TestHoldsAllClassesInFileOrder()
    {
        using var folder = new TemporaryFolder();
        WritePair(folder, "t10k");
        var set = Open(folder).LoadTest();
        Assert.Equal(["0", "1", "2", "3"], set.Samples.Select(s => s.Name));
        Assert.Equal([false, true, false, true], set.Samples.Select(s => s.Abnormal));
        Assert.Equal(["3", "7", "3", "1"], set.Samples.Select(s => s.Kind));
        Assert.All(set.Samples, s => Assert.Null(s.Mask));
    }

    [Fact]
    public void ThreeChannelsRepeatTheGrey()
    {
        using var folder = new TemporaryFolder();
        WritePair(folder, "train");
        var set = Open(folder, channels: 3).LoadTrain();
        Assert.Equal(3, set.Channels);
        Assert.Equal([0, 0, 0, 5, 5, 5], set.Samples[0].Pixels.Bytes[..6]);
    }

    [Fact]
    public void MissingFilesAreNamed()
    {
        using var folder = new TemporaryFolder();
        BadInput.Throws<FileNotFoundException>(() => Open(folder).LoadTrain(), folder["train-images-idx3-ubyte"]);
        folder.Write("train-images-idx3-ubyte", TemporaryFolder.Idx(2051, [4, 2, 2], Pixels()));
        BadInput.Throws<FileNotFoundException>(() => Open(folder).LoadTrain(), folder["train-labels-idx1-ubyte"]);
    }

    [Theory]
    [InlineData(2049, 4, 16, "2049; expected 2051")]
    [InlineData(2051, 4, 15, "truncated: 15 bytes after the header; expected 16")]
    [InlineData(2051, 4, 17, "trailing data: 17 bytes after the header; expected 16")]
    [InlineData(2051, 0, 0, "dimension 0 is 0")]
    [InlineData(2051, -1, 16, "dimension 0 is -1")]
    [InlineData(2051, int.MaxValue, 16, "truncated")]
    public void BadImageFilesAreNamed(int magic, int count, int length, string problem)
    {
        using var folder = new TemporaryFolder();
        WritePair(folder, "train");
        string path = folder.Write("train-images-idx3-ubyte", TemporaryFolder.Idx(magic, [count, 2, 2], new byte[length]));
        BadInput.Throws<InvalidDataException>(() => Open(folder).LoadTrain(), path, problem);
    }

    [Fact]
    public void BadLabelFilesAreNamed()
    {
        using var folder = new TemporaryFolder();
        WritePair(folder, "train");
        Check(TemporaryFolder.Idx(2051, [4], Labels), "2051; expected 2049");
        Check(TemporaryFolder.Idx(2049, [3], Labels[..3]), "3 labels; expected 4");
        Check(TemporaryFolder.Idx(2049, [4], [3, 7, 10, 1]), "label 10 at index 2");
        Check([0, 0, 8], "truncated: 3 bytes");
        Check([], "truncated: 0 bytes");

        void Check(byte[] bytes, string problem)
        {
            string path = folder.Write("train-labels-idx1-ubyte", bytes);
            BadInput.Throws<InvalidDataException>(() => Open(folder).LoadTrain(), path, problem);
        }
    }

    [Fact]
    public void DamagedGzipIsNamed()
    {
        using var folder = new TemporaryFolder();
        WritePair(folder, "train");
        byte[] packed = TemporaryFolder.Gzip(TemporaryFolder.Idx(2051, [4, 2, 2], Pixels()));
        string path = folder.Write("train-images-idx3-ubyte", packed.AsSpan(0, packed.Length - 12));
        BadInput.Throws<InvalidDataException>(() => Open(folder).LoadTrain(), path);
        packed.AsSpan(10).Fill(0xff);
        folder.Write("train-images-idx3-ubyte", packed);
        BadInput.Throws<InvalidDataException>(() => Open(folder).LoadTrain(), path, "gzip");
    }

    [Fact]
    public void EmptyAndUnknownClassesAreNamed()
    {
        using var folder = new TemporaryFolder();
        WritePair(folder, "train");
        WritePair(folder, "t10k");
        BadInput.Throws<InvalidDataException>(() => Open(folder, "5").LoadTrain(), folder.Path, "'5'");
        BadInput.Throws<InvalidDataException>(() => Open(folder, "5").LoadTest(), folder.Path, "no normal image");
        BadInput.Throws<InvalidDataException>(() => Open(folder, "10"), folder.Path, "'10'", "0..9");
        folder.Write("t10k-labels-idx1-ubyte", TemporaryFolder.Idx(2049, [4], [3, 3, 3, 3]));
        BadInput.Throws<InvalidDataException>(() => Open(folder).LoadTest(), folder.Path, "no abnormal image");
    }

    [Fact]
    public void BadOptionsAreRefused()
    {
        using var folder = new TemporaryFolder();
        BadInput.Throws<DirectoryNotFoundException>(
            () => DataSource.Open(new DataOptions { Kind = "mnist", Root = folder["none"], Size = 2 }), folder["none"]);
        Assert.Throws<ArgumentException>(() => DataSource.Open(new DataOptions { Kind = "svhn", Root = folder.Path, Size = 2 }));
        Assert.Throws<ArgumentException>(() => Open(folder, channels: 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => DataSource.Open(new DataOptions { Kind = "mnist", Root = folder.Path, Size = 0 }));
        Assert.Equal([32, 32, 32, 256, 256, 256], DataSource.Kinds.Select(DataSource.DefaultSize));
    }

    private static byte[] Pixels() => [.. Enumerable.Range(0, 16).Select(i => (byte)(5 * i))];

    private static void WritePair(TemporaryFolder folder, string prefix)
    {
        folder.Write($"{prefix}-images-idx3-ubyte", TemporaryFolder.Idx(2051, [4, 2, 2], Pixels()));
        folder.Write($"{prefix}-labels-idx1-ubyte", TemporaryFolder.Idx(2049, [4], Labels));
    }

    private static DataSource Open(TemporaryFolder folder, string normal = "3", int? channels = null) =>
        DataSource.Open(new DataOptions { Kind = "mnist", Root = folder.Path, Normal = normal, Size = 2, Channels = channels });
}
