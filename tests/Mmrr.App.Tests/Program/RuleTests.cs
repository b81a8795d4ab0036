using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Reports;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>The rule and the levels of a run, in every command that scores.</summary>
[Collection(ProgramTests.Name)]
public sealed class RuleTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ARunOfAnEarlierVersionIsReadAndScoredAsBefore()
    {
        string run = runs.Copy(runs.MnistRun, "of-an-earlier-version"), configuration = Path.Combine(run, "run.json");
        File.Delete(Path.Combine(run, "normal.safetensors"));
        string text = Regex.Replace(File.ReadAllText(configuration), "  \"(levels|rule)\": \"[^\"]+\",\n", "");
        Assert.Equal(2 + text.Split('\n').Length, File.ReadAllLines(configuration).Length + 1);
        File.WriteAllText(configuration, text);
        string digit = _folder.WritePlain("digit.png", 10, 10, 40);
        var samples = DataSource.Open(RunFolder.Open(run).Options.DataOptions).LoadTest().Samples;
        double[] expected;
        using (var device = Device.Open("cpu", 2))
        {
            using var model = Checkpoint.Load(run, device);
            float[] values = new float[samples.Count * 64];
            for (int i = 0; i < samples.Count; i++) ImagePixels.ToFloats(samples[i].Pixels.Bytes, values.AsSpan(i * 64, 64));
            expected = Scoring.Score(model, values, LevelSchedule.Uniform(15), maps: false).Paper.Refined;
        }
        double threshold = expected.Order().ElementAt(20);
        File.WriteAllText(Path.Combine(run, "threshold.json"), $$"""
            {
              "threshold": {{threshold.ToString("R", CultureInfo.InvariantCulture)}},
              "thresholdWithoutRefinement": 7.324275121986865,
              "falseAlarm": 0.01,
              "levels": 15,
              "heatmap": {
                "low": 1.3051549,
                "high": 60.581272,
                "contour": 40.822567
              },
              "heldOut": [
                {
                  "image": "19",
                  "score": 2.0642123,
                  "scoreWithoutRefinement": 2.5,
                  "medianPixelScore": 1.3051549,
                  "maxPixelScore": 40.822567
                }
              ],
              "added": []
            }
            """);

        Assert.Empty(MmrrProgram.Run("evaluate", run).Ends(0).ErrorLines);
        var figures = Figures(run);
        Assert.Equal(
            ("uniform:15", "paper", 0),
            (figures.GetProperty("levels").GetString(), figures.GetProperty("rule").GetString(), figures.GetProperty("otherRules").GetArrayLength()));
        string[][] rows = [.. File.ReadAllLines(Path.Combine(run, "scores.csv"))[1..].Select(line => line.Split(','))];
        Assert.Equal(expected.Select(Text), rows.Select(row => row[3]));
        Assert.Equal(expected.Select(score => score > threshold ? "1" : "0"), rows.Select(row => row[5]));
        Assert.All(rows, row => Assert.Equal((row[3], ""), (row[7], row[9])));

        string[] scored = MmrrProgram.Run("score", run, digit, "--device", "cpu").Ends(0).OutputLines[1].Split(',');
        using (var scorer = Scorer.Load(run, "cpu"))
        {
            Assert.Equal(("uniform:15", ScoreRule.Paper), (scorer.Levels.Name, scorer.Method.Rule));
            var image = ImageFile.Read(digit);
            Assert.Equal(Text(scorer.Score(image.Pixels.Bytes, image.Height, image.Width, image.Channels).Score), scored[1]);
        }
        Assert.Equal((Text(threshold), scored[1]), (scored[3], scored[8]));
        Assert.Contains("by the rule paper at the levels uniform:15", MmrrProgram.Run("threshold", run).Ends(0).Output, StringComparison.Ordinal);
        // Nothing that is done with it changes that.
        _folder.WritePlain("normal/0.png", 8, 8, 60);
        MmrrProgram.Run("threshold", run, "--calibrate", _folder["normal"], "--device", "cpu").Ends(0);
        Assert.Equal(
            ("uniform:15", ScoreRule.Paper, 2),
            (Calibration.Find(run)!.Levels.Name, Calibration.Find(run)!.Rule, Calibration.Find(run)!.Images.Count()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void DeviationWithoutItsStatisticsIsRefusedByAllThatScore(bool damaged)
    {
        string run = runs.Copy(runs.FolderRun, $"without-{damaged}"), path = Path.Combine(run, "normal.safetensors"),
            image = _folder.WritePlain("in/image.png", 8, 8, 1);
        if (damaged) File.WriteAllBytes(path, File.ReadAllBytes(path)[..^4]);
        else File.Delete(path);
        var before = TrainedRuns.Contents(run);
        foreach (string[] command in new string[][]
        {
            ["evaluate", run], ["score", run, image, "--device", "cpu"], ["figures", run, "--images", image, "--out", _folder["out"], "--device", "cpu"],
            ["threshold", run, "--calibrate", _folder["in"], "--device", "cpu"], ["report", run, "--device", "cpu"],
        })
        {
            MmrrProgram.Run(command).Refuses(run, "normal.safetensors");
        }
        Assert.Equal(before, TrainedRuns.Contents(run));
        Assert.False(Directory.Exists(_folder["out"]));
        // What scores nothing does not need them.
        MmrrProgram.Run("threshold", run, "--false-alarm", "0.2").Ends(0);
    }

    [Fact]
    public void ATrainedRunIsGivenAnotherRuleAndOtherLevelsAndItsOwnAgain()
    {
        string run = runs.Copy(runs.FolderRun, "another-rule");
        var before = TrainedRuns.Contents(run);
        string[] heldOut = [.. Calibration.Find(run)!.HeldOut.Select(s => s.Image)];
        MmrrProgram.Run("threshold", run, "--value", "1", "--rule", "paper").Refuses("--value", "--rule");
        string output = MmrrProgram.Run("threshold", run, "--rule", "neighbours", "--levels", "0.05,0.1", "--device", "cpu").Ends(0).Output;
        Assert.Contains("by the rule neighbours at the levels 0.05,0.1,", output, StringComparison.Ordinal);
        var calibration = Calibration.Find(run)!;
        Assert.Equal((ScoreRule.Neighbours, "0.05,0.1"), (calibration.Rule, calibration.Levels.Name));
        Assert.Equal(heldOut, calibration.HeldOut.Select(s => s.Image));
        string line = MmrrProgram.Run("evaluate", run, "--device", "cpu").Ends(0).OutputLines.Single(l => l.Contains(" images (", StringComparison.Ordinal));
        Assert.Contains("levels 0.05,0.1, rule neighbours,", line, StringComparison.Ordinal);

        // The networks and the configuration are what they were, and nothing is lost on the way.
        MmrrProgram.Run("threshold", run, "--rule", "deviation", "--levels", "log:12:0.01:1", "--device", "cpu").Ends(0);
        var after = TrainedRuns.Contents(run);
        Assert.All(before, file => Assert.Equal(file.Value, after[file.Key]));

        // What is missing is made again.
        File.Delete(Path.Combine(run, "normal.safetensors"));
        MmrrProgram.Run("evaluate", run).Refuses("mmrr threshold", "--rule deviation --levels log:12:0.01:1");
        MmrrProgram.Run("threshold", run, "--rule", "deviation", "--device", "cpu").Ends(0);
        after = TrainedRuns.Contents(run);
        Assert.All(before, file => Assert.Equal(file.Value, after[file.Key]));
    }

    [Fact]
    public void AllRulesAreToldByName()
    {
        foreach (var (source, own, levels) in new[] { (runs.FolderRun, "deviation", "log:12:0.01:1"), (runs.MnistRun, "neighbours", "0.02,0.04") })
        {
            string run = runs.Copy(source, $"all-{own}");
            string[] lines = MmrrProgram.Run("evaluate", run, "--device", "cpu").Ends(0).OutputLines;
            Assert.Contains(
                $"levels {levels}, rule {own},",
                lines.Single(line => line.Contains(" images (", StringComparison.Ordinal)),
                StringComparison.Ordinal);
            Assert.Equal(3, lines.Count(line => line.StartsWith("image AUROC", StringComparison.Ordinal)));
            MmrrProgram.Run("report", run, "--device", "cpu", "--sweep-images", "0").Ends(0);
            var page = ReportPage.Parse(Path.Combine(run, "report.html"));
            string[] captions = [.. page.Descendants("caption").Select(c => c.Value)];
            Assert.Contains($"Figures of the test set, levels {levels}, rule {own}", captions);
            double[] shown = [.. page.Descendants("data").Select(d => double.Parse(d.Attribute("value")!.Value, CultureInfo.InvariantCulture))];
            var others = Figures(run).GetProperty("otherRules").EnumerateArray().ToArray();
            Assert.Equal(new[] { "paper", "deviation", "neighbours" }.Where(rule => rule != own), others.Select(o => o.GetProperty("rule").GetString()));
            foreach (var other in others)
            {
                string rule = other.GetProperty("rule").GetString()!;
                Assert.Single(lines, line => line.StartsWith($"rule {rule} ", StringComparison.Ordinal));
                Assert.Contains($"The same by the rule {rule}", captions);
                foreach (string way in new[] { "withRefinement", "withoutRefinement" })
                    Assert.Contains(other.GetProperty(way).GetProperty("imageAuroc").GetProperty("value").GetDouble(), shown);
            }
        }
    }

    private static JsonElement Figures(string run)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "evaluation.json")));
        return document.RootElement.Clone();
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
