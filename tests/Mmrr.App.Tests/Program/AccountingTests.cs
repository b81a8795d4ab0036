using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Data.Fixtures;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>What users see of pictures that are not scored: each is named or counted, and the others are done.</summary>
[Collection(ProgramTests.Name)]
public sealed class AccountingTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EveryFileOfAFolderIsScoredNamedOrCounted()
    {
        byte[] png = Pictures.Of("png"), jpeg = Pictures.Of("jpeg"), bmp = Pictures.Of("bmp");
        (string Name, byte[] File)[] read =
        [
            ("a.png", png), ("b.jpg", jpeg), ("c.bmp", bmp), ("d.webp", Pictures.Of("webp")), ("e.jfif", jpeg), ("f.jpe", jpeg),
            ("g.dib", bmp), ("h.pgm", [.. "P5 2 2 255\n"u8, 1, 2, 3, 4]),
            ("i.ppm", Pictures.Of("ppm")), ("j.tif", Pictures.Of("tiff-lzw")), ("k.apng", png),
        ];
        foreach (var (name, file) in read) _folder.Write($"in/{name}", file);
        _folder.Write("in/l.tga", [0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 24, 0, 1, 2, 3]);
        _folder.Write("in/m.ico", [0, 0, 1, 0, 1, 0, 16, 16]);
        _folder.Write("in/n.png", png.AsSpan(0, png.Length / 2));
        _folder.Write("in/o.jpg", [.. jpeg[..(jpeg.Length / 2)], 0xff, 0xd9]);
        _folder.Write("in/@eaDir/a.png/SYNOPHOTO_THUMB_M.jpg", jpeg);
        _folder.Write("in/notes.txt", "text"u8);
        var outcome = MmrrProgram.Run("score", runs.FolderRun, _folder["in"], "--device", "cpu").Ends(2);
        Assert.Equal(read.Select(r => _folder[$"in/{r.Name}"]), outcome.OutputLines[1..].Select(line => line.Split(',')[0]));
        Assert.Equal(5, outcome.ErrorLines.Length);
        foreach (string name in new[] { "l.tga", "m.ico", "n.png", "o.jpg" })
            Assert.Single(outcome.ErrorLines, line => line.Contains(_folder[$"in/{name}"], StringComparison.Ordinal));
        Assert.EndsWith(
            "left out: 1 folders of systems and other programs (@eaDir); 1 of other kinds (.txt)", outcome.ErrorLines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void AFolderOfGoodImagesBelowTheAbnormalOnesEndsTrainingWithAQuestion()
    {
        var (normal, _) = SmallData.Folders(_folder);
        _folder.WritePlain("test/good/0.png", 8, 8, 9);
        _folder.WritePlain("test/hole/0.png", 8, 8, 9);
        MmrrProgram.Run(
            ["train", "--data", "folder", "--root", normal, "--abnormal", _folder["test"], "--epochs", "1", .. TrainedRuns.Tiny, "--out", _folder["run"]])
            .Refuses(Path.Combine(_folder["test"], "good"), "are they normal?");
        Assert.False(Directory.Exists(_folder["run"]));
    }
}
