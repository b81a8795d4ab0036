using System.Diagnostics;
using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Data;

/// <summary>A walk accounts for everything it passed over.</summary>
public sealed class OmissionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void FoldersOfSystemsAndPhotoServersAreLeftOutAndCounted()
    {
        string[] foreign =
        [
            "@eaDir/a.jpg", "__MACOSX/in", "#recycle", "$RECYCLE.BIN/S-1-5", "System Volume Information", "lost+found",
            ".thumbnails/large", ".Trash-1000/files", ".git/x"
        ];
        foreach (string name in foreign) _folder.Write($"in/{name}/SYNOPHOTO_THUMB_M.jpg", [1]);
        _folder.Write("in/deep/@EADIR/b.png", [1]);
        _folder.Write("in/deep/own.png", [1]);
        _folder.Write("in/._own.png", [1]);
        var omissions = new Omissions();
        Assert.Equal(["deep/own.png"], ImageFolder.Files(_folder["in"], omissions));
        // A second walk, as a test set needs, counts nothing twice.
        ImageFolder.Files(_folder["in"], omissions);
        Assert.Equal(
            "left out: 7 folders of systems and other programs (#recycle, $RECYCLE.BIN, @EADIR, @eaDir, …); 4 hidden (.Trash-1000, .git, .thumbnails)",
            omissions.Describe());
        Assert.Null(new Omissions().Describe());
    }

    [Fact]
    public void ExtensionsOfPicturesAreAllWanted()
    {
        string[] names = ["a.apng", "a.dib", "a.gif", "a.ico", "a.jfif", "a.jpe", "a.pgm", "a.pnm", "a.ppm", "a.tga", "a.tif", "a.tiff", "b.PNG"];
        foreach (string name in names) _folder.Write(name, [1]);
        foreach (string name in new[] { "Thumbs.db", "notes.txt", "more.txt", "README" }) _folder.Write(name, [1]);
        var omissions = new Omissions();
        Assert.Equal(names, ImageFolder.Files(_folder.Path, omissions));
        Assert.Equal("left out: 4 of other kinds (.db, .txt, README)", omissions.Describe());
    }

    [Fact]
    public void ANameThatIsNotUtf8IsNamedAsSuch()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux keeps such names");
        Shell("mkdir \"$(printf 'd\\377')\" && touch \"$(printf 'bad\\377.png')\" \"$(printf 'd\\377')/in.png\"");
        var omissions = new Omissions();
        string name = Assert.Single(ImageFolder.Files(_folder.Path, omissions));
        Assert.Equal("left out: 1 folders with names that are not UTF-8, which cannot be opened (d\uFFFD)", omissions.Describe());
        BadInput.Throws<InvalidDataException>(() => ImageFile.Read(_folder[name]), _folder[name], "not UTF-8");
        // .NET cannot remove them either.
        Shell("rm -r d* bad*");

        void Shell(string command)
        {
            using var shell = Process.Start("/bin/sh", ["-c", $"cd '{_folder.Path}' && {command}"]);
            shell.WaitForExit();
        }
    }

    [Fact]
    public void AFolderOfGoodImagesBelowTheAbnormalOnesIsAQuestion()
    {
        foreach (string name in new[]
        {
            "c/train/good/0.png", "c/train/good/1.png", "c/test/good/0.png", "c/test/hole/0.png", "d/hole/Good/x.png", "e/goods/x.png"
        })
            _folder.WritePlain(name, 8, 8, 9);
        BadInput.Throws<InvalidDataException>(() => Open("c/test"), Path.Combine(_folder["c/test"], "good"), "are they normal?");
        BadInput.Throws<InvalidDataException>(() => Open("d"), Path.Combine("Good", "x.png"), "are they normal?");
        Assert.Equal(2, Open("c/test/hole").LoadTest().Samples.Count);
        Assert.Equal(2, Open("e").LoadTest().Samples.Count);
        // The folder itself, by --abnormal and by --test.
        BadInput.Throws<InvalidDataException>(() => Open("c/test/good"), "a folder 'good'", "are they normal?");
        BadInput.Throws<InvalidDataException>(
            () => DataSource.OpenTest(new DataOptions { Kind = "folder", Root = _folder["e"], Size = 8 }, _folder["c/test/good"]).LoadTest(),
            "are they normal?");

        DataSource Open(string abnormal) =>
            DataSource.Open(new DataOptions { Kind = "folder", Root = _folder["c/train/good"], Abnormal = _folder[abnormal], Size = 8 });
    }

    [Theory]
    [InlineData("c/test/Good/1.png")]
    [InlineData("c/test/hole/good/1.png")]
    public void AnotherGoodFolderOfALayoutIsAQuestionToo(string name)
    {
        foreach (string file in new[] { "c/train/good/0.png", "c/test/good/0.png", "c/test/hole/0.png", name }) _folder.WritePlain(file, 4, 4, 9);
        BadInput.Throws<InvalidDataException>(
            () => DataSource.Open(new DataOptions { Kind = "mvtec", Root = _folder.Path, Normal = "c", Size = 4 }).LoadTest(),
            Path.GetFileName(name),
            "are they normal?");
    }

    [Fact]
    public void AMaskThatMarksNothingIsNamed()
    {
        foreach (string file in new[] { "c/train/good/0.png", "c/test/good/0.png", "c/test/hole/0.png", "c/test/hole/1.png" })
            _folder.WritePlain(file, 4, 4, 9);
        _folder.WritePlain("c/ground_truth/hole/0_mask.png", 4, 4, 1);
        _folder.WritePlain("c/ground_truth/hole/1_mask.png", 4, 4, 0);
        var source = DataSource.Open(new DataOptions { Kind = "mvtec", Root = _folder.Path, Normal = "c", Size = 4 });
        source.LoadTest();
        string[] expected =
            ["1 abnormal image has a mask that marks nothing: c/test/hole/1.png", "1 image has a mask that marks every pixel: c/test/hole/0.png"];
        Assert.Equal(expected, source.Remarks());
    }

    [Fact]
    public void FoldersWithinThoseOfALayoutAreReadAndOthersNamed()
    {
        foreach (string name in new[]
        {
            "c/train/good/0.png", "c/train/good/more/1.png", "c/train/later/2.png",
            "c/test/good/sub/3.png", "c/test/hole/day/4.png", "c/test/loose.png"
        })
            _folder.WritePlain(name, 4, 4, 9);
        _folder.WritePlain("c/ground_truth/hole/day/4_mask.png", 4, 4, 1);
        var source = DataSource.Open(new DataOptions { Kind = "mvtec", Root = _folder.Path, Normal = "c", Size = 4 });
        Assert.Equal(["c/train/good/0.png", "c/train/good/more/1.png"], source.LoadTrain().Samples.Select(s => s.Name));
        var test = source.LoadTest().Samples;
        Assert.Equal(["c/test/good/sub/3.png", "c/test/hole/day/4.png"], test.Select(s => s.Name));
        Assert.Equal(Enumerable.Repeat((byte)1, 16), test[1].Mask!);
        Assert.Equal("left out: 2 images outside of the layout's folders (later, loose.png)", source.LeftOut.Describe());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void EveryValueOfAMaskButZeroIsADefect(int channels)
    {
        byte[] Mask(params byte[] numbers) => [.. numbers.SelectMany(n => Enumerable.Range(0, channels).Select(c => c == channels - 1 ? n : (byte)0))];
        foreach (string name in new[] { "c/train/good/0.png", "c/test/good/0.png", "c/test/mix/0.png" }) _folder.WritePlain(name, 2, 2, 9);
        _folder.WritePicture("c/ground_truth/mix/0_mask.png", 2, 2, channels, Mask(1, 255, 0, 2));
        var test = DataSource.Open(new DataOptions { Kind = "mvtec", Root = _folder.Path, Normal = "c", Size = 2 }).LoadTest();
        Assert.Equal([1, 1, 0, 1], test.Samples.Single(s => s.Abnormal).Mask!);
    }
}
