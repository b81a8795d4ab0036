using System.Diagnostics;
using System.Globalization;
using Mmrr.App.Tests.Data;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;
using Mmrr.Training.Runs;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>Training that is killed or stopped and taken up again: in the end the same bytes as without.</summary>
[Collection(ProgramTests.Name)]
public sealed class ResumeTests(TrainedRuns runs) : IDisposable
{
    private static readonly Dictionary<string, string> s_environment = [];

    private readonly TemporaryFolder _folder = new();

    // Two steps an epoch; where it stands is saved after each.
    private string[] Command =>
        ["train", "--data", "mnist", "--root", runs.Mnist, "--normal", "1", "--epochs", "8", "--seed", "3", "--save-every", "0", .. TrainedRuns.Tiny];

    /// <summary>What the command makes when nothing stops it.</summary>
    private string Unbroken
    {
        get
        {
            string run = runs.Folder["unbroken"];
            if (!Directory.Exists(run)) MmrrProgram.Run([.. Command, "--out", run]).Ends(0);
            return run;
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void KilledThreeTimesTheRunEndsWithTheSameBytes()
    {
        string broken = _folder["broken"];
        KillWhen(() => File.Exists(Path.Combine(broken, "run.json")), [.. Command, "--out", broken]);
        KillWhen(() => Position(broken) is { Step: >= 7 }, "train", "--resume", broken);
        // As if the kill had come while files were being written.
        File.WriteAllText(Path.Combine(broken, ".training.safetensors.abc.tmp"), "half");
        File.WriteAllText(Path.Combine(broken, ".history.csv.def.tmp"), "half");
        KillWhen(() => Position(broken) is { Phase: 2, Step: >= 5 }, "train", "--resume", broken);
        var interrupted = MmrrProgram.Run("runs", _folder.Path).Ends(0);
        Assert.Contains(
            "\tinterrupted\t",
            Assert.Single(interrupted.OutputLines, line => line.StartsWith(broken, StringComparison.Ordinal)),
            StringComparison.Ordinal);
        MmrrProgram.Run("train", "--resume", broken).Ends(0);
        AssertEqualRuns(Unbroken, broken);

        var before = TrainedRuns.Contents(broken);
        Assert.Contains("finished", MmrrProgram.Run("train", "--resume", broken).Ends(0).Output, StringComparison.Ordinal);
        Assert.Equal(before, TrainedRuns.Contents(broken));
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public void ToldToStopItSavesAndSaysHowToGoOn(string signal)
    {
        Signals.Need(signal);
        string run = "";
        Outcome? outcome = null;
        // A process that nobody looked at for a second has ended by itself.
        for (int attempt = 1; attempt <= 20 && (outcome is null or { ExitCode: 0 }); attempt++)
        {
            run = _folder[$"run{attempt}"];
            var process = MmrrProcess.Start(s_environment, [.. Command, "--out", run]);
            while (!process.HasExited && Position(run) is not { Step: >= 3 }) Thread.Sleep(2);
            Signals.Send(process, signal);
            outcome = MmrrProcess.Finish(process);
        }
        outcome!.Ends(130);
        Assert.Empty(outcome.ErrorLines);
        Assert.Contains($"mmrr train --resume {run}", outcome.OutputLines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(run).Select(Path.GetFileName), name => name![0] == '.');

        MmrrProgram.Run("train", "--resume", run).Ends(0);
        AssertEqualRuns(Unbroken, run);
    }

    [Fact]
    public void StoppedInWhatFollowsTrainingItIsTakenUpThere()
    {
        string run = runs.Copy(runs.MnistRun, "followed");
        var before = TrainedRuns.Contents(run);
        var options = RunFolder.Open(run).Options;
        var set = DataSource.Open(options.DataOptions).LoadTrain();
        var over = TrainingPosition.At(TrainingPosition.Over, options, new TrainingData(set, options).Fingerprint, []);
        new TrainingState(over, [], [], [], []).Write(Path.Combine(run, TrainingState.FileName));
        MmrrProgram.Run("train", "--resume", run).Ends(0);
        Assert.Equal(before, TrainedRuns.Contents(run));
    }

    [Fact]
    public void ABudgetInMinutesCountsWhatWasTrained()
    {
        string[] command = [.. Command];
        command[Array.IndexOf(command, "--epochs") + 1] = "0.05";
        command[Array.IndexOf(command, "--epochs")] = "--minutes";
        string run = "";
        TrainingPosition? position = null;
        // A process that nobody looked at for three seconds has ended by itself.
        for (int attempt = 1; position is null; attempt++)
        {
            run = _folder[$"run{attempt}"];
            var process = MmrrProcess.Start(s_environment, [.. command, "--out", run]);
            while (!process.HasExited && Position(run) is not { Seconds: > 0.5 }) Thread.Sleep(2);
            process.Kill();
            var outcome = MmrrProcess.Finish(process);
            position = Position(run);
            if (position is null) outcome.Ends(0);
            Assert.True(attempt < 20 || position is not null, "each of 20 runs ended before it was killed");
        }
        MmrrProgram.Run("train", "--resume", run).Ends(0);
        string[][] rows = [.. File.ReadAllLines(Path.Combine(run, "history.csv"))[1..].Select(line => line.Split(','))];
        // The budgets are 2.55 s and 0.45 s, written with one digit. No epoch begins after them but one for a validation that is missing, and the state's
        // time is in the sum.
        foreach (var (phase, budget) in new[] { (1, 2.55), (2, 0.45) })
        {
            string[][] epochs = [.. rows.Where(r => r[0] == $"{phase}")];
            double[] times = [.. epochs.Select(r => double.Parse(r[6], CultureInfo.InvariantCulture))];
            Assert.NotEmpty(times);
            Assert.Equal(times.Order(), times);
            Assert.True(
                times.Length == 1 || times[^2] < budget + 0.05 || epochs[^2][4].Length == 0, $"phase {phase}: an epoch began after {times[^2]} s");
            Assert.True(times[^1] >= budget - 0.06, $"phase {phase} ended after {times[^1]} s");
            if (phase == position.Phase)
                Assert.True(times[^1] >= Math.Round(position.Seconds, 1) - 0.1, $"{times[^1]} s at the end, {position.Seconds} s at the kill");
        }
        Assert.False(File.Exists(Path.Combine(run, TrainingState.FileName)));
    }

    [Fact]
    public void ARunIsRepeatedFromItsConfiguration()
    {
        string again = _folder["again"];
        MmrrProgram.Run("train", "--config", Path.Combine(runs.MnistRun, "run.json"), "--out", again, "--threads", "1", "--device", "cpu").Ends(0);
        AssertEqualRuns(runs.MnistRun, again);
        Assert.Contains("\"threads\": 1", File.ReadAllText(Path.Combine(again, "run.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void RunsAreListedWithTheirFigures()
    {
        string evaluated = runs.Copy(runs.MnistRun, Path.Combine(Path.GetFileName(_folder.Path), "evaluated")),
            trained = runs.Copy(runs.FolderRun, Path.Combine(Path.GetFileName(_folder.Path), "trained"));
        string folder = Path.GetDirectoryName(evaluated)!;
        MmrrProgram.Run("evaluate", evaluated, "--levels", "2").Ends(0);
        string[][] rows = [.. MmrrProgram.Run("runs", folder).Ends(0).OutputLines.Select(line => line.Split('\t'))];
        Assert.Equal(["run", "data", "class", "method", "preset", "width", "steps", "state", "image_AUROC", "without_refinement", "minutes", "date"], rows[0]);
        Assert.Equal([evaluated, "mnist", "1", "mmrr", "tiny", "16", "8", "evaluated"], rows[1][..8]);
        Assert.Equal([trained, "folder", "", "mmrr", "tiny", "16", "2", "trained", "", ""], rows[2][..10]);
        Assert.InRange(double.Parse(rows[1][8], CultureInfo.InvariantCulture), 0, 1);

        // A damaged one is named, the others are listed.
        File.WriteAllText(Path.Combine(trained, "run.json"), "{");
        var outcome = MmrrProgram.Run("runs", folder).Ends(2);
        Assert.Equal(2, outcome.OutputLines.Length);
        Assert.Contains(trained, Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
        MmrrProgram.Run("runs", _folder["none"]).Refuses(_folder["none"]);
    }

    private static TrainingPosition? Position(string run)
    {
        string path = Path.Combine(run, TrainingState.FileName);
        return File.Exists(path) ? TrainingState.ReadPosition(path) : null;
    }

    private static void AssertEqualRuns(string expected, string found)
    {
        Assert.Equal(Directory.GetFiles(expected).Select(Path.GetFileName).Order(), Directory.GetFiles(found).Select(Path.GetFileName).Order());
        foreach (string name in new[] { Checkpoint.RestorationFile, Checkpoint.RefinementFile })
            Assert.Equal(TrainedRuns.Contents(expected)[name], TrainedRuns.Contents(found)[name]);
        Assert.Equal(History(expected), History(found));

        // All but the seconds.
        static string[] History(string run) => [.. File.ReadAllLines(Path.Combine(run, "history.csv")).Select(line => line[..line.LastIndexOf(',')])];
    }

    /// <summary>Starts the program and kills it as soon as that is so.</summary>
    internal static void KillWhen(Func<bool> reached, params string[] arguments)
    {
        var process = MmrrProcess.Start(s_environment, arguments);
        WaitFor(process, reached);
        process.Kill();
        Assert.NotEqual(0, MmrrProcess.Finish(process).ExitCode);
    }

    private static void WaitFor(Process process, Func<bool> reached)
    {
        var watch = Stopwatch.StartNew();
        while (!reached())
        {
            if (process.HasExited) MmrrProcess.Finish(process).Ends(-1);
            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(10), "training does not get on");
            Thread.Sleep(2);
        }
    }
}
