using System.Text.RegularExpressions;
using Mmrr.App.Reports;
using Mmrr.App.Tests.Data;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Baselines;
using Mmrr.Training.Runs;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>Each file of a run says which format it has; those of a newer program are told as such.</summary>
[Collection(OutsideTests.Name)]
public sealed class FormatTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("run.json")]
    [InlineData("data.json")]
    [InlineData("threshold.json")]
    [InlineData("evaluation.json")]
    [InlineData("baselines.json")]
    [InlineData("levels.json")]
    public void JsonOfANewerProgram(string file)
    {
        string source = Path.Combine(runs.Folder.Path, "formats");
        if (!Directory.Exists(source))
        {
            runs.Copy(runs.MnistRun, "formats");
            MmrrProgram.Run("evaluate", source, "--levels", "2", "--baselines").Ends(0);
            MmrrProgram.Run("report", source, "--device", "cpu", "--sweep-images", "4").Ends(0);
        }
        string run = TrainedRuns.CopyTo(source, _folder["newer"]), path = Path.Combine(run, file), text = File.ReadAllText(path);
        int format = int.Parse(Regex.Match(text, "^{\\s*\"format\": (\\d+),").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        Read(run, file);
        File.WriteAllText(path, Regex.Replace(text, "\"format\": \\d+,", $"\"format\": {format + 1}, \"unheardOf\": [1],"));
        Assert.StartsWith(
            $"{path}: written by a newer mmrr (format {format + 1}, this one reads {format})",
            Assert.Throws<InvalidDataException>(() => Read(run, file)).Message,
            StringComparison.Ordinal);
        if (file is "evaluation.json" or "levels.json") return; // they have more keys than are read
        File.WriteAllText(path, Regex.Replace(text, "\"format\": \\d+,", "$& \"unheardOf\": [1],"));
        BadInput.Throws<InvalidDataException>(() => Read(run, file), path, "'unheardOf'", "a newer one wrote the file");
    }

    [Theory]
    [InlineData("restoration.safetensors", "mmrr.format", "3", "4")]
    [InlineData("normal.safetensors", "mmrr.normal", "\"format\":1", "\"format\":2")]
    [InlineData("training.safetensors", "mmrr.training", "\"format\":2", "\"format\":3")]
    public void TensorsOfANewerProgram(string file, string key, string old, string by)
    {
        string run = TrainedRuns.CopyTo(file[0] == 't' ? runs.Interrupted(1) : runs.MnistRun, _folder["newer"]), path = Path.Combine(run, file);
        Dictionary<string, string> metadata;
        List<(string Name, int[] Shape, float[] Values)> tensors;
        using (var read = SafeTensorsFile.Open(path))
        {
            metadata = read.Metadata.ToDictionary();
            tensors = [.. read.Entries.Select(e => (e.Name, e.Shape.ToArray(), read.Read(e.Name)))];
        }
        Assert.Contains(old, metadata[key], StringComparison.Ordinal);
        int at = metadata[key].IndexOf(old, StringComparison.Ordinal);
        metadata[key] = metadata[key][..at] + by + metadata[key][(at + old.Length)..];
        SafeTensorsFile.Write(path, metadata, tensors);
        string[] command = file[0] == 't' ? ["train", "--resume", run] : ["evaluate", run];
        MmrrProgram.Run(command).Refuses(path, $"written by a newer mmrr (format {by[^1]}, this one reads {old[^1]})");
    }

    private static void Read(string run, string file)
    {
        var folder = RunFolder.Open(run);
        if (file == "data.json") Assert.NotNull(folder.Data.Record);
        else if (file == "threshold.json") Assert.NotNull(Calibration.Find(run));
        else if (file == "baselines.json") Assert.NotNull(BaselineResult.Find(folder));
        else if (file == "evaluation.json") Assert.NotNull(ReportData.Read(folder).Evaluation);
        else if (file == "levels.json") Assert.NotNull(LevelSweep.Find(folder, 4));
    }
}
