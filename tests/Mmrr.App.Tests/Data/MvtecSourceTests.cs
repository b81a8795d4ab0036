using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Data;

public class MvtecSourceTests
{
    [Fact]
    public void LoadsImagesLabelsAndMasksInOrdinalOrder()
    {
        using var folder = Category();
        var train = Open(folder).LoadTrain();
        Assert.Equal(["screw/train/good/000.png", "screw/train/good/B.PNG", "screw/train/good/a.png"], train.Samples.Select(s => s.Name));
        Assert.All(train.Samples, s => Assert.Null(s.Mask));
        Assert.Equal(1, train.Channels);

        var test = Open(folder).LoadTest();
        Assert.Equal(["screw/test/cut/000.png", "screw/test/good/000.png"], test.Samples.Select(s => s.Name));
        Assert.Equal([true, false], test.Samples.Select(s => s.Abnormal));
        Assert.Equal(["cut", "good"], test.Samples.Select(s => s.Kind));
        Assert.Equal([0, 0, 0, 1], test.Samples[0].Mask!);
        Assert.Equal(new byte[4], test.Samples[1].Mask!);
    }

    [Fact]
    public void WithoutGroundTruthThereAreNoMasks()
    {
        using var folder = Category();
        Directory.Delete(folder["screw/ground_truth"], recursive: true);
        var test = Open(folder).LoadTest();
        Assert.Equal(["screw/test/cut/000.png", "screw/test/good/000.png"], test.Samples.Select(s => s.Name));
        Assert.All(test.Samples, s => Assert.True(s.Mask is null && s.Regions is null));

        // A folder without any mask in it is not the same: masks were meant to be there.
        Directory.CreateDirectory(folder["screw/ground_truth"]);
        BadInput.Throws<FileNotFoundException>(() => Open(folder).LoadTest(), folder["screw/ground_truth/cut/000_mask.png"], "000.png");
    }

    [Fact]
    public void OneColourImageMakesTheSetRgb()
    {
        using var folder = Category();
        folder.WritePlain("screw/train/good/001.png", 4, 4, 10, 20, 30);
        var train = Open(folder).LoadTrain();
        Assert.Equal(3, train.Channels);
        Assert.All(train.Samples, s => Assert.Equal(12, s.Pixels.Length));
        Assert.Equal(3, Open(folder).LoadTest().Channels);
        Assert.Equal(1, Open(folder, channels: 1).LoadTest().Channels);
    }

    [Fact]
    public void MissingFoldersAreNamed()
    {
        using var folder = Category();
        BadInput.Throws<DirectoryNotFoundException>(() => Open(folder, "bolt"), folder.Path, "'bolt'", "screw");
        BadInput.Throws<DirectoryNotFoundException>(() => Open(folder, ""), folder.Path);
        Directory.Delete(folder["screw/train"], recursive: true);
        BadInput.Throws<DirectoryNotFoundException>(() => Open(folder).LoadTrain(), folder["screw/train/good"]);
        Directory.CreateDirectory(folder["screw/train/good"]);
        BadInput.Throws<InvalidDataException>(() => Open(folder).LoadTrain(), folder["screw/train/good"], "no image");
        Directory.Delete(folder["screw/test"], recursive: true);
        BadInput.Throws<DirectoryNotFoundException>(() => Open(folder).LoadTest(), folder["screw/test"]);
    }

    [Fact]
    public void TestWithoutOneSideIsRefused()
    {
        using var folder = Category();
        Directory.Delete(folder["screw/test/good"], recursive: true);
        BadInput.Throws<InvalidDataException>(() => Open(folder).LoadTest(), folder.Path, "no normal image");
    }

    [Fact]
    public void BadMasksAreNamed()
    {
        using var folder = Category();
        string mask = folder["screw/ground_truth/cut/000_mask.png"];
        folder.WritePlain("screw/ground_truth/cut/000_mask.png", 3, 5, 255);
        BadInput.Throws<InvalidDataException>(() => Open(folder).LoadTest(), mask, "5x3", "4x4");
        File.WriteAllText(mask, "no mask");
        BadInput.Throws<InvalidDataException>(() => Open(folder).LoadTest(), mask, "not an image");
        File.Delete(mask);
        BadInput.Throws<FileNotFoundException>(() => Open(folder).LoadTest(), mask, "000.png");
    }

    [Fact]
    public void TheFirstBadImageIsNamed()
    {
        using var folder = Category();
        for (int i = 1; i < 40; i++)
            folder.WritePlain($"screw/train/good/{i:000}.png", 4, 4, 9);
        File.WriteAllText(folder["screw/train/good/007.png"], "x");
        File.WriteAllText(folder["screw/train/good/031.png"], "x");
        BadInput.Throws<InvalidDataException>(() => Open(folder).LoadTrain(), folder["screw/train/good/007.png"]);
    }

    [Fact]
    public void MaskKeepsHalfCoveredPixelsAndIsNeverLost()
    {
        // Left half of the first target pixel, one source pixel in the last.
        byte[] mask = [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        Assert.Equal([1, 0, 0, 0], MaskResampling.Resize(mask, 4, 4, 2, 2));

        // A line one pixel wide covers a quarter of every target pixel it crosses: the whole line stays.
        var line = new byte[16 * 16];
        line.AsSpan(5 * 16, 16).Fill(1);
        Assert.Equal([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], MaskResampling.Resize(line, 16, 16, 4, 4));
        for (int i = 0; i < line.Length; i++)
        {
            var dot = new byte[16 * 16];
            dot[i] = 1;
            Assert.Contains((byte)1, MaskResampling.Resize(dot, 16, 16, 3, 5));
        }

        Assert.Equal(new byte[9], MaskResampling.Resize(new byte[256], 16, 16, 3, 3));
        Assert.Equal(line, MaskResampling.Resize(line, 16, 16, 16, 16));
        Assert.Equal([1, 1, 0, 0, 1, 1, 0, 0], MaskResampling.Resize([1, 0], 1, 2, 2, 4));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(255)]
    public void MasksMayBeStoredAsOneOr255(byte set)
    {
        using var folder = Category();
        folder.WritePicture("screw/ground_truth/cut/000_mask.png", 4, 4, 1, [set, set, 0, 0, set, set, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        Assert.Equal([1, 0, 0, 0], Open(folder).LoadTest().Samples[0].Mask!);
    }

    private static TemporaryFolder Category()
    {
        var folder = new TemporaryFolder();
        foreach (string name in (string[])["a.png", "B.PNG", "000.png"])
            folder.WritePlain($"screw/train/good/{name}", 4, 4, 9);
        File.WriteAllText(folder["screw/train/good/.hidden.png"], "left out");
        File.WriteAllText(folder["screw/train/good/notes.txt"], "left out");
        folder.WritePlain("screw/test/good/000.png", 4, 4, 9);
        folder.WritePlain("screw/test/cut/000.png", 4, 4, 9);
        folder.WritePicture("screw/ground_truth/cut/000_mask.png", 4, 4, 1, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 255, 255]);
        return folder;
    }

    private static DataSource Open(TemporaryFolder folder, string normal = "screw", int? channels = null) =>
        DataSource.Open(new DataOptions { Kind = "mvtec", Root = folder.Path, Normal = normal, Size = 2, Channels = channels });
}
