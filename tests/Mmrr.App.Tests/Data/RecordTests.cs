using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Data;

/// <summary>What a run began with, found again in data that has changed.</summary>
public sealed class RecordTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void FilesAreFoundByNameAndContentThenByContentThenByName()
    {
        RecordedImage[] known =
        [
            new("same", ImagePart.Test, "1"), new("renamed", ImagePart.Training, "2"),
            new("changed", ImagePart.Test, "3"), new("gone", ImagePart.Validation, "4"),
            new("left", ImagePart.Test, "5"), new("right", ImagePart.Calibration, "6"),
            new("unread", ImagePart.Test, ""), new("copied", ImagePart.Training, "7"),
        ];
        // Two have changed names with each other; of one there is a copy under another name.
        (string, string, string)[] found =
        [
            ("left", "6", ""), ("right", "5", ""), ("same", "1", ""), ("other", "2", ""), ("changed", "9", ""), ("unread", "8", ""), ("new", "10", ""),
            ("copied", "7", ""), ("a copy", "7", "")
        ];
        var recognition = new Recognition(known, found);
        Assert.Equal([2, 3, -1, -1, 1, 0, 5, 7], recognition.Places);
        Assert.Equal([6, 8], Enumerable.Range(0, found.Length).Where(recognition.IsNew));
        Assert.Equal(
            [
                "missing since training began: gone (validation)", "changed since training began: changed (test); changed images are not tested",
                "renamed since training began: renamed is other now, left is right now, right is left now",
                "new since training began, and left out: new, a copy; use mmrr evaluate RUN --test DIR for other images",
            ],
            recognition.Describe(_ => true));
        Assert.Equal("missing since training began: gone (validation)", recognition.Lost(part => part != ImagePart.Test));
        Assert.Null(recognition.Lost(part => part == ImagePart.Training));
    }

    [Fact]
    public void ARunsImagesAreThoseThatItBeganWith()
    {
        for (int i = 0; i < 40; i++) _folder.WritePlain($"ok/{i:00}.png", 4, 4, (byte)i);
        for (int i = 0; i < 4; i++) _folder.WritePlain($"bad/{i}.png", 4, 4, (byte)(200 + i));
        var options = new DataOptions { Kind = "folder", Root = _folder["ok"], Abnormal = _folder["bad"], Size = 4, Channels = 1 };
        var source = DataSource.Open(options);
        var train = source.LoadTrain().Samples;
        var test = source.LoadTest().Samples;
        source.Record(source.LoadTrain()).Save(_folder.Path);
        var record = DataRecord.Find(_folder.Path)!;
        Assert.Equal(train.Select(s => (s.Name, s.Part)).Concat(test.Select(s => (s.Name, s.Part))), record.Images.Select(i => (i.Name, i.Part)));
        Assert.Null(record.Leak());

        // New ones everywhere, one renamed, a test image gone, another one replaced by one that was trained on.
        for (int i = 0; i < 9; i++) _folder.WritePlain($"ok/a{i}.png", 4, 4, (byte)(100 + i));
        _folder.WritePlain("bad/new.png", 4, 4, 220);
        File.Move(_folder[$"ok/{train[0].Name}"], _folder["ok/z.png"]);
        File.Move(_folder["bad/1.png"], _folder["bad/renamed.png"]);
        File.Delete(_folder["bad/2.png"]);
        File.Copy(_folder[$"ok/{train[1].Name}"], _folder["bad/3.png"], overwrite: true);
        var again = DataSource.Open(options with { Record = record });
        Assert.Equal(train.Select(s => (s.Name, s.Part, s.Pixels.Bytes[0])), again.LoadTrain().Samples.Select(s => (s.Name, s.Part, s.Pixels.Bytes[0])));
        var tested = again.LoadTest().Samples;
        Assert.Equal(
            test.Select(s => (s.Name, s.Pixels.Bytes[0])).Where(s => s.Name is not ("bad/2.png" or "bad/3.png")),
            tested.Select(s => (s.Name, s.Pixels.Bytes[0])));
        string[] remarks = [.. again.Remarks()];
        Assert.Contains(remarks, r => r.StartsWith("missing since training began: bad/2.png (test)", StringComparison.Ordinal));
        Assert.Contains(remarks, r => r.StartsWith("changed since training began: bad/3.png (test)", StringComparison.Ordinal));
        Assert.Contains($"renamed since training began: {train[0].Name} is z.png now, bad/1.png is bad/renamed.png now", remarks);
        Assert.Contains(remarks, r => r.StartsWith("new since training began, and left out: a0.png, a1.png,", StringComparison.Ordinal)
            && r.Contains(", 10 in all", StringComparison.Ordinal));

        // What training needs must be there.
        File.Delete(_folder["ok/z.png"]);
        BadInput.Throws<InvalidDataException>(
            () => DataSource.Open(options with { Record = record }).LoadTrain(), _folder["ok"], "not those that the run began with", train[0].Name);
    }

    [Fact]
    public void CopiesAmongTestImagesAreTold()
    {
        for (int i = 0; i < 12; i++) _folder.WritePlain($"c/train/good/{i}.png", 4, 4, (byte)i);
        _folder.WritePlain("c/test/good/0.png", 4, 4, 40);
        _folder.WritePlain("c/test/good/copy.png", 4, 4, 5);
        _folder.WritePlain("c/test/hole/0.png", 4, 4, 80);
        var source = DataSource.Open(new DataOptions { Kind = "mvtec", Root = _folder.Path, Normal = "c", Size = 4 });
        Assert.Equal("tested, though training has images of the same content: c/test/good/copy.png", source.Record(source.LoadTrain()).Leak());
    }

    [Fact]
    public void ATestSetThatCameLaterIsTestedAndSaidToBe()
    {
        for (int i = 0; i < 12; i++) _folder.WritePlain($"c/train/good/{i}.png", 4, 4, (byte)i);
        var options = new DataOptions { Kind = "mvtec", Root = _folder.Path, Normal = "c", Size = 4 };
        var source = DataSource.Open(options);
        var record = source.Record(source.LoadTrain());
        _folder.WritePlain("c/test/good/0.png", 4, 4, 40);
        _folder.WritePlain("c/test/good/copy.png", 4, 4, 5);
        _folder.WritePlain("c/test/hole/0.png", 4, 4, 80);
        // Of two files of one content the one with the recorded name is the recorded one.
        var later = DataSource.Open(options with { Record = record });
        Assert.Equal(["c/test/good/0.png", "c/test/good/copy.png", "c/test/hole/0.png"], later.LoadTest().Samples.Select(s => s.Name));
        Assert.Contains(later.Remarks(), r => r.Contains("no test image when training began: the 3 ", StringComparison.Ordinal));
        // A training image that was moved into the test set is not tested.
        File.Delete(_folder["c/test/good/copy.png"]);
        File.Move(_folder["c/train/good/3.png"], _folder["c/test/good/moved.png"]);
        Assert.Equal(["c/test/good/0.png", "c/test/hole/0.png"], DataSource.Open(options with { Record = record }).LoadTest().Samples.Select(s => s.Name));
    }

    [Theory]
    [InlineData("{", "not the data of a run")]
    [InlineData("""{"format": 1, "files": {}, "images": null}""", "missing")]
    [InlineData("""{"format": 1, "files": {}, "images": [{"name": "a", "part": "Training", "hash": null}]}""", "missing")]
    [InlineData("""{"format": 1, "files": {}, "images": [{"name": "a", "part": 7, "hash": ""}]}""", "missing")]
    [InlineData("""{"format": 1, "files": {}, "images": [{"name": "a", "part": "Test", "hash": ""}]}""", "no training image")]
    [InlineData("""{"format": 3, "parts": {}}""", "written by a newer mmrr (format 3, this one reads 2)")]
    [InlineData("""{"format": 1, "files": {}, "images": [], "masks": 1}""", "'masks'")]
    public void ADamagedRecordIsNamed(string json, string word)
    {
        string path = _folder.Write("data.json", System.Text.Encoding.UTF8.GetBytes(json));
        BadInput.Throws<InvalidDataException>(() => DataRecord.Find(_folder.Path), path, word);
    }
}
