using System.Globalization;
using Mmrr.App.Tests.Data;
using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary><c>mmrr score</c>.</summary>
[Collection(ProgramTests.Name)]
public sealed class ScoreTests(TrainedRuns runs) : IDisposable
{
    private const string Header =
        "image,score,score_without_refinement,threshold,anomalous,max_pixel_score,width,height,paper_score,paper_score_without_refinement,"
        + "deviation_score,deviation_score_without_refinement,neighbours_score,neighbours_score_without_refinement";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AScoreDependsOnTheImageAlone()
    {
        string[] files = [.. Enumerable.Range(0, 5).Select(Picture)];
        string[] together = Score(files).Ends(0).OutputLines;
        Assert.Equal(Header, together[0]);
        Assert.Equal(files, together[1..].Select(row => row.Split(',')[0]));
        Assert.Equal(5, together[1..].Select(row => row.Split(',')[1]).Distinct().Count());
        Assert.Equal(together[1..].Reverse(), Score([.. files.Reverse()]).OutputLines[1..]);
        Assert.Equal([together[3]], Score(files[2], "--threads", "1").OutputLines[1..]);
        // More images than are decoded at a time, each of them many times over.
        Assert.Equal(
            Enumerable.Range(0, 70).Select(i => together[1 + (i % 5)]),
            Score([.. Enumerable.Range(0, 70).Select(i => files[i % 5])]).OutputLines[1..]);
        Assert.NotEqual(together[1..], Score([.. files, "--levels", "4"]).OutputLines[1..]);
    }

    [Fact]
    public void FoldersAreScoredInTheOrderOfTheirPaths()
    {
        string[] files =
            [_folder.WritePlain("in/b.png", 8, 8, 1, 2, 3), _folder.WritePlain("in/a,1.png", 8, 8, 9), _folder.WritePlain("in/c/d.png", 4, 4, 7)];
        _folder.Write("in/notes.txt", "no image"u8);
        string[] lines = Score(_folder["in"]).Ends(0).OutputLines;
        Assert.Equal([Header, $"\"{files[1]}\"", files[0], files[2]], [lines[0], .. lines[1..].Select(row => string.Join(',', row.Split(',')[..^13]))]);
    }

    [Fact]
    public void UnreadableFilesAreNamedAndTheRestIsScored()
    {
        string good = Picture(1), other = Picture(2), text = _folder.Write("text.png", "no image"u8);
        string cut = _folder.Write("cut.png", File.ReadAllBytes(good).AsSpan(0, 60)), missing = _folder["missing.png"];
        var outcome = Score(text, good, missing, cut, other).Ends(2);
        Assert.Equal([Header, good, other], outcome.OutputLines.Select(line => line == Header ? line : line.Split(',')[0]));
        Assert.Equal(Score(good, other).Ends(0).OutputLines, outcome.OutputLines);
        Assert.Equal(3, outcome.ErrorLines.Length);
        foreach (string file in new[] { text, missing, cut }) Assert.Single(outcome.ErrorLines, line => line.Contains(file, StringComparison.Ordinal));
    }

    [Fact]
    public void AMovedRunScoresTheSameWithoutItsData()
    {
        string file = Picture(3);
        using var data = new TemporaryFolder();
        string run = Path.Combine(_folder.Path, "run"), moved = Path.Combine(_folder.Path, "moved");
        var (normal, _) = SmallData.Folders(data);
        MmrrProgram.Run(["train", "--data", "folder", "--root", normal, "--epochs", "1", .. TrainedRuns.Tiny, "--out", run]).Ends(0);
        string[] before = MmrrProgram.Run("score", run, file, "--device", "cpu").Ends(0).OutputLines;
        Directory.Move(run, moved);
        Directory.Delete(data[Path.GetFileName(Path.GetDirectoryName(normal)!)], recursive: true);
        Assert.Equal(before, MmrrProgram.Run("score", moved, file, "--device", "cpu").Ends(0).OutputLines);
    }

