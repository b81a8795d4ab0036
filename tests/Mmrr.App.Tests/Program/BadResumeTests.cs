using Mmrr.App.Tests.Data;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>What cannot be resumed or repeated: one line, exit code 2, and the run as it was.</summary>
[Collection(ProgramTests.Name)]
public sealed class BadResumeTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--data", "mnist")]
    [InlineData("--root", ".")]
    [InlineData("--normal", "1")]
    [InlineData("--abnormal", ".")]
    [InlineData("--preset", "tiny")]
    [InlineData("--device", "cpu")]
    [InlineData("--threads", "1")]
    [InlineData("--out", "elsewhere")]
    [InlineData("--minutes", "1")]
    [InlineData("--epochs", "1")]
    [InlineData("--seed", "1")]
    [InlineData("--batch", "8")]
    [InlineData("--lr", "0.001")]
    [InlineData("--beta2", "0.99")]
    [InlineData("--width", "16")]
    [InlineData("--size", "8")]
    [InlineData("--resolutions", "2")]
    [InlineData("--augment", "flip")]
    [InlineData("--normalize", null)]
    [InlineData("--patience", "5")]
    [InlineData("--average", "0.9")]
    [InlineData("--plateau-threshold", "0.01")]
    [InlineData("--no-embedding", null)]
    [InlineData("--mask", "learned")]
    [InlineData("--refine-inputs", "x")]
    [InlineData("--save-every", "1")]
    public void OptionsBesideResumeAndConfig(string option, string? value)
    {
        // In one process for all of them: what is refused is refused before anything is opened.
        string[] given = value is null ? [option] : [option, value];
        bool fitsConfig = option is "--out" or "--device" or "--threads";
        string line = Refusal(["train", "--resume", runs.MnistRun, .. given]);
        Assert.Contains("--resume", line, StringComparison.Ordinal);
        Assert.Contains(option, line, StringComparison.Ordinal);
        if (fitsConfig) return;
        line = Refusal(["train", "--config", Path.Combine(runs.MnistRun, "run.json"), .. given]);
        Assert.Contains("--config", line, StringComparison.Ordinal);
        Assert.Contains(option, line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--config", "train --resume RUN --config RUN/run.json")]
    [InlineData("--width", "train --resume RUN --width 32")]
    [InlineData("--seed", "train --config RUN/run.json --seed 1")]
    [InlineData("--save-every", "train --save-every -1")]
    [InlineData("--resume", "train --resume")]
    [InlineData("none", "train --resume RUN/none")]
    [InlineData("none.json", "train --config RUN/none.json")]
    [InlineData("history.csv", "train --config RUN/history.csv")]
    public void CommandsThatCannotBe(string word, string command)
    {
        var before = TrainedRuns.Contents(runs.MnistRun);
        MmrrProgram.Run([.. command.Split(' ').Select(part => part.Replace("RUN", runs.MnistRun, StringComparison.Ordinal))]).Refuses(word);
        Assert.Equal(before, TrainedRuns.Contents(runs.MnistRun));
    }

    [Theory]
    [InlineData("\"epochs\": 2", "\"epochs\": null", "minutes and epochs")]
    [InlineData("\"epochs\": 2", "\"epochs\": 0", "epochs")]
    [InlineData("\"learningRate\": 0.001", "\"learningRate\": -1", "learningRate")]
    [InlineData("\"beta2\": 0.99", "\"beta2\": 1", "beta2")]
    [InlineData("\"saveEvery\": null", "\"saveEvery\": -1", "saveEvery")]
    [InlineData("\"batch\": 8", "\"batch\": 0", "batch is 0")]
    [InlineData("\"batch\": 8", "\"batch\": 2147483647", "batch is 2147483647")]
    [InlineData("\"batch\": 8", "\"batch\": 8.5", "batch")]
    [InlineData("\"precision\": \"Float32\"", "\"precision\": 7", "precision is 7")]
    [InlineData("\"precision\": \"Float32\"", "\"precision\": \"half\"", "precision")]
    [InlineData("\"falseAlarm\": 0.01", "\"falseAlarm\": 1e999", "falseAlarm")]
    [InlineData("\"learningRate\": 0.001", "\"learningRate\": 1e999", "learningRate")]
    [InlineData("\"augment\": \"none\"", "\"augment\": \"flip,flip\"", "twice")]
    [InlineData("\"patience\": 500", "\"patience\": -1", "patience is -1")]
    [InlineData("\"plateauThreshold\": 0.0001", "\"plateauThreshold\": 1", "plateauThreshold is 1")]
    [InlineData("\"average\": 0", "\"average\": 1", "average is 1")]
    [InlineData("\"restorationShare\": 0.85", "\"restorationShare\": 1", "restorationShare is 1")]
    [InlineData("\"device\": \"cpu\"", "\"device\": null", "device")]
    [InlineData("\"mask\": \"Learned\"", "\"mask\": 7", "mask")]
    [InlineData("\"fit\": \"Stretch\"", "\"fit\": 7", "fit")]
    [InlineData("\"size\": 8", "\"size\": 9", "size is 9")]
    [InlineData("\"resolutions\": 2", "\"resolutions\": 0", "resolutions is 0")]
    [InlineData("\"channels\": 1", "\"channels\": 2", "channels is 2")]
    [InlineData("\"channels\": 1", "\"chanels\": 1", "chanels")]
    [InlineData("\"Image\",", "\"Image\", \"Image\",", "each once")]
    public void AConfigurationWithValuesThatCannotBe(string old, string by, string word)
    {
        string text = File.ReadAllText(Path.Combine(runs.MnistRun, "run.json"));
        Assert.Contains(old, text, StringComparison.Ordinal);
        string path = _folder.Write("run.json", System.Text.Encoding.UTF8.GetBytes(text.Replace(old, by, StringComparison.Ordinal)));
        Assert.Contains(word, Assert.Throws<InvalidDataException>(() => TrainingOptions.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AConfigurationFromBeforeThereWasAChoiceIsRead()
    {
        string text = File.ReadAllText(Path.Combine(runs.MnistRun, "run.json"));
        string[] since = ["\"normalize\"", "\"patience\"", "\"plateauThreshold\"", "\"average\"", "\"restorationShare\"", "\"paperSplit\""];
        string[] lines = text.Split('\n');
        Assert.All(since, name => Assert.Single(lines, line => line.Contains(name, StringComparison.Ordinal)));
        string before = string.Join('\n', lines.Where(line => !since.Any(name => line.Contains(name, StringComparison.Ordinal))));
        TrainingOptions now = TrainingOptions.Read(Path.Combine(runs.MnistRun, "run.json")),
            then = TrainingOptions.Read(_folder.Write("run.json", System.Text.Encoding.UTF8.GetBytes(before)));
        Assert.Equal(now with { Patience = null, PlateauThreshold = null, RestorationShare = null }, then);
        // What was not a choice is what it was.
        var schedule = then.NewSchedule();
        schedule.Step(1);
        for (int epoch = 0; epoch < 500; epoch++) Assert.False(schedule.Step(0.9999));
        Assert.True(schedule.Step(0.9999));
        Assert.Equal((51, 9), (Math.Round((then with { Minutes = 1 }).SecondsOf(1)!.Value, 9), Math.Round((then with { Minutes = 1 }).SecondsOf(2)!.Value, 9)));
    }

    [Theory]
    [InlineData("cut", "training.safetensors")]
    [InlineData("empty", "training.safetensors")]
    [InlineData("header", "training.safetensors")]
    [InlineData("nan", "training.safetensors")]
    [InlineData("checkpoint", "mmrr.training")]
    [InlineData("no position", "position")]
    [InlineData("earlier version", "another version")]
    [InlineData("phase", "phase is 7")]
    [InlineData("epoch", "epoch is 0")]
    [InlineData("done", "done")]
    [InlineData("past the epoch", "3 steps of the epoch")]
    [InlineData("step", "step is -1")]
    [InlineData("schedule", "schedule")]
    [InlineData("rate", "learning rate")]
    [InlineData("missing tensor", "is missing")]
    [InlineData("other tensor", "'weights.foreign'")]
    [InlineData("other shape", "shape")]
    [InlineData("configuration", "run.json")]
    [InlineData("data", "images")]
    [InlineData("gone", "training.safetensors")]
    [InlineData("restoration gone", "restoration.safetensors")]
    public void AStateThatIsDamagedOrAnothers(string damage, string word)
    {
        string run = Interrupted(damage == "restoration gone" ? 2 : 1), path = Path.Combine(run, TrainingState.FileName);
        byte[] bytes = File.ReadAllBytes(path);
        var position = TrainingState.ReadPosition(path);
        switch (damage)
        {
            case "cut": File.WriteAllBytes(path, bytes[..^4]); break;
            case "empty": File.WriteAllBytes(path, []); break;
            case "header": File.WriteAllBytes(path, [.. bytes[..8], (byte)'[', .. bytes[9..]]); break;
            case "nan": File.WriteAllBytes(path, [.. bytes[..^4], .. BitConverter.GetBytes(float.NaN)]); break;
            case "checkpoint": File.Copy(Path.Combine(runs.MnistRun, Checkpoint.RestorationFile), path, overwrite: true); break;
            case "no position": Rewrite(path, "{}"); break;
            case "earlier version": Rewrite(path, position.ToJson().Replace("\"format\":2,", "", StringComparison.Ordinal)); break;
            case "phase": Rewrite(path, (position with { Phase = 7 }).ToJson()); break;
            case "epoch": Rewrite(path, (position with { Epoch = 0 }).ToJson()); break;
            case "done": Rewrite(path, (position with { Done = -1 }).ToJson()); break;
            case "past the epoch": Rewrite(path, (position with { Done = 3, Step = 9 }).ToJson()); break;
            case "step": Rewrite(path, (position with { Done = 0, Step = -1 }).ToJson()); break;
            case "schedule": Rewrite(path, (position with { Schedule = null }).ToJson()); break;
            case "rate": Rewrite(path, (position with { Schedule = position.Schedule! with { LearningRate = 0 } }).ToJson()); break;
            case "missing tensor": Rewrite(path, position.ToJson(), tensors => tensors.RemoveAt(3)); break;
            case "other tensor": Rewrite(path, position.ToJson(), tensors => tensors.Add(("weights.foreign", [1], [0]))); break;
            case "other shape": Rewrite(path, position.ToJson(), tensors => tensors[0] = (tensors[0].Name, [1], [0])); break;
            case "configuration":
                File.WriteAllText(
                    Path.Combine(run, "run.json"),
                    File.ReadAllText(Path.Combine(run, "run.json")).Replace("\"batch\": 8", "\"batch\": 4", StringComparison.Ordinal));
                break;
            case "data": Rewrite(path, (position with { Data = "0" }).ToJson()); break;
            case "gone": File.Delete(path); break;
            default: File.Delete(Path.Combine(run, Checkpoint.RestorationFile)); break;
        }
        var before = TrainedRuns.Contents(run);
        MmrrProgram.Run("train", "--resume", run).Refuses(word);
        Assert.Equal(before, TrainedRuns.Contents(run));
    }

    [Fact]
    public void ARunThatAnotherProcessTrains()
    {
        string run = Interrupted(1);
        var before = TrainedRuns.Contents(run);
        using (RunFolder.Open(run).Lock())
        {
            MmrrProcess.Run("train", "--resume", run).Refuses(run, "another process");
            Assert.Contains("\ttraining\t", MmrrProgram.Run("runs", run).Ends(0).OutputLines[1], StringComparison.Ordinal);
        }
        Assert.Equal(before, TrainedRuns.Contents(run));
    }

    [Fact]
    public void WithoutMemoryTheSizesAreNamedAndNothingIsLost()
    {
        // The runtime's limit, which the pool keeps on the host: 60 MB, in hexadecimal.
        var little = new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "3938700" };
        string run = _folder["run"], path = Path.Combine(run, TrainingState.FileName);
        string[] command =
        [
            "train", "--data", "mnist", "--root", runs.Mnist, "--normal", "1", "--epochs", "9", "--size", "64", "--width", "32", "--batch", "8",
            "--device", "cpu", "--save-every", "0", "--out", run
        ];
        MmrrProcess.Run(little, command).Refuses("MiB requested", "in use", "in total", "--batch");
        Assert.False(Directory.Exists(run));

        ResumeTests.KillWhen(() => File.Exists(path) && TrainingState.ReadPosition(path).Step >= 1, command);
        byte[] before = File.ReadAllBytes(path);
        MmrrProcess.Run(little, "train", "--resume", run).Refuses("MiB requested", "--batch", $"step {TrainingState.ReadPosition(path).Step}");
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    /// <summary>A run that stopped in a phase, after three steps of it; of two steps is an epoch.</summary>
    private string Interrupted(int phase)
    {
        string run = runs.Interrupted(phase), copy = _folder["interrupted"];
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.GetFiles(run)) File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return copy;
    }

    private static string Refusal(string[] arguments)
    {
        var parsed = Commands.TrainCommand.Create().Parse(arguments[1..]);
        Assert.Empty(parsed.Errors);
        return Assert.Throws<UsageException>(
            () => parsed.Invoke(new System.CommandLine.InvocationConfiguration { EnableDefaultExceptionHandler = false })).Message;
    }

    private static void Rewrite(string path, string position, Action<List<(string Name, int[] Shape, float[] Values)>>? change = null)
    {
        List<(string Name, int[] Shape, float[] Values)> tensors;
        using (var file = SafeTensorsFile.Open(path)) tensors = [.. file.Entries.Select(e => (e.Name, e.Shape.ToArray(), file.Read(e.Name)))];
        change?.Invoke(tensors);
        SafeTensorsFile.Write(path, new Dictionary<string, string> { ["mmrr.training"] = position }, tensors);
    }
}
