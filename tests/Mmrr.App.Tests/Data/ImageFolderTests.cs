using Mmrr.App.Inspection;
using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Data;

/// <summary>Which files of a folder are images.</summary>
public sealed class ImageFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void NamesOfAnyKindInOrdinalOrder()
    {
        string[] names = ["B.PNG", "a b.png", "a.jpeg", "new\nline.webp", "q\"uo,te.bmp", "sub/c.png", "ü.png"];
        if (OperatingSystem.IsWindows()) names = [.. names.Where(name => name.IndexOfAny(['\n', '"']) < 0)];
        foreach (string name in names) _folder.Write(name, [1]);
        foreach (string name in new[] { ".hidden.png", ".folder/a.png", "sub/.a.png", "notes.txt", "png" }) _folder.Write(name, [1]);
        Directory.CreateDirectory(_folder["folder.png"]);
        var omissions = new Omissions();
        Assert.Equal(names, ImageFolder.Files(_folder.Path, omissions));
        Assert.Equal("left out: 3 hidden (.folder); 2 of other kinds (.txt, png)", omissions.Describe());
    }

    [Fact]
    public void LinksAreFollowedButNotInCircles()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        _folder.Write("parts/a/1.png", [1]);
        _folder.Write("elsewhere/2.png", [1]);
        _folder.Write("elsewhere/deep/3.png", [1]);
        Directory.CreateSymbolicLink(_folder["alias"], _folder["parts"]);
        Directory.CreateSymbolicLink(_folder["parts/linked"], "../elsewhere");
        Directory.CreateSymbolicLink(_folder["parts/itself"], ".");
        Directory.CreateSymbolicLink(_folder["parts/a/up"], "../..");
        Directory.CreateSymbolicLink(_folder["parts/a/absolute"], _folder["parts"]);
        Directory.CreateSymbolicLink(_folder["elsewhere/deep/back"], _folder["elsewhere"]);
        Directory.CreateSymbolicLink(_folder["parts/nowhere"], "nothing");
        string[] expected = ["a/1.png", "linked/2.png", "linked/deep/3.png"];
        Assert.Equal(expected, ImageFolder.Files(_folder["parts"], new Omissions()));
        // By another name too: a circle is one whatever the way into it.
        Assert.Equal(expected, ImageFolder.Files(_folder["alias"], new Omissions()));
    }

    [Fact]
    public void FoldersThatLeadToEachOtherAreWalkedOnce()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        _folder.Write("all/a/1.png", [1]);
        _folder.Write("all/b/2.png", [1]);
        _folder.Write("far/3.png", [1]);
        Directory.CreateSymbolicLink(_folder["all/a/l"], "../b");
        Directory.CreateSymbolicLink(_folder["all/b/l"], "../a");
        Directory.CreateSymbolicLink(_folder["all/b/far"], _folder["far"]);
        Directory.CreateSymbolicLink(_folder["far/home"], _folder["all/a"]);
        var omissions = new Omissions();
        Assert.Equal(["a/1.png", "b/2.png", "b/far/3.png"], ImageFolder.Files(_folder["all"], omissions));
        Assert.Equal("left out: 3 links to folders that are searched anyway (home, l)", omissions.Describe());
    }

    [Fact]
    public void RealPathsHaveNoLinks()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        _folder.Write("deep/in/1.png", [1]);
        _folder.Write("empty.png", []);
        Directory.CreateSymbolicLink(_folder["short"], "deep/in");
        File.CreateSymbolicLink(_folder["one.png"], _folder["short/1.png"]);
        File.CreateSymbolicLink(_folder["round.png"], _folder["round.png"]);
        string place = RealPath.Of(_folder.Path);
        Assert.Equal(Path.Combine(place, "deep", "in", "1.png"), RealPath.Of(_folder["one.png"]));
        Assert.Equal(Path.Combine(place, "deep", "in", "new", "2.png"), RealPath.Of(_folder["short/new/2.png"]));
        Assert.True(RealPath.Contains(_folder["deep"], _folder["short"]));
        Assert.False(RealPath.Contains(_folder["short"], _folder["deep"]));
        Assert.Equal(
            [true, false, false, false, false],
            new[] { _folder["one.png"], _folder["empty.png"], _folder["round.png"], "/dev/zero", _folder["none.png"] }.Select(RealPath.HasContent));
    }

    [Fact]
    public void AFolderThatMayNotBeReadIsNamedAndTheOthersAreWalked()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "root may read everything");
        _folder.Write("locked/sub/a.png", [1]);
        _folder.Write("open/b.png", [1]);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder["locked/sub"], UnixFileMode.None);
        try
        {
            InputFile[] found = [.. InputFiles.Walk([_folder["locked"], _folder["open"]], new Omissions())];
            Assert.Equal([_folder["locked"], _folder["open/b.png"]], found.Select(file => file.Path));
            Assert.Contains(_folder["locked"], found[0].Problem!, StringComparison.Ordinal);
        }
        finally
        {
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(_folder["locked/sub"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public void AFileOfMoreThanTwoGigabytesIsNamed()
    {
        string path = _folder.Write("film.png", []);
        // With a hole in it: it takes no room.
        using (var stream = File.OpenWrite(path)) stream.SetLength(3L << 30);
        BadInput.Throws<InvalidDataException>(() => ImageFile.Read(path), path, "3221225472 bytes");
    }
}
