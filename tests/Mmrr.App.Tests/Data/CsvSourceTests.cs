using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Data;

public sealed class CsvSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CsvSourceTests()
    {
        for (int i = 0; i < 10; i++) _folder.WritePlain($"n{i}.png", 4, 4, (byte)i);
        _folder.WritePlain("sub/bad, 1.png", 4, 4, 200);
        _folder.WritePlain("sub/bad2.png", 4, 4, 210);
        _folder.WritePlain("masks/1.png", 4, 4, 255);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void LabelsSplitsAndMasksAreRead()
    {
        var source = Open(
            "Split,IMAGE,label,mask\n\n train , n0.png ,,\ntrain,n1.png,good,\n,n2.png,normal,\ntest,n3.png,OK,\n"
            + ",\"sub/bad, 1.png\",scratch,masks/1.png\r\ntest,sub/bad2.png,1,masks/1.png\n");
        var train = source.LoadTrain().Samples;
        Assert.Equal(["n0.png", "n1.png", "n2.png"], train.Select(s => s.Name)); // n3 is the test's: none is drawn
        Assert.All(train, s => Assert.True(s is { Abnormal: false, Kind: "good", Mask: null }));
        var test = source.LoadTest().Samples;
        Assert.Equal(
            [("n3.png", false, "good"), ("sub/bad, 1.png", true, "scratch"), ("sub/bad2.png", true, "abnormal")],
            test.Select(s => (s.Name, s.Abnormal, s.Kind)));
        Assert.Equal([0, 16, 16], test.Select(s => s.Mask!.Count(m => m == 1)));
        Assert.Equal(200, test[1].Pixels.Bytes[0]);
    }

    [Fact]
    public void WithoutSplitsSomeAreHeldOutByTheSeedWhateverTheOrder()
    {
        string list = "image;label\n" + string.Concat(Enumerable.Range(0, 10).Select(i => $"n{i}.png;normal\n")) + "sub/bad2.png;abnormal\n";
        string[] Names(long seed) => [.. Open(list, seed).LoadTest().Samples.Select(s => s.Name)];
        Assert.InRange(Names(0).Length, 2, 10);
        Assert.Equal(Names(0), Names(0));
        Assert.Contains(Enumerable.Range(1, 9), seed => !Names(0).SequenceEqual(Names(seed)));
        string[] train = [.. Open(list).LoadTrain().Samples.Select(s => s.Name)];
        Assert.Equal(11, train.Length + Names(0).Length);
        Assert.Empty(train.Intersect(Names(0)));
        string[] lines = list.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] turned = [.. Open(string.Join('\n', lines[1..].Reverse().Prepend(lines[0]))).LoadTest().Samples.Select(s => s.Name)];
        Assert.Equal(Names(0).Order(), turned.Order());
        // Nothing abnormal: everything trains.
        string normal = list.Replace("sub/bad2.png;abnormal\n", "", StringComparison.Ordinal);
        Assert.Equal(10, Open(normal).LoadTrain().Samples.Count);
        BadInput.Throws<InvalidDataException>(() => Open(normal).LoadTest(), _folder["list.csv"], "no test set");
    }

    [Theory]
    [InlineData("0.0", "good")]
    [InlineData("0.00", "good")]
    [InlineData("False", "good")]
    [InlineData("false", "good")]
    [InlineData("1.0", "abnormal")]
    [InlineData("True", "abnormal")]
    [InlineData("TRUE", "abnormal")]
    [InlineData("1e0", "abnormal")]
    [InlineData("2.0", "2")]
    [InlineData("7", "7")]
    [InlineData("no hole", "no hole")]
    public void LabelsAsTablesWriteThem(string label, string kind)
    {
        var source = Open($"image,label,split\nn0.png,,train\nn1.png,0,test\nn2.png,1,test\nn3.png,{label},test\n");
        Assert.Equal((kind, kind != "good"), source.LoadTest().Samples.Where(s => s.Name == "n3.png").Select(s => (s.Kind, s.Abnormal)).Single());
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("0.5")]
    [InlineData("NaN")]
    [InlineData("-0.5")]
    public void ANumberThatMayMeanAnythingIsAQuestion(string label) =>
        BadInput.Throws<InvalidDataException>(
            () => Open($"image,label\nn0.png,normal\nn1.png,{label}\n"), _folder["list.csv"], "line 3", $"'{label}'", "expected normal");

    [Fact]
    public void AnAbsolutePathIsTakenAsItIs()
    {
        using var other = new TemporaryFolder();
        Assert.Equal(77, Open($"image\n{other.WritePlain("x.png", 2, 2, 77)}\n").LoadTrain().Samples[0].Pixels.Bytes[0]);
    }

    [Theory]
    [InlineData("", "an empty file", "image[,label]")]
    [InlineData("\n\n", "an empty file")]
    [InlineData("image\n", "names no image")]
    [InlineData("n0.png\nn1.png\n", "line 1", "unknown column 'n0.png'")]
    [InlineData("label\nnormal\n", "line 1", "no column 'image'")]
    [InlineData("image,image\nn0.png,n1.png\n", "line 1", "twice")]
    [InlineData("image,lable\nn0.png,normal\n", "line 1", "'lable'")]
    [InlineData("image,label\nn0.png,normal\n\nn1.png\n", "line 4", "1 fields; expected 2")]
    [InlineData("image,label\nn0.png,normal\n,normal\n", "line 3", "no image")]
    [InlineData("image,split\nn0.png,validation\n", "line 2", "'validation'")]
    [InlineData("image,label,split\nn0.png,normal,train\nn1.png,scratch,train\n", "line 3", "'scratch'")]
    [InlineData("image,mask\nn0.png,masks/1.png\n", "line 2", "mask of a normal image")]
    [InlineData("image,label,mask\nn0.png,a,masks/1.png\nn1.png,b,\n", "line 3", "line 2")]
    [InlineData("image\nn0.png\n./n0.png\n", "line 3", "line 2")]
    [InlineData("image\n\"n0.png\nn1.png\n", "line 2", "quote")]
    [InlineData("image\nn0.png\n\"n1.png\"x\n", "line 3", "quote")]
    [InlineData("image\nn0.png\nn\0.png\n", "line 3", "value 0")]
    [InlineData("image\n\"\"\n", "line 2", "no image")]
    [InlineData("image,\nn0.png,\n", "line 1", "unknown column ''")]
    public void ErrorsNameTheLine(string list, params string[] words) => BadInput.Throws<InvalidDataException>(() => Open(list), _folder["list.csv"], words);

    [Fact]
    public void ListsThatCannotBeUsedAreNamed()
    {
        string path = _folder["list.csv"];
        BadInput.Throws<InvalidDataException>(() => Open("image,label\nn0.png,a\n").LoadTrain(), path, "no normal image");
        BadInput.Throws<InvalidDataException>(() => Open("image,label\nn0.png,\nn1.png,a\n").LoadTrain(), path, "line 2", "at least 2");
        BadInput.Throws<FileNotFoundException>(() => Open("image\nn0.png\nnone.png\n").LoadTrain(), _folder["none.png"]);
        BadInput.Throws<FileNotFoundException>(() => Open("image,label,mask\nn0.png,,\nn1.png,,\nn2.png,a,none.png\n").LoadTest(), _folder["none.png"], "mask");
        var options = new DataOptions { Kind = "csv", Root = _folder.Path, Size = 4 };
        BadInput.Throws<InvalidDataException>(() => DataSource.Open(options), _folder.Path, "expects a CSV file");
        BadInput.Throws<FileNotFoundException>(() => DataSource.Open(options with { Root = _folder["no.csv"] }), _folder["no.csv"]);
        BadInput.Throws<DirectoryNotFoundException>(() => DataSource.Open(options with { Kind = "folder", Root = path }), path, "--data csv");
    }

    private DataSource Open(string list, long seed = 0)
    {
        File.WriteAllText(_folder["list.csv"], list);
        return DataSource.Open(new DataOptions { Kind = "csv", Root = _folder["list.csv"], Size = 4, Seed = seed });
    }
}
