using System.Globalization;
using Mmrr.App.Tests.Data;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary><c>mmrr threshold</c>.</summary>
[Collection(ProgramTests.Name)]
public sealed class ThresholdTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TrainingLeavesAThresholdThatTheRunsOwnImagesGave()
    {
        var (normal, abnormal) = SmallData.Folders(_folder);
        string run = _folder["run"];
        string[] train =
        [
            "train", "--data", "folder", "--root", normal, "--abnormal", abnormal, "--epochs", "1", .. TrainedRuns.Tiny,
            "--false-alarm", "0.25", "--out", run
        ];
        var outcome = MmrrProgram.Run(train).Ends(0);
        var stored = Calibration.Find(run)!;
        Assert.Equal((0.25, LevelSchedule.Logarithmic(12), 0), (stored.FalseAlarm, stored.Levels, stored.Added.Count));
        Assert.Equal(
            DataRecord.Find(run)!.Images.Where(i => i.Part == ImagePart.Calibration).Select(i => i.Name),
            stored.HeldOut.Select(i => i.Image));
        var image = stored.HeldOut[0];
        Assert.Equal(Calibrator.Make(stored.HeldOut, [], stored.Levels, stored.Rule, 0.25).Threshold, stored.Threshold);
        Assert.Equal(ScoreRule.Deviation, stored.Rule);
        Assert.Contains("cannot support a false-alarm rate of 0.25", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);

        // The score is that of the file.
        string row = MmrrProgram.Run("score", run, Path.Combine(normal, image.Image), "--device", "cpu").Ends(0).OutputLines[1];
        Assert.Equal(image.Score.ToString("R", CultureInfo.InvariantCulture), row.Split(',')[1]);
        Assert.Equal(image.MaxPixelScore.ToString("R", CultureInfo.InvariantCulture), row.Split(',')[5]);
    }

    [Fact]
    public void ItIsSetAnewWithoutTraining()
    {
        string run = Copy(), normal = _folder["normal"];
        for (int i = 0; i < 7; i++) _folder.WritePlain($"normal/{(i == 3 ? "more/" : "")}{i}.png", 8, 8, (byte)(60 + i), 70, 80);
        var weights = Weights(run);
        double first = Calibration.Find(run)!.Threshold;
        int held = Calibration.Find(run)!.HeldOut.Count;

        var outcome = MmrrProgram.Run("threshold", run, "--calibrate", normal, "--false-alarm", "0.2", "--device", "cpu").Ends(0);
        Assert.Empty(outcome.ErrorLines);
        Assert.Contains(outcome.OutputLines, line => line.Contains($"{held} normal images held out of training, 7 added", StringComparison.Ordinal));
        var more = Calibration.Find(run)!;
        double[] scores = [.. more.Images.Select(i => i.Score).Order()];
        Assert.Equal(held + 7, scores.Length);
        Assert.Equal(scores[(int)Math.Ceiling((scores.Length + 1) * 0.8) - 1], more.Threshold);
        Assert.Equal(Path.Combine(normal, "0.png"), more.Added[0].Image);

        // A second folder takes the place of the first.
        MmrrProgram.Run("threshold", run, "--calibrate", Path.Combine(normal, "more"), "--device", "cpu").Ends(0);
        Assert.Equal((held, 1, 0.2), (Calibration.Find(run)!.HeldOut.Count, Calibration.Find(run)!.Added.Count, Calibration.Find(run)!.FalseAlarm));

        MmrrProgram.Run("threshold", run, "--false-alarm", "0.5").Ends(0);
        Assert.Equal(0.5, Calibration.Find(run)!.FalseAlarm);
        MmrrProgram.Run("threshold", run, "--value", "0.125").Ends(0);
        var byHand = Calibration.Find(run)!;
        Assert.Equal((0.125, null, null, 1), (byHand.Threshold, byHand.FalseAlarm, byHand.ThresholdWithoutRefinement, byHand.Added.Count));
        byte[] file = File.ReadAllBytes(Path.Combine(run, "threshold.json"));
        Assert.Contains(
            "threshold 0.125 by the rule deviation at the levels log:12:0.01:1, set by hand", MmrrProgram.Run("threshold", run).Ends(0).OutputLines);
        Assert.Equal(file, File.ReadAllBytes(Path.Combine(run, "threshold.json")));
        Assert.NotEqual(0.125, first);
        Assert.Equal(weights, Weights(run));
    }

    [Fact]
    public void ARunWithoutOneGetsIt()
    {
        string run = Copy();
        File.Delete(Path.Combine(run, "threshold.json"));
        MmrrProgram.Run("threshold", run).Refuses("--calibrate");
        MmrrProgram.Run("threshold", run, "--value", "1").Refuses("--calibrate");
        _folder.WritePlain("normal/0.png", 8, 8, 60, 70, 80);
        MmrrProgram.Run("threshold", run, "--calibrate", _folder["normal"], "--device", "cpu").Ends(0);
        Assert.Equal((0, 1, 0.01), (Calibration.Find(run)!.HeldOut.Count, Calibration.Find(run)!.Added.Count, Calibration.Find(run)!.FalseAlarm));
    }

    // What the line must name, and what is asked for.
    [Theory]
    [InlineData("--value", "--value 1 --false-alarm 0.1")]
    [InlineData("--value", "--value 1 --calibrate normal")]
    [InlineData("--value", "--value nan")]
    [InlineData("--value", "--value high")]
    [InlineData("--false-alarm", "--false-alarm 1")]
    [InlineData("--device", "--device cpu")]
    [InlineData("--threads", "--false-alarm 0.1 --threads 2")]
    [InlineData("--precision", "--precision float32")]
    [InlineData("none", "--calibrate none")]
    [InlineData("empty", "--calibrate empty")]
    [InlineData("bad.png", "--calibrate bad")]
    [InlineData("gpu", "--calibrate normal --device gpu")]
    [InlineData("none", "--rule paper --calibrate none --device cpu")]
    public void BadArgumentsChangeNothing(string word, string arguments)
    {
        string run = Copy();
        _folder.WritePlain("normal/0.png", 8, 8, 60);
        _folder.WritePlain("bad/0.png", 8, 8, 60);
        _folder.Write("bad/bad.png", "no image"u8);
        Directory.CreateDirectory(_folder["empty"]);
        var before = TrainedRuns.Contents(run);
        MmrrProgram.Run(["threshold", run, .. arguments.Split(' ').Select(a => a is "normal" or "none" or "empty" or "bad" ? _folder[a] : a)]).Refuses(word);
        Assert.Equal(before, TrainedRuns.Contents(run));
    }

    // The statistics and the threshold are of each other: where the images beside them cannot be read, both stay.
    [Fact]
    public void ARuleBesideImagesThatCannotBeReadChangesNothing()
    {
        string run = Copy();
        _folder.WritePlain("bad/0.png", 8, 8, 60);
        _folder.Write("bad/bad.png", "no image"u8);
        var before = TrainedRuns.Contents(run);
        var outcome = MmrrProgram.Run("threshold", run, "--rule", "paper", "--levels", "3", "--calibrate", _folder["bad"], "--device", "cpu").Ends(2);
        Assert.Contains("bad.png", outcome.ErrorLines[^1], StringComparison.Ordinal);
        Assert.Equal(before, TrainedRuns.Contents(run));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"threshold": 1, "levels": 15, "heatmap": {"low": 0, "high": 1, "contour": 1}, "heldOut": [null], "added": []}""")]
    [InlineData("""{"threshold": 1, "levels": 15, "rule": "other", "heatmap": {"low": 0, "high": 1, "contour": 1}, "heldOut": [], "added": []}""")]
    [InlineData("""{"threshold": 1, "levels": 15, "rule": 7, "heatmap": {"low": 0, "high": 1, "contour": 1}, "heldOut": [], "added": []}""")]
    [InlineData("""{"threshold": 1, "levels": "log:12:1", "heatmap": {"low": 0, "high": 1, "contour": 1}, "heldOut": [], "added": []}""")]
    [InlineData("""{"threshold": 1, "levels": 1, "heatmap": {"low": 0, "high": 1, "contour": 1}, "heldOut": [], "added": []}""")]
    [InlineData("""{"threshold": 1, "levels": 2147483647, "heatmap": {"low": 0, "high": 1, "contour": 1}, "heldOut": [], "added": []}""")]
    [InlineData("""{"threshold": 1e999, "levels": 15, "heatmap": {"low": 0, "high": 1, "contour": 1}, "heldOut": [], "added": []}""")]
    [InlineData("""{"threshold": 1, "levels": 15, "heatmap": {"low": 0, "high": 1, "contour": 1}, "heldOut": """
        + """[{"image": "a", "score": 1, "scoreWithoutRefinement": 1, "medianPixelScore": 0, "maxPixelScore": 1e99}], "added": []}""")]
    [InlineData("""{"threshold": 1, "levels": 15, "heatmap": {"low": 2, "high": 1, "contour": 1}, "heldOut": [], "added": []}""")]
    [InlineData("""{"threshold": 1, "levels": 15, "heatmap": null, "heldOut": [], "added": []}""")]
    [InlineData("""{"threshold": 1, "falseAlarm": 2, "levels": 15, "heatmap": {"low": 0, "high": 1, "contour": 1}, "heldOut": [], "added": []}""")]
    public void ADamagedFileIsNamedByEveryCommandThatReadsIt(string json)
    {
        string run = Copy(), image = _folder.WritePlain("image.png", 8, 8, 1);
        File.WriteAllText(Path.Combine(run, "threshold.json"), json);
        MmrrProgram.Run("score", run, image, "--device", "cpu").Refuses("threshold.json");
        if (json.Length > 4) return;
        MmrrProgram.Run("evaluate", run).Refuses("threshold.json");
        MmrrProgram.Run("threshold", run, "--value", "1").Refuses("threshold.json");
    }

    private static Dictionary<string, string> Weights(string run) =>
        TrainedRuns.Contents(run).Where(f => f.Key != "threshold.json").ToDictionary(f => f.Key, f => f.Value);

    private string Copy() => TrainedRuns.CopyTo(runs.FolderRun, _folder["copy"]);
}
