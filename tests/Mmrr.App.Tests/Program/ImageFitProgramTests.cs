using System.Globalization;
using System.Text.Json;
using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Data.Fixtures;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>Lists of files, <c>--crop</c>, <c>--align</c> and <c>--tile</c>, from training to scores.</summary>
[Collection(OutsideTests.Name)]
public sealed class ImageFitProgramTests : IDisposable
{
    private static readonly string[] s_network = ["--width", "16", "--resolutions", "2", "--batch", "8", "--epochs", "1", "--device", "cpu"];
    private readonly TemporaryFolder _folder = new();

    public ImageFitProgramTests()
    {
        var list = "image,label,mask\n";
        for (int i = 0; i < 12; i++)
        {
            // Of several sizes, none square, the last smaller than a tile; the abnormal ones have a bright square and its mask.
            int height = i == 11 ? 6 : 20 + i, width = 40 - (3 * i);
            var pixels = new byte[height * width];
            new Random(i).NextBytes(pixels);
            for (int p = 0; p < pixels.Length; p++) pixels[p] = Marked(i, p, width) ? (byte)255 : (byte)(80 + (pixels[p] / 8));
            _folder.WritePicture($"{i}.png", height, width, 1, pixels);
            if (i % 4 == 3)
                _folder.WritePicture(
                    $"mask{i}.png", height, width, 1, [.. Enumerable.Range(0, pixels.Length).Select(p => Marked(i, p, width) ? (byte)1 : (byte)0)]);
            list += i % 4 == 3 ? $"{i}.png,spot,mask{i}.png\n" : $"{i}.png,,\n";
        }
        File.WriteAllText(_folder["list.csv"], list);

        static bool Marked(int i, int p, int width) => i % 4 == 3 && p / width is >= 1 and < 5 && p % width is >= 2 and < 6;
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Stretch", "--size", "8")]
    [InlineData("Stretch", "--size", "8", "--rule", "paper")]
    [InlineData("Crop", "--size", "8", "--crop", "--normalize")]
    [InlineData("Align", "--size", "8", "--align", "--normalize", "--rule", "deviation")]
    [InlineData("Tile", "--tile", "16")]
    [InlineData("Tile", "--tile", "16", "--normalize", "--augment", "flip,gamma,gradient")]
    public void AListIsTrainedEvaluatedAndScored(string fit, params string[] options)
    {
        string run = _folder["run"];
        MmrrProgram.Run(["train", "--data", "csv", "--root", _folder["list.csv"], .. options, .. s_network, "--levels", "3", "--out", run]).Ends(0);
        Assert.Contains(
            $"\"normalize\": {(options.Contains("--normalize") ? "true" : "false")}",
            File.ReadAllText(Path.Combine(run, "run.json")),
            StringComparison.Ordinal);
        Assert.Contains($"\"fit\": \"{fit}\"", File.ReadAllText(Path.Combine(run, "run.json")), StringComparison.Ordinal);
        // Most of these pictures are noise, on which there is no part.
        string[] told = MmrrProgram.Run("evaluate", run).Ends(0).ErrorLines;
        if (fit == "Align") Assert.Matches("^mmrr: no part was found in [1-4] of [0-9] images; they are used whole: ", Assert.Single(told));
        else Assert.Empty(told);
        using var figures = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "evaluation.json")));
        Assert.InRange(figures.RootElement.GetProperty("pixelAuroc").GetDouble(), 0, 1);
        Assert.InRange(figures.RootElement.GetProperty("otherRules")[0].GetProperty("withoutRefinement").GetProperty("aupro").GetDouble(), 0, 1);
        string rule = options.Contains("paper") ? "paper" : "deviation";
        Assert.Equal((rule, "uniform:3"), (figures.RootElement.GetProperty("rule").GetString(), figures.RootElement.GetProperty("levels").GetString()));
        string[][] evaluated = [.. File.ReadAllLines(Path.Combine(run, "scores.csv"))[1..].Select(line => line.Split(','))];
        // The three abnormal ones, and those of the nine normal ones that fall to them.
        Assert.Equal(
            DataRecord.Find(run)!.Images.Where(i => i.Part == ImagePart.Test).Select(i => i.Name).Order(),
            evaluated.Select(row => row[0]).Order());
        Assert.InRange(evaluated.Length, 3 + 1, 3 + 6);
        Assert.True(File.Exists(Path.Combine(run, "examples.png")));

        // score and the library give what evaluate gave.
        string[] files = [.. evaluated.Select(row => _folder[row[0]])];
        string[] scored = MmrrProgram.Run(["score", run, .. files, "--device", "cpu"]).Ends(0).OutputLines[1..];
        using var scorer = Scorer.Load(run, "cpu");
        for (int i = 0; i < files.Length; i++)
        {
            Assert.Equal(evaluated[i][3], scored[i].Split(',')[1]);
            Assert.Equal(evaluated[i][7..], scored[i].Split(',')[8..]);
            var image = ImageFile.Read(files[i]);
            var score = scorer.Score(image.Pixels.Bytes, image.Height, image.Width, image.Channels);
            Assert.Equal(rule, score.Rule.Name());
            Assert.Equal(evaluated[i][3], score.Score.ToString("R", CultureInfo.InvariantCulture));
            Assert.Equal(image.Height * image.Width, scorer.MapOnImage(score, image.Height, image.Width).Length);
        }
    }

    [Theory]
    [InlineData("--tile", "--data", "folder", "--tile", "16", "--size", "16")]
    [InlineData("--crop", "--data", "folder", "--tile", "16", "--crop")]
    [InlineData("--align", "--data", "folder", "--tile", "16", "--align")]
    [InlineData("--align", "--data", "folder", "--crop", "--align")]
    [InlineData("flip, rotate: aligned parts", "--data", "folder", "--align", "--augment", "flip,rotate,gamma")]
    [InlineData("--align", "--data", "mnist", "--normal", "1", "--align")]
    [InlineData("--rule neighbours", "--data", "folder", "--tile", "16", "--rule", "neighbours")]
    [InlineData("--tile", "--data", "folder", "--tile", "7")]
    [InlineData("tile is 18", "--data", "folder", "--tile", "18", "--resolutions", "4")]
    [InlineData("--crop", "--data", "mnist", "--normal", "1", "--crop")]
    [InlineData("--tile", "--data", "cifar10", "--normal", "1", "--tile", "16")]
    [InlineData("--normal", "--data", "csv", "--normal", "1")]
    [InlineData("--abnormal", "--data", "csv", "--abnormal", ".")]
    [InlineData("expects a CSV file", "--data", "csv")]
    public void OptionsThatContradictEachOther(string word, params string[] options)
    {
        MmrrProgram.Run(["train", "--root", _folder.Path, .. options, "--epochs", "1", "--device", "cpu", "--out", _folder["refused"]]).Refuses(word);
        Assert.False(Directory.Exists(_folder["refused"]));
    }

    [Fact]
    public void BadListsAndImagesEndInOneLine()
    {
        string bad = _folder["bad.csv"];
        string[] command = ["train", "--data", "csv", "--root", bad, "--tile", "8", .. s_network, "--out", _folder["refused"]];
        foreach (var (list, words) in new (string, string[])[]
        {
            ("image,split\n0.png,\n1.png,later\n", ["bad.csv", "line 3", "'later'"]),
            ("image\n0.png\nlist.csv\n", ["list.csv", "not an image"]),
            ("image\n0.png\nhuge.png\n", ["huge.png", "50000x50000"]),
            ("image\n0.png\nscan.tif\n", ["scan.tif", "BigTIFF", "convert it to PNG"]),
            ("image\n0.png\nempty.png\n", ["empty.png", "empty file"]),
            ("image\n0.png\nnone.png\n", ["none.png"]),
            ("image\n0.png\n", ["one normal image is too few"]),
            ("image,split\n0.png,train\n1.png,train\n2.png,test\n", ["two normal images are too few"]),
        })
        {
            File.WriteAllText(bad, list);
            _folder.Write("huge.png", PngBytes.Assemble(50_000, 50_000, PngBytes.Rgb, 8, ("IDAT", [])));
            _folder.Write("scan.tif", [.. "II+\0"u8, 8, 0, 0, 0]);
            _folder.Write("empty.png", []);
            MmrrProgram.Run(command).Refuses(words);
            Assert.False(Directory.Exists(_folder["refused"]));
        }
    }

    [Fact]
    public void UnsupportedFilesOfAFolderAreNamed()
    {
        _folder.WritePlain("photos/a.png", 8, 8, 1);
        _folder.WritePlain("photos/b.png", 8, 8, 2);
        _folder.Write("photos/c.heic", [0, 0, 0, 24, .. "ftypheic"u8, 0, 0, 0, 0]);
        MmrrProgram.Run(["train", "--data", "folder", "--root", _folder["photos"], "--size", "8", .. s_network, "--out", _folder["refused"]])
            .Refuses("c.heic", "HEIC");
    }
}