    [Fact]
    public void TheColumnsSayWhatTheyMean()
    {
        string wide = _folder.WritePlain("wide.png", 9, 21, 250, 0, 250);
        string[] row = Score(wide).Ends(0).OutputLines[1].Split(',');
        double score = double.Parse(row[1], CultureInfo.InvariantCulture), threshold = double.Parse(row[3], CultureInfo.InvariantCulture);
        Assert.Equal(Nn.Calibration.Find(runs.FolderRun)!.Threshold, threshold);
        Assert.Equal(score > threshold ? "1" : "0", row[4]);
        Assert.True(float.Parse(row[5], CultureInfo.InvariantCulture) >= (float)score); // the highest pixel is no lower than the mean of the highest
        Assert.Equal(["21", "9"], row[6..8]);
        Assert.Equal(row[1..3], row[10..12]);

        // The same decision from C#.
        using var scorer = Nn.Scorer.Load(runs.FolderRun, "cpu");
        var image = ImageFile.Read(wide);
        var result = scorer.Score(image.Pixels.Bytes, image.Height, image.Width, image.Channels);
        Assert.Equal((score, threshold, score > threshold), (result.Score, scorer.Threshold, result.Anomalous!.Value));
        Assert.Equal(row[5], result.MaxPixelScore!.Value.ToString("R", CultureInfo.InvariantCulture));
        double?[] both =
        [
            result.PaperScore, result.PaperScoreWithoutRefinement, result.DeviationScore, result.DeviationScoreWithoutRefinement,
            result.NeighboursScore, result.NeighboursScoreWithoutRefinement
        ];
        Assert.Equal(row[8..], both.Select(s => s!.Value.ToString("R", CultureInfo.InvariantCulture)));
        Assert.Equal(Nn.ScoreRule.Deviation, result.Rule);
    }

    [Fact]
    public void AnAnomalyFailsWhereAskedAndAnUnreadableFileBeforeIt()
    {
        string run = runs.Copy(runs.FolderRun, "gate"), image = Picture(1), missing = _folder["missing.png"];
        Outcome Gate(params string[] more) => MmrrProgram.Run(["score", run, image, .. more, "--device", "cpu"]);
        MmrrProgram.Run("threshold", run, "--value", "0").Ends(0);
        Assert.Equal("1", Gate("--fail-on-anomaly").Ends(3).OutputLines[1].Split(',')[4]);
        Gate().Ends(0);
        Gate("--fail-on-anomaly", missing).Ends(2);
        MmrrProgram.Run("threshold", run, "--value", "1e9").Ends(0);
        Assert.Equal("0", Gate("--fail-on-anomaly").Ends(0).OutputLines[1].Split(',')[4]);
        Gate("--fail-on-anomaly", missing).Ends(2);
    }

    [Fact]
    public void HeatmapsHaveTheImagesSizesAndPlaces()
    {
        _folder.WritePlain("a/same.png", 20, 30, 200, 10, 10);
        _folder.Write("a/same.jpg", File.ReadAllBytes(_folder.WritePlain("other.png", 16, 16, 5)));
        _folder.WritePlain("a/sub/deep.png", 7, 11, 1);
        _folder.WritePlain("b/a/same.png", 12, 12, 90);
        string result = _folder["out"];
        string[] pictures = ["a/same.jpg.png", "a/same.png.png", "a/sub/deep.png.png", "a-2/same.png.png", "same.png.png", "same.png-2.png"];
        var outcome = Score(_folder["a"], _folder["b/a"], _folder["a/same.png"], _folder["b/a/same.png"], "--out", result, "--heatmaps").Ends(0);
        Assert.Equal(outcome.OutputLines, File.ReadAllLines(Path.Combine(result, "scores.csv")));
        Assert.Equal(
            pictures.Order(StringComparer.Ordinal),
            TrainedRuns.Contents(Path.Combine(result, "heatmaps")).Keys.Select(k => k.Replace('\\', '/')).Order(StringComparer.Ordinal));
        (int, int)[] sizes = [(16, 16), (20, 30), (7, 11), (12, 12), (20, 30), (12, 12)];
        Assert.Equal(
            sizes,
            pictures.Select(p => ImageFile.Decode(File.ReadAllBytes(Path.Combine(result, "heatmaps", p)))).Select(i => (i.Height, i.Width)));

        // Of one folder the pictures lie as the images do, and a second time over the first ones.
        Score(_folder["a"], "--out", _folder["one"], "--heatmaps").Ends(0);
        var first = TrainedRuns.Contents(_folder["one"]);
        Assert.Equal(
            ["heatmaps/same.jpg.png", "heatmaps/same.png.png", "heatmaps/sub/deep.png.png", "scores.csv"],
            first.Keys.Select(k => k.Replace('\\', '/')).Order(StringComparer.Ordinal));
        Score(_folder["a"], "--out", _folder["one"], "--heatmaps", "--threads", "1").Ends(0);
        Assert.Equal(first, TrainedRuns.Contents(_folder["one"]));
    }

