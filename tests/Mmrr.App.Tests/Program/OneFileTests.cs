using System.Diagnostics;
using Mmrr.App.Inspection;
using Mmrr.App.Tests.Data;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>What is wrong with one file is told of that file, and the others are done.</summary>
[Collection(OutsideTests.Name)]
public sealed class OneFileTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Bytes of the name without its extension, and whether a name with one more extension is one that file systems take.
    [Theory]
    [InlineData('a', 236, true)]
    [InlineData('a', 247, true)]
    [InlineData('a', 249, false)]
    [InlineData('日', 80, true)]
    public void NamesThatAreTooLongForAHeatmap(char letter, int count, bool fits)
    {
        string name = $"{new string(letter, count)}.png", result = _folder["out"];
        Images("in/1.png", $"in/{name}", "in/z.png");
        var outcome = Score("--out", result, "--heatmaps").Ends(fits ? 0 : 2);
        Assert.Equal(4, outcome.OutputLines.Length);
        Assert.Equal(outcome.OutputLines, File.ReadAllLines(Path.Combine(result, "scores.csv")));
        Assert.Equal(fits ? 3 : 2, Directory.GetFiles(Path.Combine(result, "heatmaps")).Length);
        if (!fits) Assert.Contains(name, Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void AHeatmapThatCannotBeWritten()
    {
        Images("in/1.png", "in/2.png", "in/sub/3.png", "in/4.png");
        string result = _folder["out"];
        Directory.CreateDirectory(Path.Combine(result, "heatmaps", "2.png.png", "in the way"));
        _folder.Write("out/heatmaps/sub", "a file where a folder would be"u8);
        var outcome = Score("--out", result, "--heatmaps").Ends(2);
        Assert.Equal(5, File.ReadAllLines(Path.Combine(result, "scores.csv")).Length);
        Assert.Equal(2, outcome.ErrorLines.Length);
        Assert.Single(outcome.ErrorLines, line => line.Contains(_folder["in/2.png"], StringComparison.Ordinal)
            && line.Contains("heatmap", StringComparison.Ordinal));
        Assert.Single(outcome.ErrorLines, line => line.Contains(_folder["in/sub/3.png"], StringComparison.Ordinal));
        Assert.True(File.Exists(Path.Combine(result, "heatmaps", "4.png.png")));
    }

    [Fact]
    public void FilesThatGoAwayWhileTheOthersAreScored()
    {
        Images("in/1.png", "in/2.png", "in/3.png");
        using var scorer = Scorer.Load(runs.FolderRun, "cpu");
        var writer = new HeatmapWriter(scorer, scorer.Calibration!.Heatmap, _folder["heatmaps"]);
        var found = new List<ScoredFile>();
        // Gone after it was listed, and gone after it was scored.
        foreach (var scored in new FileScorer(scorer, scorer.Levels).Score(WithoutTheFirst(InputFiles.Walk([_folder["in"]], new Omissions()))))
        {
            found.Add(scored);
            if (scored.File.Path == _folder["in/2.png"]) File.Delete(scored.File.Path);
            if (scored.Score is not null) writer.Write(scored);
        }
        writer.Finish();
        Assert.Equal([false, true, true], found.Select(f => f.Score is not null));
        Assert.Contains(_folder["in/1.png"], found[0].Problem, StringComparison.Ordinal);
        Assert.True(writer.Failed);
        Assert.Equal("3.png.png", Path.GetFileName(Assert.Single(Directory.GetFiles(_folder["heatmaps"]))));

        static IEnumerable<InputFile> WithoutTheFirst(IEnumerable<InputFile> files)
        {
            foreach (var (file, i) in files.ToArray().Select((file, i) => (file, i)))
            {
                if (i == 0) File.Delete(file.Path);
                yield return file;
            }
        }
    }

    [Fact]
    public void AnImageThatIsTooLargeForTheMemory()
    {
        // 36 million pixels, which no decoder takes into 96 MB.
        const int Side = 6000;
        Images([.. Enumerable.Range(0, 10).Select(i => $"in/{i}.png")]);
        _folder.WritePicture("in/5-large.png", Side, Side, 1, new byte[Side * Side]);
        var outcome = MmrrProcess.Run(
            new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "0x6000000" },
            "score", runs.FolderRun, _folder["in"], "--out", _folder["out"], "--heatmaps", "--device", "cpu").Ends(2);
        Assert.Equal(11, outcome.OutputLines.Length);
        Assert.Contains($"{_folder["in/5-large.png"]}: the image is too large for the memory", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(10, Directory.GetFiles(_folder["out/heatmaps"]).Length);
    }

    [Fact]
    public void FilesAndFoldersThatCannotBeRead()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/mkfifo"), "there are no such files here");
        Images("in/1.png", "in/deep/2.png", "in/sub/3.png");
        // Nobody writes to it, so that whoever opened it would wait for ever.
        using (var make = Process.Start("mkfifo", [_folder["in/pipe.png"]])) make.WaitForExit();
        File.CreateSymbolicLink(_folder["in/nowhere.png"], _folder["none.png"]);
        File.CreateSymbolicLink(_folder["in/round.png"], _folder["in/round.png"]);
        File.CreateSymbolicLink(_folder["in/sub/piped.png"], _folder["in/pipe.png"]);
        File.CreateSymbolicLink(_folder["in/zeros.png"], "/dev/zero");
        string[] reasons = ["in/pipe.png", "in/nowhere.png", "in/round.png", "in/sub/piped.png", "in/zeros.png"];
        var outcome = Score().Ends(2);
        Assert.Equal(4, outcome.OutputLines.Length);
        Assert.Equal(reasons.Length, outcome.ErrorLines.Length);
        foreach (string name in reasons) Assert.Single(outcome.ErrorLines, line => line.Contains(_folder[name], StringComparison.Ordinal));
        // Training would not know what it was not trained on.
        foreach (string name in new[] { "in/nowhere.png", "in/round.png" }) File.Delete(_folder[name]);
        MmrrProgram.Run(["train", "--data", "folder", "--root", _folder["in"], .. TrainedRuns.Tiny, "--out", _folder["refused"]])
            .Refuses("in/pipe.png", "not a regular file");
        MmrrProgram.Run("evaluate", runs.FolderRun, "--test", _folder["in"], "--device", "cpu").Refuses("not a regular file");
    }

    [Fact]
    public void ASubFolderThatMayNotBeRead()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there are no such rights on Windows");
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "root may read everything");
        Images("in/1.png", "in/closed/2.png", "in/z.png");
        Mode("0");
        try
        {
            var outcome = Score().Ends(2);
            Assert.Equal(3, outcome.OutputLines.Length);
            Assert.Contains(_folder["in/closed"], Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
        }
        finally
        {
            Mode("700");
        }

        void Mode(string mode)
        {
            using var change = Process.Start("chmod", [mode, _folder["in/closed"]]);
            change.WaitForExit();
        }
    }

    [Fact]
    public void FiguresAreDrawnOfTheOthers()
    {
        Images("in/1.png", "in/3.png");
        _folder.Write("in/2.png", "no picture"u8);
        Directory.CreateDirectory(Path.Combine(_folder["out"], "1.png.png", "in the way"));
        var outcome = MmrrProgram.Run(
            "figures", runs.FolderRun, "--images", _folder["in"], "--out", _folder["out"], "--levels", "2", "--device", "cpu").Ends(2);
        Assert.Equal(2, outcome.ErrorLines.Length);
        Assert.Equal([Path.Combine(_folder["out"], "3.png.png")], outcome.OutputLines);
    }

    private void Images(params string[] names)
    {
        foreach (string name in names) _folder.WritePlain(name, 9, 8, (byte)(40 + names.Length));
    }

    private Outcome Score(params string[] options) => MmrrProgram.Run(["score", runs.FolderRun, _folder["in"], .. options, "--device", "cpu"]);
}
