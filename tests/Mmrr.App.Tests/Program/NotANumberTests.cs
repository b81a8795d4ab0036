using Mmrr.App.Tests.Data;
using Mmrr.Nn.Checkpoints;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>Scores that are not a number, of networks whose weights overflow: anomalous wherever something is decided.</summary>
[Collection(ProgramTests.Name)]
public sealed class NotANumberTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheyAreAnomalousInEveryOutput()
    {
        string run = runs.Copy(runs.MnistRun, "not-a-number"), path = Path.Combine(run, "refinement.safetensors");
        Dictionary<string, string> metadata;
        (string, int[], float[])[] tensors;
        using (var file = SafeTensorsFile.Open(path))
        {
            metadata = new(file.Metadata);
            // Products of both signs, each infinite: their sum is no number.
            tensors =
                [.. file.Entries.Select(e => (
                    e.Name,
                    e.Shape.ToArray(),
                    e.Name == "f_ref.head.weight" ? [.. file.Read(e.Name).Select((_, i) => i % 2 == 0 ? 3e38f : -3e38f)] : file.Read(e.Name)))];
        }
        SafeTensorsFile.Write(path, metadata, tensors);

        var evaluated = MmrrProgram.Run("evaluate", run).Ends(0);
        string[][] rows = [.. File.ReadAllLines(Path.Combine(run, "scores.csv"))[1..].Select(line => line.Split(','))];
        Assert.Equal(30, rows.Length);
        Assert.All(rows, row => Assert.Equal(("NaN", "1"), (row[3], row[5])));
        Assert.All(rows, row => Assert.NotEqual("NaN", row[4]));
        Assert.Contains(evaluated.OutputLines, line => line.Contains("image AUROC", StringComparison.Ordinal)
            && line.Contains("0.5000 [0.500, 0.500]", StringComparison.Ordinal));
        Assert.Contains(evaluated.OutputLines, line => line.Contains("false alarms", StringComparison.Ordinal)
            && line.Contains("10 of 10", StringComparison.Ordinal));

        string image = _folder.WritePlain("in/image.png", 8, 8, 90), target = _folder["out"];
        var scored = MmrrProgram.Run("score", run, image, "--device", "cpu", "--out", target, "--heatmaps", "--fail-on-anomaly").Ends(3);
        Assert.Equal(("NaN", "1"), (scored.OutputLines[1].Split(',')[1], scored.OutputLines[1].Split(',')[4]));
        Assert.True(File.Exists(Path.Combine(target, "heatmaps", "image.png.png")));

        // Normal images without a score give no threshold.
        byte[] before = File.ReadAllBytes(Path.Combine(run, "threshold.json"));
        MmrrProgram.Run("threshold", run, "--calibrate", _folder["in"], "--device", "cpu").Refuses(image, "NaN");
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(run, "threshold.json")));
    }
}
