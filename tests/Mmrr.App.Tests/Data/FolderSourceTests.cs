using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Data;

public class FolderSourceTests
{
    [Fact]
    public void WithoutAbnormalImagesEverythingIsTrainedOn()
    {
        using var folder = Parts(5);
        var source = Open(folder, abnormal: null);
        var train = source.LoadTrain();
        Assert.Equal(["p0.png", "p1.png", "p2.png", "p3.png", "p4.png", "sub/q.bmp.png"], train.Samples.Select(s => s.Name));
        BadInput.Throws<InvalidDataException>(() => source.LoadTest(), folder["ok"], "a folder without --abnormal has no test set");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(19)]
    public void SomeAreHeldOutByTheSeed(int count)
    {
        using var folder = Parts(count);
        var train = Open(folder, "bad").LoadTrain().Samples;
        var test = Open(folder, "bad").LoadTest().Samples;
        int held = test.Count(s => !s.Abnormal);
        Assert.InRange(held, 1, count);
        Assert.Equal(count + 1 - held, train.Count);
        Assert.Empty(train.Select(s => s.Name).Intersect(test.Select(s => s.Name)));
        Assert.Equal(["bad/scratch/s.png", "bad/x.png"], test.Where(s => s.Abnormal).Select(s => s.Name));
        Assert.Equal(["scratch", "abnormal"], test.Where(s => s.Abnormal).Select(s => s.Kind));
        Assert.Equal(train.Select(s => s.Name), Open(folder, "bad").LoadTrain().Samples.Select(s => s.Name));
        if (count > 10)
            Assert.NotEqual(train.Select(s => s.Name), Open(folder, "bad", seed: 1).LoadTrain().Samples.Select(s => s.Name));
    }

    [Fact]
    public void BadFoldersAreNamed()
    {
        using var folder = Parts(3);
        BadInput.Throws<DirectoryNotFoundException>(() => Open(folder, "none"), folder["none"]);
        BadInput.Throws<InvalidDataException>(() => Open(folder, "ok/sub"), folder["ok/sub"], folder["ok"]);
        BadInput.Throws<InvalidDataException>(() => Open(folder, "ok"), folder["ok"]);
        BadInput.Throws<InvalidDataException>(() => Open(folder, "."), folder["."]);
        Directory.CreateDirectory(folder["empty"]);
        BadInput.Throws<InvalidDataException>(() => Open(folder, "empty").LoadTest(), folder["empty"], "no image");
        foreach (string path in Directory.GetFiles(folder["ok"]))
            File.Delete(path);
        BadInput.Throws<InvalidDataException>(() => Open(folder, "bad").LoadTrain(), folder["ok"], "at least 2");
        File.WriteAllText(folder["ok/broken.JPG"], "broken");
        BadInput.Throws<InvalidDataException>(() => Open(folder, null).LoadTrain(), folder["ok/broken.JPG"], "not an image");
    }

    private static TemporaryFolder Parts(int count)
    {
        var folder = new TemporaryFolder();
        for (int i = 0; i < count; i++)
            folder.WritePlain($"ok/p{i}.png", 5, 3, (byte)i);
        folder.WritePlain("ok/sub/q.bmp.png", 2, 2, 7);
        folder.WritePlain("bad/x.png", 5, 3, 200);
        folder.WritePlain("bad/scratch/s.png", 5, 3, 220);
        return folder;
    }

    private static DataSource Open(TemporaryFolder folder, string? abnormal, long seed = 0) =>
        DataSource.Open(new DataOptions
        {
            Kind = "folder",
            Root = folder["ok"],
            Size = 4,
            Abnormal = abnormal is null ? null : folder[abnormal],
            Seed = seed,
        });
}
