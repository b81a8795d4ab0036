using Mmrr.App.Tests.Data;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary><c>mmrr score</c>.</summary>
[Collection(ProgramTests.Name)]
public sealed class ScoreTests(TrainedRuns runs) : IDisposable
{
    private const string Header = "image,score,score_without_refinement";
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
        Assert.Equal(Enumerable.Range(0, 70).Select(i => together[1 + (i % 5)]), Score([.. Enumerable.Range(0, 70).Select(i => files[i % 5])]).OutputLines[1..]);
        Assert.NotEqual(together[1..], Score([.. files, "--levels", "4"]).OutputLines[1..]);
    }

    [Fact]
    public void FoldersAreScoredInTheOrderOfTheirPaths()
    {
        string[] files =
            [_folder.WritePlain("in/b.png", 8, 8, 1, 2, 3), _folder.WritePlain("in/a,1.png", 8, 8, 9), _folder.WritePlain("in/c/d.png", 4, 4, 7)];
        _folder.Write("in/notes.txt", "no image"u8);
        string[] lines = Score(_folder["in"]).Ends(0).OutputLines;
        Assert.Equal([Header, $"\"{files[1]}\"", files[0], files[2]], [lines[0], .. lines[1..].Select(row => row[..row[..row.LastIndexOf(',')].LastIndexOf(',')])]);
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
        MmrrProcess.Run(["train", "--data", "folder", "--root", normal, "--epochs", "1", .. TrainedRuns.Tiny, "--out", run]).Ends(0);
        string[] before = MmrrProcess.Run("score", run, file, "--device", "cpu").Ends(0).OutputLines;
        Directory.Move(run, moved);
        Directory.Delete(data[Path.GetFileName(Path.GetDirectoryName(normal)!)], recursive: true);
        Assert.Equal(before, MmrrProcess.Run("score", moved, file, "--device", "cpu").Ends(0).OutputLines);
    }

    private string Picture(int seed)
    {
        int height = 8 + (seed % 3), width = 9;
        var pixels = new byte[height * width * 3];
        new Random(seed).NextBytes(pixels);
        return _folder.WritePicture($"{seed}.png", height, width, 3, pixels);
    }

    private Outcome Score(params string[] arguments) => MmrrProcess.Run(["score", runs.FolderRun, .. arguments, "--device", "cpu"]);
}
