using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Data;

/// <summary>What the program wrote is never data.</summary>
public sealed class OwnOutputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void PicturesOfResultsAreKnownWhereverTheyLieAndDecodeLikeOthers()
    {
        var pixels = new byte[3 * 4 * 5];
        new Random(1).NextBytes(pixels);
        Directory.CreateDirectory(_folder["in"]);
        OwnOutput.WritePng(_folder["in/heat.png"], pixels, 4, 5, 3);
        byte[] own = File.ReadAllBytes(_folder["in/heat.png"]);
        _folder.Write("in/deep/RENAMED.PNG", own);
        _folder.WritePicture("in/photo.png", 4, 5, 3, pixels);
        Assert.Equal(pixels, ImageFile.Decode(own).Pixels.Bytes);
        var omissions = new Omissions();
        Assert.Equal(["photo.png"], ImageFolder.Files(_folder["in"], omissions));
        Assert.Equal("left out: 2 pictures that mmrr made", omissions.Describe());
        BadInput.Throws<InvalidDataException>(() => ImageFile.Read(_folder["in/heat.png"]), _folder["in/heat.png"], "a picture that mmrr made");
        // Behind other chunks too, as another program may write them; not in what a picture is about.
        byte[] gamma = [0, 0, 0, 4, (byte)'g', (byte)'A', (byte)'M', (byte)'A', 0, 0, 0xb1, 0x8f, 0x0b, 0xfc, 0x61, 0x05];
        Assert.True(OwnOutput.IsPicture([.. own[..33], .. gamma, .. own[33..]]));
        Assert.False(OwnOutput.IsPicture(ImageFile.EncodePng(pixels, 4, 5, 3)));
        Assert.False(OwnOutput.IsPicture([]));
    }

    [Fact]
    public void RunsAreLeftOutOfEveryLayoutAndOtherFoldersWithSuchAFileAreNot()
    {
        for (int i = 0; i < 4; i++) _folder.WritePlain($"c/train/good/{i}.png", 4, 4, (byte)i);
        _folder.WritePlain("c/test/good/0.png", 4, 4, 40);
        _folder.WritePlain("c/test/hole/0.png", 4, 4, 80);
        foreach (string run in new[] { "c/train/good/runs/a", "c/test/run", "c/test/hole/x" })
        {
            _folder.Write($"{run}/run.json", "{}"u8);
            _folder.Write($"{run}/data.json", "{}"u8);
            _folder.WritePlain($"{run}/figures/0.png", 4, 4, 9);
        }
        _folder.Write("c/train/good/mine/run.json", "{}"u8);
        _folder.WritePlain("c/train/good/mine/9.png", 4, 4, 9);
        var source = DataSource.Open(new DataOptions { Kind = "mvtec", Root = _folder.Path, Normal = "c", Size = 4 });
        Assert.Equal(["0.png", "1.png", "2.png", "3.png", "mine/9.png"], source.LoadTrain().Samples.Select(s => s.Name["c/train/good/".Length..]));
        Assert.Equal(["c/test/good/0.png", "c/test/hole/0.png"], source.LoadTest().Samples.Select(s => s.Name));
        Assert.Contains("runs of mmrr (a, ", source.LeftOut.Describe(), StringComparison.Ordinal);
        // A list that names one is told.
        OwnOutput.WritePng(_folder["sheet.png"], new byte[16], 4, 4, 1);
        _folder.Write("list.csv", "image\nc/train/good/0.png\nsheet.png\n"u8);
        BadInput.Throws<InvalidDataException>(
            () => DataSource.Open(new DataOptions { Kind = "csv", Root = _folder["list.csv"], Size = 4 }).LoadTrain(),
            _folder["sheet.png"],
            "a picture that mmrr made");
        // Nothing but such pictures: the reason is said.
        Directory.CreateDirectory(_folder["sheets"]);
        File.Move(_folder["sheet.png"], _folder["sheets/sheet.png"]);
        BadInput.Throws<InvalidDataException>(
            () => DataSource.Open(new DataOptions { Kind = "folder", Root = _folder["sheets"], Size = 4 }).LoadTrain(),
            _folder["sheets"],
            "no image",
            "1 pictures that mmrr made");
    }
}