    [Fact]
    public void ARunWithoutAThresholdStillScores()
    {
        string run = runs.Copy(runs.FolderRun, "older"), image = Picture(2);
        File.Delete(Path.Combine(run, "threshold.json"));
        var outcome = MmrrProgram.Run("score", run, image, "--device", "cpu").Ends(0);
        string[] row = outcome.OutputLines[1].Split(','), expected = Score(image).OutputLines[1].Split(',');
        Assert.Equal([.. expected[..3], "", "", .. expected[5..]], row);
        Assert.Contains("--calibrate", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
        MmrrProgram.Run("evaluate", run, "--levels", "2").Ends(0);
        Assert.All(File.ReadAllLines(Path.Combine(run, "scores.csv"))[1..], line => Assert.Equal("", line.Split(',')[5]));

        // At other levels the threshold means nothing.
        var other = Score(image, "--levels", "4").Ends(0);
        Assert.Equal(["", ""], other.OutputLines[1].Split(',')[3..5]);
        Assert.Contains("log:12:0.01:1, not for uniform:4", Assert.Single(other.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void AFolderWithoutImagesIsNamed()
    {
        Directory.CreateDirectory(_folder["empty"]);
        string image = Picture(4);
        var outcome = Score(_folder["empty"], image, "--fail-on-anomaly").Ends(2);
        Assert.Contains(_folder["empty"], Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(2, outcome.OutputLines.Length);
    }

    // What is added to a good command, and what the line must name; RUN is a run without a threshold.
    [Theory]
    [InlineData("--heatmaps", "--heatmaps")]
    [InlineData("--out", "--out file")]
    [InlineData("--out", "--out in/results --heatmaps")]
    [InlineData("--out", "--out in --heatmaps")]
    [InlineData("--heatmaps", "--out out --heatmaps --levels 4")]
    [InlineData("--fail-on-anomaly", "--fail-on-anomaly --levels 4")]
    [InlineData("--calibrate", "RUN --fail-on-anomaly")]
    [InlineData("--calibrate", "RUN --out out --heatmaps")]
    public void OptionsThatContradict(string word, string arguments)
    {
        string run = runs.FolderRun;
        if (arguments.StartsWith("RUN", StringComparison.Ordinal))
        {
            run = _folder["run"];
            Directory.CreateDirectory(run);
            foreach (string name in Directory.GetFiles(runs.FolderRun)) File.Copy(name, Path.Combine(run, Path.GetFileName(name)));
            File.Delete(Path.Combine(run, "threshold.json"));
        }
        _folder.WritePlain("in/image.png", 8, 8, 1);
        _folder.Write("file", "text"u8);
        var before = TrainedRuns.Contents(_folder.Path);
        string[] more = [.. arguments.Split(' ').Where(a => a != "RUN").Select(a => a is "file" or "in" or "in/results" or "out" ? _folder[a] : a)];
        MmrrProgram.Run(["score", run, _folder["in"], .. more, "--device", "cpu"]).Refuses(word);
        Assert.Equal(before, TrainedRuns.Contents(_folder.Path));
    }

    private string Picture(int seed)
    {
        int height = 8 + (seed % 3), width = 9;
        var pixels = new byte[height * width * 3];
        new Random(seed).NextBytes(pixels);
        return _folder.WritePicture($"{seed}.png", height, width, 3, pixels);
    }

    private Outcome Score(params string[] arguments) => MmrrProgram.Run(["score", runs.FolderRun, .. arguments, "--device", "cpu"]);
}
