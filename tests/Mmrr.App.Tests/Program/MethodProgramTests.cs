using System.Globalization;
using Mmrr.App.Tests.Data;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;
using Mmrr.Training.Runs;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>Every method through the same commands, from training to the report.</summary>
[Collection(OutsideTests.Name)]
public sealed class MethodProgramTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Others => [.. AnomalyMethods.All.Skip(1).Select(m => m.Name)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Others))]
    public void FromTrainingToTheReport(string name)
    {
        string run = Train("run", name);
        Assert.Contains($"\"method\": \"{name}\"", File.ReadAllText(Path.Combine(run, "run.json")), StringComparison.Ordinal);
        var options = RunFolder.Open(run).Options;
        Assert.Equal((name, LevelSchedule.None, ScoreRule.Paper), (options.Model.Method, options.Levels, options.Rule));

        var evaluated = MmrrProgram.Run("evaluate", run).Ends(0);
        Assert.Contains($"method {name}, rule paper", evaluated.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("refinement", evaluated.Output, StringComparison.Ordinal);
        Assert.Contains($"\"method\": \"{name}\"", File.ReadAllText(Path.Combine(run, "evaluation.json")), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(run, "levels.csv")));

        // The threshold decides: the scores of files are those of the evaluation.
        var (normal, _) = SmallData.Folders(_folder);
        var scored = MmrrProgram.Run("score", run, normal, "--device", "cpu", "--out", _folder["scored"], "--heatmaps").Ends(0);
        string[][] rows = [.. scored.OutputLines.Skip(1).Select(line => line.Split(','))];
        Assert.NotEmpty(rows);
        Assert.All(rows, row => Assert.True(double.Parse(row[1], CultureInfo.InvariantCulture) >= 0));
        Assert.All(rows, row => Assert.Equal(row[1], row[2]));
        Assert.All(rows, row => Assert.Contains(row[4], new[] { "0", "1" }));
        MmrrProgram.Run("threshold", run, "--false-alarm", "0.2").Ends(0);
        if (AnomalyMethods.Of(name).Restores) MmrrProgram.Run("threshold", run, "--rule", "deviation", "--device", "cpu").Ends(0);
        MmrrProgram.Run("report", run, "--device", "cpu").Ends(0);
        Assert.Equal(
            [$"mmrr: {run}: its method is {name}, and only runs of MMRR can be written as an ONNX graph"],
            MmrrProgram.Run("export", run, "--onnx", _folder["model.onnx"]).Ends(2).ErrorLines);
        string page = File.ReadAllText(Path.Combine(run, "report.html"));
        Assert.Contains($"{AnomalyMethods.Of(name).Title} trained on normal images", page, StringComparison.Ordinal);
        Assert.DoesNotContain("with refinement", page, StringComparison.Ordinal);
        Assert.DoesNotContain("without refinement", page, StringComparison.Ordinal);
    }

    /// <summary>Stopped in the last phase after two steps of its second epoch; of several phases the last begins with what the first left.</summary>
    [Theory]
    [InlineData("gamma-vae")]
    [InlineData("deep-svdd")]
    [InlineData("ganomaly")]
    public void StoppedAndResumedItEndsWithTheSameBits(string name)
    {
        string whole = Train("whole", name), run = _folder["stopped"];
        var options = RunFolder.Open(whole).Options;
        var source = DataSource.Open(options.DataOptions);
        var set = source.LoadTrain();
        var folder = RunFolder.Create(run, options, source.Record(set));
        using (var device = Device.Open("cpu", 2))
        using (var model = AnomalyMethods.Of(name).Create(device, options.Model))
        using (var stop = new CancellationTokenSource())
            Assert.False(new Trainer(model, folder, set, new StopAt(model.Phases.Count, 3, stop)).Run(stop.Token));
        Assert.False(folder.IsFinished);
        MmrrProgram.Run("train", "--resume", run).Ends(0);
        foreach (var (_, file) in AnomalyMethods.Of(name).Phases)
        {
            using SafeTensorsFile expected = SafeTensorsFile.Open(Path.Combine(whole, file)), found = SafeTensorsFile.Open(Path.Combine(run, file));
            foreach (var entry in expected.Entries) Assert.Equal(expected.Read(entry.Name), found.Read(entry.Name));
        }
        Assert.Equal(File.ReadAllText(Path.Combine(whole, "threshold.json")), File.ReadAllText(Path.Combine(run, "threshold.json")));
    }

    /// <summary>Every multiple of 16 is a width: these are not multiples of the 32 groups that widths from 128 on have.</summary>
    [Theory]
    [InlineData("ae", "144")]
    [InlineData("mmrr", "144")]
    public void AWidthOfAnySixteens(string name, string width) => MmrrProgram.Run(
        "train", "--data", "mnist", "--root", runs.Mnist, "--normal", "1", "--method", name, "--size", "8", "--resolutions", "2", "--batch", "8",
        "--width", width, "--epochs", "1", "--device", "cpu", "--out", _folder["wide"]).Ends(0);

    [Theory]
    [InlineData("--method nosuch", "--method is 'nosuch'", "ganomaly")]
    [InlineData("--method ae --set latnt=3", "'latnt'", "latent")]
    [InlineData("--method ae --set latent=0", "latent is 0", "from 1 to 4096")]
    [InlineData("--method ae --set latent", "'latent'", "NAME=VALUE")]
    [InlineData("--method ae --set latent=3 --set latent=4", "latent", "twice")]
    [InlineData("--set latent=3", "mmrr", "has no setting 'latent'")]
    [InlineData("--method ae --mask constant", "--mask", "not to ae")]
    [InlineData("--method vae --no-embedding", "--no-embedding", "not to vae")]
    [InlineData("--method memae --levels 3", "--levels is uniform:3", "no masking levels")]
    [InlineData("--levels none", "--levels is none", "expected L")]
    [InlineData("--method deep-svdd --rule neighbours", "--rule neighbours", "deep-svdd")]
    public void MistakesAreRefusedInOneLine(string arguments, params string[] words) =>
        MmrrProgram.Run(["train", "--data", "mnist", "--root", runs.Mnist, "--normal", "1", "--out", _folder["run"], .. arguments.Split(' ')]).Refuses(words);

    [Fact]
    public void OtherCommandsRefuseWhatTheMethodDoesNotHave()
    {
        string run = Train("run", "deep-svdd");
        foreach (string command in new[] { "evaluate", "threshold" }) MmrrProgram.Run(command, run, "--levels", "5").Refuses("--levels", "deep-svdd");
        MmrrProgram.Run("threshold", run, "--rule", "neighbours").Refuses("--rule neighbours", "deep-svdd");
        string configuration = Path.Combine(run, "run.json"), text = File.ReadAllText(configuration);
        File.WriteAllText(configuration, text.Replace("\"deep-svdd\"", "\"deeper\"", StringComparison.Ordinal));
        MmrrProgram.Run("evaluate", run).Refuses(configuration, "'deeper'", "deep-svdd");
        File.WriteAllText(configuration, text.Replace("\"latent\"", "\"width\"", StringComparison.Ordinal));
        MmrrProgram.Run("evaluate", run).Refuses(configuration, "latent");
        // Another method's run.json over these checkpoints.
        File.Copy(Path.Combine(runs.MnistRun, "run.json"), configuration, overwrite: true);
        Assert.Equal(2, MmrrProgram.Run("score", run, runs.Mnist).ExitCode);
    }

    [Fact]
    public void MethodsAreListedWithTheirSettings()
    {
        var outcome = MmrrProgram.Run("methods").Ends(0);
        foreach (var method in AnomalyMethods.All)
        {
            Assert.Contains(outcome.OutputLines, line => line.StartsWith(method.Name + " ", StringComparison.Ordinal));
            foreach (var setting in method.Settings) Assert.Contains($" {setting.Name}=", outcome.Output, StringComparison.Ordinal);
        }
    }

    private string Train(string folder, string name)
    {
        string[] steps = name == "gamma-vae" ? ["--set", "steps=3"] : [];
        string[] settings = AnomalyMethods.Of(name).Settings.Any(s => s.Name == "latent") ? ["--set", "latent=8", .. steps] : ["--set", "memory=8"];
        MmrrProgram.Run([
            "train", "--data", "mnist", "--root", runs.Mnist, "--normal", "1", "--method", name, .. settings, .. TrainedRuns.Tiny, "--epochs", "2",
            "--seed", "5", "--out", _folder[folder]
        ]).Ends(0);
        return _folder[folder];
    }
}
