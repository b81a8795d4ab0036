using System.Diagnostics;
using Mmrr.App.Tests.Data;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>Commands that are told to end, or that nobody listens to: they end at once, without a word, and leave nothing half written.</summary>
[Collection(OutsideTests.Name)]
public sealed class SignalTests(TrainedRuns runs) : IDisposable
{
    // So many that they are not through before the signal comes.
    private const int Images = 20_000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public void ScoringThatIsStopped(string signal, int code)
    {
        Signals.Need(signal);
        string target = _folder["out"];
        var process = Score("--out", target, "--heatmaps");
        WaitFor(() => Directory.Exists(Path.Combine(target, "heatmaps")));
        // Until then its scores are beside their place.
        Assert.Single(Directory.GetFiles(target), file => file.EndsWith(".tmp", StringComparison.Ordinal));
        Signals.Send(process, signal);
        Assert.Empty(MmrrProcess.Finish(process).Ends(code).ErrorLines);
        Assert.Empty(Directory.GetFiles(target));
        Assert.All(Directory.GetFiles(Path.Combine(target, "heatmaps")), file => Assert.Equal(".png", Path.GetExtension(file)));
    }

    [Theory]
    [InlineData("evaluate", "--levels", "1000")]
    [InlineData("report", "--sweep-images", "0")]
    public void OtherCommandsThatAreStopped(params string[] command)
    {
        Signals.Need("INT");
        string run = runs.Copy(runs.FolderRun, $"stopped-{command[0]}");
        var before = TrainedRuns.Contents(run);
        var process = MmrrProcess.Start(new Dictionary<string, string>(), [command[0], run, .. command[1..], "--device", "cpu"]);
        Thread.Sleep(250); // somewhere in starting or computing
        Signals.Send(process, "INT");
        Assert.Empty(MmrrProcess.Finish(process).Ends(130).ErrorLines);
        Assert.Equal(before, TrainedRuns.Contents(run));
    }

    [Fact]
    public void ScoresThatNobodyReads()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "there are no such pipes on Windows");
        var process = Score("--out", _folder["out"]);
        Assert.StartsWith("image,", process.StandardOutput.ReadLine(), StringComparison.Ordinal);
        process.StandardOutput.Close();
        string error = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(60)));
        Assert.Equal((141, ""), (process.ExitCode, error));
        Assert.Empty(Directory.GetFiles(_folder["out"]));
    }

    [Fact]
    public void ADiskThatIsFull()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full");
        string image = _folder.WritePlain("image.png", 8, 8, 1);
        string command = string.Join(' ', MmrrProcess.CommandOf("score", runs.FolderRun, image, "--device", "cpu").Select(word => $"'{word}'"));
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", $"{command} > /dev/full"]) { RedirectStandardError = true })!;
        string error = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        Assert.Equal(2, shell.ExitCode);
        Assert.Contains("No space left on device", Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);

        // What cannot be written stops training before its first step, and nothing stands in the way of the next try.
        string run = _folder["run"];
        Directory.CreateDirectory(Path.Combine(run, "training.safetensors", "in the way"));
        MmrrProgram.Run(["train", "--data", "mnist", "--root", runs.Mnist, "--normal", "1", "--epochs", "1", .. TrainedRuns.Tiny, "--out", run])
            .Refuses("training.safetensors");
        Assert.Equal([Path.Combine(run, "training.safetensors")], Directory.GetFileSystemEntries(run));
    }

    private Process Score(params string[] options)
    {
        string image = _folder.WritePlain("in/image.png", 8, 8, 1);
        return MmrrProcess.Start(
            new Dictionary<string, string>(), ["score", runs.FolderRun, .. Enumerable.Repeat(image, Images), .. options, "--device", "cpu"]);
    }

    private static void WaitFor(Func<bool> reached)
    {
        var watch = Stopwatch.StartNew();
        while (!reached())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), "nothing is scored");
            Thread.Sleep(2);
        }
    }
}
