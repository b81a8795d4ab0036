using Mmrr.App.Commands;
using Mmrr.App.Tests.Data;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>Where runs and results are put, and that they never become data.</summary>
[Collection(OutsideTests.Name)]
public sealed class RunPlaceTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AmongOnesPhotosEverythingTheProgramWritesIsLeftOut()
    {
        SmallData.Folders(_folder);
        string photos = _folder["parts/normal"], bad = _folder["parts/abnormal"];
        int count = ImageFolder.Files(photos, new Omissions()).Length;
        string Train() => In(photos, "train", "--data", "folder", "--root", ".", "--abnormal", "../abnormal", "--epochs", "1")
            .Ends(0).OutputLines[^1]["run: ".Length..];
        string run = Train();
        In(photos, "evaluate", run, "--levels", "2").Ends(0);
        In(photos, "figures", run, "--images", "../abnormal", "--levels", "2").Ends(0);
        // Without pictures, the folder of scores may lie within; pictures are put elsewhere and moved there.
        In(photos, "score", run, "../abnormal", "--out", "scores", "--heatmaps").Ends(0);
        Directory.Move(Path.Combine(photos, "scores", "heatmaps"), Path.Combine(photos, "kept"));
        File.Copy(Path.Combine(photos, run, "examples.png"), Path.Combine(bad, "examples.png"));
        var evaluated = In(photos, "evaluate", run, "--levels", "2").Ends(0);
        Assert.DoesNotContain(evaluated.ErrorLines, line => line.Contains("new since", StringComparison.Ordinal));
        Assert.Contains(evaluated.ErrorLines, line => line.Contains("pictures that mmrr made", StringComparison.Ordinal)
            && line.Contains("1 runs of mmrr", StringComparison.Ordinal));
        string again = Train();
        Assert.NotEqual(run, again);
        Assert.Equal(DataRecord.Find(Path.Combine(photos, run))!.Images, DataRecord.Find(Path.Combine(photos, again))!.Images);
        Assert.Equal(count + 5, DataRecord.Find(Path.Combine(photos, again))!.Images.Count);
        var scored = In(photos, "score", run, ".", Path.Combine(run, "examples.png"), "--out", _folder["out"]).Ends(2);
        Assert.Equal(count + 1, scored.OutputLines.Length);
        Assert.Contains("examples.png: a picture that mmrr made", string.Join('\n', scored.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void TwoTrainingsOfOneSecondAreTwoRuns()
    {
        var options = RunFolder.Open(runs.MnistRun).Options;
        var data = DataRecord.Find(runs.MnistRun)!;
        var made = new RunFolder[12];
        Parallel.For(
            0,
            made.Length,
            new ParallelOptions { MaxDegreeOfParallelism = made.Length },
            i => made[i] = RunFolder.Create(_folder["runs/now"], options with { Seed = i }, data, orBeside: true));
        Assert.Equal(made.Length, made.Select(r => r.Path).Distinct().Count());
        Assert.Contains(_folder["runs/now"], made.Select(r => r.Path));
        Assert.All(made, r => Assert.Equal(r.Options, RunFolder.Open(r.Path).Options));
        // Where the folder was named, one makes it and the others are told.
        var errors = new string?[8];
        Parallel.For(0, errors.Length, i =>
            errors[i] = Record.Exception(() => RunFolder.Create(_folder["runs/named"], options with { Seed = i }, data))?.Message);
        Assert.Single(errors, e => e is null);
        Assert.All(errors.OfType<string>(), e => Assert.Contains(_folder["runs/named"], e, StringComparison.Ordinal));
        Assert.Equal(options with { Seed = Array.FindIndex(errors, e => e is null) }, RunFolder.Open(_folder["runs/named"]).Options);
    }

    [Theory]
    [InlineData("weave/")]
    [InlineData("weave//")]
    [InlineData("sub/weave/")]
    public void ACompletedPathIsOneFolderThatIsListed(string normal)
    {
        SmallData.Mvtec(_folder, normal.StartsWith("sub", StringComparison.Ordinal) ? "mvtec/sub" : "mvtec");
        string run = In(_folder["mvtec"], "train", "--data", "mvtec", "--root", "./", "--normal", normal, "--epochs", "1")
            .Ends(0).OutputLines[^1]["run: ".Length..];
        Assert.Equal("runs", Path.GetDirectoryName(run));
        Assert.StartsWith(normal[0] == 's' ? "mvtec-sub-weave-tiny-" : "mvtec-weave-tiny-", Path.GetFileName(run), StringComparison.Ordinal);
        string[] row = In(_folder["mvtec"], "runs").Ends(0).OutputLines[1].Split('\t');
        Assert.Equal([run, "mvtec", normal.TrimEnd('/')], row[..3]);
        Assert.StartsWith(normal.TrimEnd('/') + "/train/good/", DataRecord.Find(Path.Combine(_folder["mvtec"], run))!.Images[0].Name, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("holds the data", "train --data folder --root GOOD --out GOOD")]
    [InlineData("holds the data", "train --data folder --root GOOD --out GOOD/..")]
    [InlineData("holds the data", "train --data csv --root GOOD/list.csv --out GOOD")]
    [InlineData("holds the data", "train --data folder --root GOOD/sub --abnormal BAD --out BAD")]
    [InlineData("holds the image", "score RUN GOOD/0.png --out GOOD --heatmaps")]
    [InlineData("holds the image", "figures RUN --images GOOD/0.png GOOD/sub/0.png --out GOOD/sub")]
    [InlineData("is also an input", "baselines --data csv --root GOOD/list.csv --json GOOD/list.csv")]
    [InlineData("is also an input", "baselines RUN --json RUN/run.json")]
    [InlineData("holds the data", "train --data folder --root GOOD --out LINK")]
    [InlineData("holds the data", "train --data csv --root GOOD/list.csv --out BAD")]
    [InlineData("holds the image", "score RUN GOOD/0.png --out LINK --heatmaps")]
    [InlineData("is also an input", "baselines --data folder --root GOOD --abnormal BAD --json BAD/0.png")]
    [InlineData("is also an input", "baselines --data csv --root LINK/list.csv --json GOOD/list.csv")]
    public void PlacesThatHoldInputsAreRefused(string word, string command)
    {
        for (int i = 0; i < 4; i++) _folder.WritePlain($"good/{(i > 2 ? "sub/" : "")}{i % 3}.png", 8, 8, (byte)i);
        _folder.WritePlain("bad/0.png", 8, 8, 90);
        _folder.Write("good/list.csv", "image,label\n0.png,\n1.png,\n2.png,\nsub/0.png,\n../bad/0.png,a\n"u8);
        if (command.Contains("LINK", StringComparison.Ordinal))
        {
            Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
            Directory.CreateSymbolicLink(_folder["link"], _folder["good"]);
        }
        var before = TrainedRuns.Contents(_folder.Path);
        string[] arguments = [.. command.Split(' ').Select(InPlace)];
        if (arguments[0] == "train") arguments = [.. arguments, "--device", "cpu", "--epochs", "1"];
        MmrrProgram.Run(arguments).Refuses(word);
        Assert.Equal(before, TrainedRuns.Contents(_folder.Path));
    }

    private string InPlace(string text) =>
        text.Replace("GOOD", _folder["good"], StringComparison.Ordinal)
            .Replace("LINK", _folder["link"], StringComparison.Ordinal)
            .Replace("BAD", _folder["bad"], StringComparison.Ordinal)
            .Replace("RUN", runs.FolderRun, StringComparison.Ordinal);

    /// <summary>Runs the program in a folder; trains the smallest networks.</summary>
    private static Outcome In(string folder, params string[] arguments)
    {
        string[] more = arguments[0] == "train" ? TrainedRuns.Tiny : arguments[0] is "runs" or "evaluate" ? [] : ["--device", "cpu"];
        string[] command = MmrrProcess.CommandOf([.. arguments, .. more]);
        var start = new System.Diagnostics.ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder,
        };
        using var process = System.Diagnostics.Process.Start(start)!;
        process.StandardInput.Close();
        return MmrrProcess.Finish(process);
    }
}
