using Mmrr.App.Tests.Data;
using Mmrr.Nn.Checkpoints;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>Runs that are damaged: <c>evaluate</c> and <c>score</c> name the file in one line and end with 2, and change nothing.</summary>
[Collection(ProgramTests.Name)]
public sealed class BadRunTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFolderThatIsNoRun()
    {
        Refused(_folder.Path, _folder.Path);
        MmrrProgram.Run("evaluate", _folder["none"]).Refuses(_folder["none"]);
    }

    [Theory]
    [InlineData("restoration.safetensors", "missing")]
    [InlineData("refinement.safetensors", "missing")]
    [InlineData("restoration.safetensors", "cut")]
    [InlineData("refinement.safetensors", "empty")]
    [InlineData("refinement.safetensors", "header")]
    [InlineData("restoration.safetensors", "nan")]
    [InlineData("refinement.safetensors", "other")]
    [InlineData("restoration.safetensors", "foreign")]
    public void ADamagedCheckpoint(string name, string damage)
    {
        string run = Damaged(name), path = Path.Combine(run, name);
        byte[] bytes = File.ReadAllBytes(path);
        if (damage == "missing") File.Delete(path);
        else if (damage == "cut") File.WriteAllBytes(path, bytes[..^4]);
        else if (damage == "empty") File.WriteAllBytes(path, []);
        else if (damage == "header") File.WriteAllBytes(path, [.. bytes[..8], (byte)'[', .. bytes[9..]]);
        else if (damage == "nan") File.WriteAllBytes(path, [.. bytes[..^4], .. BitConverter.GetBytes(float.NaN)]);
        else if (damage == "other") File.Copy(Path.Combine(runs.FolderRun, name), path, overwrite: true);
        else SafeTensorsFile.Write(path, new Dictionary<string, string>(), [("w", [1], [1f])]);
        Refused(run, path);
    }

    [Fact]
    public void BothCheckpointsOfAnotherModel()
    {
        string run = Damaged("both");
        foreach (string name in new[] { "restoration.safetensors", "refinement.safetensors" })
            File.Copy(Path.Combine(runs.FolderRun, name), Path.Combine(run, name), overwrite: true);
        // Its threshold means nothing for them, nor do its data for the report's pictures.
        string image = _folder.WritePlain("in/image.png", 8, 8, 1);
        var before = TrainedRuns.Contents(run);
        foreach (string[] command in new string[][]
        {
            ["evaluate", run, "--levels", "2"], ["score", run, image], ["figures", run, "--images", image, "--out", _folder["out"]],
            ["threshold", run, "--calibrate", _folder["in"]], ["report", run],
        })
        {
            MmrrProgram.Run([.. command, "--device", "cpu"]).Refuses(run, "a different model");
        }
        Assert.Equal(before, TrainedRuns.Contents(run));
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Theory]
    [InlineData("{", "")]
    [InlineData("\"width\": 16", "\"width\": 17")]
    [InlineData("\"seed\": 5", "\"seed\": \"x\"")]
    [InlineData("\"model\"", "\"modul\"")]
    [InlineData("\"data\": \"mnist\"", "\"data\": \"imagenet\"")]
    [InlineData("\"threads\": 2", "\"threads\": 0")]
    [InlineData("\"levels\": \"0.02,0.04\"", "\"levels\": \"0,0.02,0.01\"")]
    [InlineData("\"rule\": \"neighbours\"", "\"rule\": \"none\"")]
    public void AConfigurationThatCannotBe(string old, string by)
    {
        string run = Damaged("configuration"), path = Path.Combine(run, "run.json"), text = File.ReadAllText(path);
        Assert.Contains(old, text, StringComparison.Ordinal);
        AssertConfigurationIsRefused(run, text.Replace(old, by, StringComparison.Ordinal));
    }

    [Fact]
    public void AConfigurationWithNothingWhereTheModelShouldBe()
    {
        string run = Damaged("null"), text = File.ReadAllText(Path.Combine(run, "run.json"));
        AssertConfigurationIsRefused(run, "null");
        AssertConfigurationIsRefused(run, text[..text.IndexOf("\"model\"", StringComparison.Ordinal)] + "\"model\": null\n}");
    }

    [Fact]
    public void AnOutputFolderThatHoldsARun()
    {
        var before = TrainedRuns.Contents(runs.MnistRun);
        string[] command = ["train", "--data", "mnist", "--root", runs.Mnist, "--normal", "1", "--epochs", "1", .. TrainedRuns.Tiny, "--out"];
        MmrrProgram.Run([.. command, runs.MnistRun]).Refuses(runs.MnistRun, "--out");
        Assert.Equal(before, TrainedRuns.Contents(runs.MnistRun));

        string file = _folder.Write("file", "text"u8);
        MmrrProgram.Run([.. command, file]).Refuses(file);
        Assert.Equal("text", File.ReadAllText(file));
    }

    [Fact]
    public void ADemoFolderThatHoldsARun()
    {
        string run = _folder["demo/run"];
        Directory.CreateDirectory(run);
        File.WriteAllText(Path.Combine(run, "run.json"), "{}");
        MmrrProgram.Run("demo", "--out", _folder["demo"]).Refuses(run);
        Assert.Equal(["run/run.json"], TrainedRuns.Contents(_folder["demo"]).Keys.Select(k => k.Replace('\\', '/')));
    }

    private static void AssertConfigurationIsRefused(string run, string text)
    {
        File.WriteAllText(Path.Combine(run, "run.json"), text);
        MmrrProgram.Run("evaluate", run, "--levels", "2").Refuses(run);
    }

    private string Damaged(string name) => runs.Copy(runs.MnistRun, $"{Path.GetFileName(_folder.Path)}-{name}");

    private void Refused(string run, params string[] words)
    {
        var before = TrainedRuns.Contents(run);
        MmrrProgram.Run("evaluate", run, "--levels", "2").Refuses(words);
        var outcome = MmrrProgram.Run("score", run, _folder.WritePlain("image.png", 8, 8, 1), "--device", "cpu");
        File.Delete(_folder["image.png"]);
        outcome.Refuses(words);
        Assert.Empty(outcome.OutputLines);
        Assert.Equal(before, TrainedRuns.Contents(run));
    }
}
