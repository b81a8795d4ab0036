using System.Diagnostics;
using System.Runtime.Versioning;
using Mmrr.App.Tests.Data;
using Mmrr.Training.Runs;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>Asking about runs of somebody else, as a user who may read them and no more.</summary>
[Collection(OutsideTests.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class OtherUserTests : IDisposable
{
    private const UnixFileMode Readable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly TemporaryFolder _folder = new();
    private readonly TrainedRuns _runs;

    public OtherUserTests(TrainedRuns runs)
    {
        _runs = runs;
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "only root may become another user");
        File.SetUnixFileMode(_folder.Path, Readable);
        try
        {
            Assert.SkipUnless(AsOther("--help").ExitCode == 0, "another user cannot start the program here");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("there is no setpriv");
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void RunsAreListedWhateverTheyAreDoing()
    {
        Copy(_runs.MnistRun, "a");
        Copy(_runs.Interrupted(1), "killed");
        Copy(_runs.Interrupted(1), "training");
        // What a kill leaves.
        _folder.Write("runs/killed/.training.lock", []);
        File.SetUnixFileMode(_folder["runs"], Readable);
        using (RunFolder.Open(_folder["runs/training"]).Lock())
        {
            var outcome = AsOther("runs", _folder["runs"]).Ends(0);
            Assert.Empty(outcome.ErrorLines);
            int state = Array.IndexOf(outcome.OutputLines[0].Split('\t'), "state");
            Assert.Equal(["trained", "interrupted", "training"], outcome.OutputLines[1..].Select(line => line.Split('\t')[state]));
        }
        // One that may not be entered is named, the others are listed.
        File.SetUnixFileMode(_folder["runs/a"], UnixFileMode.UserRead);
        var closed = AsOther("runs", _folder["runs"]).Ends(2);
        Assert.Contains(_folder["runs/a"], Assert.Single(closed.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(3, closed.OutputLines.Length);
    }

    [Fact]
    public void ScoresAndFiguresNeedNoRightToWriteTheRun()
    {
        string run = Copy(_runs.MnistRun, "run"), image = _folder.WritePlain("image.png", 8, 8, 1);
        File.SetUnixFileMode(_folder["runs"], Readable);
        string text = File.ReadAllText(Path.Combine(run, "run.json"));
        SmallData.Mnist(_folder);
        File.WriteAllText(Path.Combine(run, "run.json"), text.Replace(_runs.Mnist, _folder["mnist"], StringComparison.Ordinal));
        var before = TrainedRuns.Contents(run);
        Assert.Equal(MmrrProgram.Run("score", run, image, "--device", "cpu").Output, AsOther("score", run, image, "--device", "cpu").Ends(0).Output);
        AsOther("threshold", run).Ends(0);
        var outcome = AsOther("evaluate", run, "--levels", "2", "--baselines").Ends(2);
        Assert.Contains(outcome.OutputLines, line => line.StartsWith("image AUROC", StringComparison.Ordinal));
        Assert.Contains(outcome.OutputLines, line => line.StartsWith("mean image", StringComparison.Ordinal));
        Assert.Contains(outcome.ErrorLines, line => line.Contains(run, StringComparison.Ordinal) && line.Contains("evaluation.json", StringComparison.Ordinal));
        AsOther("report", run, "--device", "cpu").Refuses(run, "--out");
        AsOther("threshold", run, "--value", "1").Refuses(run, "threshold.json");
        Assert.Equal(before, TrainedRuns.Contents(run));
        // With the figures there, the page goes elsewhere; what is computed for it is not kept.
        MmrrProgram.Run("evaluate", run, "--levels", "2", "--limit", "6").Ends(0);
        Directory.CreateDirectory(_folder["out"]);
        File.SetUnixFileMode(_folder["out"], Readable | UnixFileMode.OtherWrite);
        AsOther("report", run, "--device", "cpu", "--sweep-images", "4", "--out", _folder["out/page.html"]).Ends(0);
        Assert.True(File.Exists(_folder["out/page.html"]));
        Assert.False(File.Exists(Path.Combine(run, "levels.json")));
        AsOther("train", "--resume", Copy(_runs.Interrupted(1), "stopped")).Refuses(_folder["runs/stopped"], "cannot be written");
    }

    private string Copy(string run, string name) => TrainedRuns.CopyTo(run, _folder[$"runs/{name}"]);

    private static Outcome AsOther(params string[] arguments)
    {
        var start = new ProcessStartInfo("setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", .. MmrrProcess.CommandOf(arguments)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        return MmrrProcess.Finish(process);
    }
}
