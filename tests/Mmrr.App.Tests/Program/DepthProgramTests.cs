using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Data.Fixtures;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>Pictures of more than eight bits from training to scores, and <c>--range</c>.</summary>
[Collection(OutsideTests.Name)]
public sealed class DepthProgramTests : IDisposable
{
    private const int Side = 16, Normal = 60, Tested = 10, Middle = 30_080, Defect = 40;

    private static readonly string[] s_network = ["--size", "16", "--resolutions", "2", "--width", "16", "--batch", "8", "--device", "cpu", "--threads", "1"];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ADefectOf40CountsIsFoundInSixteenBitsAndNotInEight()
    {
        var found = new Dictionary<int, double>();
        foreach (int bits in new[] { 16, 8 })
        {
            string list = List(bits), run = _folder[$"run{bits}"];
            MmrrProgram.Run(["train", "--data", "csv", "--root", list, .. s_network, "--epochs", "8", "--levels", "4", "--out", run]).Ends(0);
            MmrrProgram.Run("evaluate", run).Ends(0);
            using var figures = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "evaluation.json")));
            found[bits] = figures.RootElement.GetProperty("imageAuroc").GetDouble();
        }
        // In eight bits all pictures are one and the same value.
        Assert.Equal(0.5, found[8]);
        Assert.InRange(found[16], 0.9, 1);

        // The run keeps the training images' range, which the weave's two waves of 30 counts and its noise of 8 bound.
        string kept = _folder["run16"];
        var (low, high) = Range(kept);
        Assert.InRange(low, Middle - 68, Middle - 40);
        Assert.InRange(high, Middle + 40, Middle + 68);

        // score and the library give what evaluate gave, and tell what was clipped.
        string[][] evaluated = [.. File.ReadAllLines(Path.Combine(kept, "scores.csv"))[1..].Select(line => line.Split(','))];
        string[] files = [.. evaluated.Select(row => _folder[row[0]])];
        var outcome = MmrrProgram.Run(["score", kept, .. files, "--device", "cpu", "--threads", "1", "--out", _folder["o"], "--heatmaps"]).Ends(0);
        using var scorer = Scorer.Load(kept, "cpu");
        int clipped = 0, images = 0;
        for (int i = 0; i < files.Length; i++)
        {
            var image = ImageFile.Read(files[i]);
            var score = scorer.Score(image.Pixels.Words, image.Height, image.Width, image.Channels);
            Assert.Equal(evaluated[i][3], outcome.OutputLines[i + 1].Split(',')[1]);
            Assert.Equal(evaluated[i][3], score.Score.ToString("R", CultureInfo.InvariantCulture));
            int beyond = image.Pixels.Words.Count(v => v < low || v > high);
            Assert.Equal(beyond, score.ClippedPixels);
            (clipped, images) = (clipped + beyond, images + (beyond > 0 ? 1 : 0));
        }
        Assert.InRange(images, 1, files.Length);
        Assert.Contains(
            $"{images} of {files.Length} images have values outside the run's range {low},{high}: {clipped} pixels are clipped",
            Assert.Single(outcome.ErrorLines),
            StringComparison.Ordinal);

        // A picture whose bytes are all 117 is shown by the run's range.
        var heatmap = ImageFile.Decode(File.ReadAllBytes(Directory.GetFiles(_folder["o/heatmaps"]).Order(StringComparer.Ordinal).First()));
        Assert.InRange(heatmap.Pixels.Bytes.Distinct().Count(), 50, 256);
    }

    [Fact]
    public void ARangeIsKeptAndRepeatedAndOldRunsHaveNone()
    {
        Textures("good", 8);
        Textures("bad", 4, plus: 60);
        string run = _folder["run"], again = _folder["again"];
        var outcome = MmrrProgram.Run(
            [
                "train", "--data", "folder", "--root", _folder["good"], "--abnormal", _folder["bad"], .. s_network, "--epochs", "1",
                "--levels", "2", "--range", "90,150", "--out", run
            ]).Ends(0);
        Assert.Contains("values from 90 to 150 of 8 bits become -1 to 1", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("range 90,150", outcome.ErrorLines[0], StringComparison.Ordinal);
        Assert.Equal((90, 150), Range(run));
        Assert.Contains("range 90,150", MmrrProgram.Run("evaluate", run).Ends(0).Error, StringComparison.Ordinal);
        MmrrProgram.Run("train", "--config", Path.Combine(run, "run.json"), "--out", again).Ends(0);
        Assert.Equal((90, 150), Range(again));

        // Without a range in run.json and without one in the checkpoints, as an earlier version wrote them.
        string plain = _folder["plain"];
        MmrrProgram.Run(["train", "--data", "folder", "--root", _folder["good"], .. s_network, "--epochs", "1", "--levels", "2", "--out", plain]).Ends(0);
        Assert.Equal((0, 255), Range(plain));
        string[] scores = MmrrProgram.Run("score", plain, _folder["bad"], "--device", "cpu", "--threads", "1").Ends(0).OutputLines;
        string json = File.ReadAllText(Path.Combine(plain, "run.json"));
        File.WriteAllText(Path.Combine(plain, "run.json"), Regex.Replace(json, "\"range\": \\{[^}]*\\},\\s*", ""));
        Assert.DoesNotContain("range", File.ReadAllText(Path.Combine(plain, "run.json")), StringComparison.Ordinal);
        Assert.Equal(scores, MmrrProgram.Run("score", plain, _folder["bad"], "--device", "cpu", "--threads", "1").Ends(0).OutputLines);

        // Of a deeper picture the high bytes count in a run of eight bits, and one line says so.
        var some = ImageFile.Read(_folder["bad/0.png"]);
        _folder.Write("deep.png", PngBytes.Make(Side, Side, PngBytes.Grey, 16, [.. some.Pixels.Bytes.Select(v => (ushort)((v * 256) + 77))]));
        var deep = MmrrProgram.Run("score", plain, _folder["deep.png"], _folder["bad/0.png"], "--device", "cpu", "--threads", "1").Ends(0);
        Assert.Equal(deep.OutputLines[2].Split(',')[1], deep.OutputLines[1].Split(',')[1]);
        Assert.Contains("1 of 2 images have more than 8 bits a value", Assert.Single(deep.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--range is '5'", "5")]
    [InlineData("--range is '9,3'", "9,3")]
    [InlineData("--range is '0,70000'", "0,70000")]
    [InlineData("--range is '0.5,3'", "0.5,3")]
    [InlineData("--range is '-1,3'", "-1,3")]
    [InlineData("the images have 8 bits a value, with a maximum of 255", "0,4095")]
    public void WhatIsNoRangeIsRefused(string word, string range)
    {
        Textures("good", 3);
        MmrrProgram.Run(
            ["train", "--data", "folder", "--root", _folder["good"], .. s_network, "--epochs", "1", $"--range={range}", "--out", _folder["refused"]])
            .Refuses(word);
        Assert.False(Directory.Exists(_folder["refused"]));
    }

    private static (int Low, int High) Range(string run)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "run.json")));
        var range = json.RootElement.GetProperty("model").GetProperty("range");
        return (range.GetProperty("low").GetInt32(), range.GetProperty("high").GetInt32());
    }

    /// <summary>Weaves of 120 counts as TIFFs, the last ones with a spot of 40 counts more; in eight bits, their high bytes. All are 117 there.</summary>
    private string List(int bits)
    {
        var list = "image,label,split\n";
        for (int i = 0; i < Normal + (2 * Tested); i++)
        {
            var random = new Random(i);
            double u = random.NextDouble() * 2 * Math.PI, v = random.NextDouble() * 2 * Math.PI,
                cx = 4 + (random.NextDouble() * 8), cy = 4 + (random.NextDouble() * 8);
            bool defective = i >= Normal + Tested;
            ushort Value(int x, int y) => (ushort)(Middle
                + (30 * Math.Sin(u + (x * Math.PI / 4))) + (30 * Math.Sin(v + (y * Math.PI / 4))) + (16 * (random.NextDouble() - 0.5))
                + (defective && ((x - cx) * (x - cx)) + ((y - cy) * (y - cy)) < 8 ? Defect : 0));
            ushort[] values = [.. Enumerable.Range(0, Side * Side).Select(p => Value(p % Side, p / Side))];
            if (bits == 8) values = Array.ConvertAll(values, value => (ushort)(value >> 8));
            _folder.Write($"{bits}-{i}.tif", new TiffBytes
            {
                Height = Side,
                Width = Side,
                Values = values,
                Bits = bits,
                Packing = TiffBytes.Deflate,
                Predicted = true,
                BigEndian = i % 2 == 0
            }.ToArray());
            list += $"{bits}-{i}.tif,{(defective ? "spot" : "")},{(i < Normal ? "train" : "test")}\n";
        }
        File.WriteAllText(_folder[$"{bits}.csv"], list);
        return _folder[$"{bits}.csv"];
    }

    private void Textures(string name, int count, int plus = 0)
    {
        for (int i = 0; i < count; i++)
        {
            var pixels = new byte[Side * Side];
            new Random(i).NextBytes(pixels);
            _folder.WritePicture($"{name}/{i}.png", Side, Side, 1, Array.ConvertAll(pixels, v => (byte)(85 + plus + (v / 3))));
        }
    }
}
