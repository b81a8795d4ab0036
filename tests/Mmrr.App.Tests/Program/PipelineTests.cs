using System.Globalization;
using System.Text.Json;
using Mmrr.App.Tests.Data;
using Mmrr.Training.Data;
using Mmrr.Training.Metrics;
using Mmrr.Training.Runs;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>train, then evaluate, in each data layout.</summary>
[Collection(ProgramTests.Name)]
public sealed class PipelineTests(TrainedRuns runs)
{
    private const string Header =
        "image,label,defect_type,score,score_without_refinement,anomalous,max_pixel_score,paper_score,paper_score_without_refinement,"
        + "deviation_score,deviation_score_without_refinement,neighbours_score,neighbours_score_without_refinement";

    [Fact]
    public void DigitsAreTrainedAndEvaluated()
    {
        string run = runs.Copy(runs.MnistRun, "evaluated");
        Assert.Equal(
            ["data.json", "history.csv", "normal.safetensors", "refinement.safetensors", "restoration.safetensors", "run.json", "threshold.json"],
            Directory.GetFiles(run).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        string[] history = File.ReadAllLines(Path.Combine(run, "history.csv"));
        Assert.Equal(["1,1,", "1,2,", "2,1,", "2,2,"], history[1..].Select(line => line[..4]));

        MmrrProcess.Run("evaluate", run).Ends(0);
        var figures = Figures(run);
        Assert.Equal(("0.02,0.04", 30), (figures.GetProperty("levels").GetString(), figures.GetProperty("images").GetInt32()));
        Assert.False(figures.TryGetProperty("pixelAuroc", out _));
        Assert.False(figures.TryGetProperty("pixelAurocWithoutRefinement", out _));
        string[] names = CheckScores(run, figures);
        Assert.Equal(Enumerable.Range(0, 30).Select(i => i.ToString(CultureInfo.InvariantCulture)), names);
        Assert.Equal(Enumerable.Range(0, 30).Select(i => i % 3 == 1 ? "0" : "1"), Rows(run).Select(r => r[1]));
        Assert.True(new FileInfo(Path.Combine(run, "examples.png")).Length > 0);

        // A second evaluation replaces the first; with --limit it draws by seed, normal images among them, with the same scores.
        byte[] scores = File.ReadAllBytes(Path.Combine(run, "scores.csv"));
        MmrrProcess.Run("evaluate", run, "--threads", "1").Ends(0);
        Assert.Equal(scores, File.ReadAllBytes(Path.Combine(run, "scores.csv")));
        var all = Rows(run).ToDictionary(r => r[0], r => string.Join(',', r));
        MmrrProcess.Run("evaluate", run, "--limit", "9").Ends(0);
        Assert.Equal(9, Rows(run).Length);
        Assert.Equal(3, Rows(run).Count(r => r[1] == "0"));
        Assert.All(Rows(run), r => Assert.Equal(all[r[0]], string.Join(',', r)));
        MmrrProcess.Run("evaluate", run, "--limit", "9", "--levels", "3").Ends(0);
        Assert.Equal(("uniform:3", 9), (Figures(run).GetProperty("levels").GetString(), Figures(run).GetProperty("images").GetInt32()));
        CheckScores(run, Figures(run));
    }

    [Fact]
    public void PartsWithMasksAreTrainedWithAugmentationAndEvaluated()
    {
        string root = SmallData.Mvtec(runs.Folder);
        string run = runs.Train("mvtec-run", "--data", "mvtec", "--root", root, "--normal", "weave", "--epochs", "1", "--augment", "flip,rotate,brightness");
        Assert.Contains("\"flip,rotate,brightness\"", File.ReadAllText(Path.Combine(run, "run.json")), StringComparison.Ordinal);
        MmrrProcess.Run("evaluate", run, "--levels", "4").Ends(0);
        var figures = Figures(run);
        foreach (string name in new[] { "pixelAuroc", "pixelAurocWithoutRefinement" }) Assert.InRange(figures.GetProperty(name).GetDouble(), 0, 1);
        foreach (string name in new[] { "withRefinement", "withoutRefinement" })
            Assert.InRange(figures.GetProperty(name).GetProperty("aupro").GetDouble(), 0, 1);
        var kinds = figures.GetProperty("kinds").EnumerateArray().ToArray();
        Assert.Equal(["missing", "scratch", "spot"], kinds.Select(k => k.GetProperty("kind").GetString()));
        Assert.All(kinds, k => Assert.Equal(2, k.GetProperty("images").GetInt32()));
        Assert.All(kinds, k => Assert.InRange(k.GetProperty("withoutRefinement").GetProperty("aupro").GetDouble(), 0, 1));
        string[] names = CheckScores(run, figures);
        Assert.Equal(10, names.Length);
        Assert.All(names, name => Assert.True(File.Exists(Path.Combine(root, name))));
        Assert.Contains("weave/test/scratch/000.png", names);

        // Other augmentation, other weights.
        string plain = runs.Train("mvtec-plain", "--data", "mvtec", "--root", root, "--normal", "weave", "--epochs", "1");
        Assert.NotEqual(Weights(run), Weights(plain));
    }

    [Fact]
    public void AFolderIsTrainedAndEvaluated()
    {
        string run = runs.Copy(runs.FolderRun, "folder-evaluated");
        var outcome = MmrrProcess.Run("evaluate", run, "--levels", "2").Ends(0);
        Assert.Contains(
            "the rule deviation is for the levels log:12:0.01:1, these are scores of the rule paper",
            Assert.Single(outcome.ErrorLines),
            StringComparison.Ordinal);
        CheckScores(run, Figures(run));
        Assert.Equal("paper", Figures(run).GetProperty("rule").GetString());
        Assert.Empty(MmrrProcess.Run("evaluate", run).Ends(0).ErrorLines);
        string[] names = CheckScores(run, Figures(run));
        Assert.Equal("deviation", Figures(run).GetProperty("rule").GetString());
        Assert.Equal(5, names.Count(n => n.StartsWith("abnormal/", StringComparison.Ordinal)));
        // Those that the run keeps, and no others.
        Assert.Equal(names.Order(), DataRecord.Find(run)!.Images.Where(i => i.Part == ImagePart.Test).Select(i => i.Name).Order());
        Assert.InRange(names.Length - 5, 1, 8);
        using var refinement = Nn.Checkpoints.SafeTensorsFile.Open(Path.Combine(run, "refinement.safetensors"));
        Assert.Equal([16, 12, 3, 3], refinement.Entries.Single(e => e.Name == "f_ref.stem.weight").Shape);
    }

    [Theory]
    [InlineData("cifar10", "simt", "--mask", "constant", "f_e.stem.weight f_res.stem.weight", 4)]
    [InlineData("mnist", "cpu", "--no-embedding", null, "f_m.stem.weight f_res.stem.weight", 4)]
    [InlineData("mnist", "cpu", "--mask", "bernoulli", "f_e.stem.weight f_res.stem.weight", 4)]
    [InlineData("mnist", "cpu", "--refine-inputs", "xhat,etilde,m", "f_e.stem.weight f_m.stem.weight f_res.stem.weight", 3)]
    public void AblationsAreTrainedAndEvaluated(string data, string device, string option, string? value, string stems, int inputs)
    {
        using var folder = new TemporaryFolder();
        string root = data == "mnist" ? runs.Mnist : SmallData.Cifar(folder), run = folder["run"];
        string[] choice = value is null ? [option] : [option, value];
        // The simulator is slow: the colour images go through it once, in the smallest of the networks.
        string[] size = device == "simt" ? ["--width", "16", "--size", "8", "--resolutions", "1"] : ["--width", "16", "--size", "8"];
        string[] command = ["train", "--data", data, "--root", root, "--normal", "1", "--epochs", "1", "--device", device];
        MmrrProgram.Run([.. command, .. size, .. choice, "--out", run]).Ends(0);
        using (var restoration = Nn.Checkpoints.SafeTensorsFile.Open(Path.Combine(run, "restoration.safetensors")))
            Assert.Equal(stems.Split(' '), restoration.Entries.Select(e => e.Name).Where(n => n.EndsWith("stem.weight", StringComparison.Ordinal)));
        using (var refinement = Nn.Checkpoints.SafeTensorsFile.Open(Path.Combine(run, "refinement.safetensors")))
            Assert.Equal(inputs * (data == "mnist" ? 1 : 3), refinement.Entries[0].Shape[1]);
        MmrrProgram.Run("evaluate", run, "--levels", "2", "--device", "cpu").Ends(0);
        CheckScores(run, Figures(run));
    }

    [Fact]
    public void TheSameCommandWritesTheSameBytesWithAnyNumberOfThreads()
    {
        string[] command = ["--data", "mnist", "--root", runs.Mnist, "--normal", "1", "--epochs", "2"];
        string expected = Weights(runs.MnistRun);
        Assert.Equal(expected, Weights(runs.Train("again", [.. command, "--seed", "5", "--threads", "2"])));
        Assert.Equal(expected, Weights(runs.Train("one-thread", [.. command, "--seed", "5", "--threads", "1"])));
        Assert.NotEqual(expected, Weights(runs.Train("other-seed", [.. command, "--seed", "6", "--threads", "2"])));
    }

    [Fact]
    public void MinutesAreABudgetForBothPhases()
    {
        string run = runs.Train("minutes", "--data", "mnist", "--root", runs.Mnist, "--normal", "1", "--minutes", "0.02");
        string[][] history = [.. File.ReadAllLines(Path.Combine(run, "history.csv"))[1..].Select(line => line.Split(','))];
        Assert.Equal(["1", "2"], history.Select(row => row[0]).Distinct());
        // 1.2 seconds, each row's rounded to a tenth.
        double seconds = history.Sum(row => double.Parse(row[^1], CultureInfo.InvariantCulture));
        Assert.True(seconds >= 1.2 - (0.05 * history.Length), $"{seconds} s were trained");
    }

    [Fact]
    public void ThePaperPresetTrainsAndSplitsAsThePaper()
    {
        string run = runs.Train(
            "paper", "--preset", "paper", "--data", "mnist", "--root", runs.Mnist, "--normal", "1", "--epochs", "1",
            "--patience", "7", "--plateau-threshold", "0.01");
        var options = RunFolder.Open(run).Options;
        Assert.Equal((true, 0.5, 7, 0.01), (options.PaperSplit, options.RestorationShare, options.Patience, options.PlateauThreshold));
        Assert.Equal("Image Embedding Mask Noise", string.Join(' ', options.Model.RefinementInputs));
        Assert.Equal((1e-4, 0.999), (options.LearningRate, options.Beta2));
        // Of twenty images nineteen are not the threshold's, and eighteen are trained on: two steps of eight.
        Assert.Single(Nn.Calibration.Find(run)!.HeldOut);
        Assert.Equal(["1,1,2", "2,1,2"], File.ReadAllLines(Path.Combine(run, "history.csv"))[1..].Select(line => line[..5]));
        var tiny = RunFolder.Open(runs.MnistRun).Options;
        Assert.Equal((false, 0.85, 500, 1e-4), (tiny.PaperSplit, tiny.RestorationShare, tiny.Patience, tiny.PlateauThreshold));
        Assert.Equal(2, Nn.Calibration.Find(runs.MnistRun)!.HeldOut.Count);
    }

    [Theory]
    [InlineData("fmnist", "ankle-boot")]
    [InlineData("cifar10", "ship")]
    public void RealDataIsTrainedAndEvaluated(string data, string normal)
    {
        string root = RealDataTests.Folder(data), run = runs.Folder[$"real-{data}"];
        string[] command = ["train", "--data", data, "--root", root, "--normal", normal, "--minutes", "0.02"];
        MmrrProgram.Run([.. command, .. TrainedRuns.Tiny, "--out", run]).Ends(0);
        MmrrProgram.Run("evaluate", run, "--limit", "40", "--levels", "2").Ends(0);
        Assert.Equal(40, CheckScores(run, Figures(run)).Length);
        Assert.Equal(4, Rows(run).Count(r => r[1] == "0"));
    }

    [Fact]
    public void ThePaperPresetHasThePapersLevelsAndRuleAndAnEarlierRunItsOwn()
    {
        Assert.Equal("uniform:60", ScoreDefaults.Levels("paper", "cifar10", 32).Name);
        Assert.Equal("uniform:15", ScoreDefaults.Levels("paper", "mvtec", 256).Name);
        foreach (string preset in new[] { "tiny", "small" })
        {
            Assert.Equal(
                ("0.02,0.04", "log:12:0.01:1"), (ScoreDefaults.Levels(preset, "mnist", 32).Name, ScoreDefaults.Levels(preset, "folder", 32).Name));
        }
        Assert.All(new[] { "folder", "csv", "mvtec" }, data => Assert.Equal(
            (Nn.ScoreRule.Deviation, Nn.ScoreRule.Paper), (ScoreDefaults.Rule("tiny", data), ScoreDefaults.Rule("paper", data))));
        Assert.All(new[] { "mnist", "fmnist", "cifar10" }, data => Assert.Equal(
            (Nn.ScoreRule.Neighbours, Nn.ScoreRule.Paper), (ScoreDefaults.Rule("tiny", data), ScoreDefaults.Rule("paper", data))));
        var earlier = RunFolder.Open(runs.MnistRun).Options with { Levels = null };
        Assert.Equal("uniform:15", earlier.ScoreLevels.Name);
        var paper = earlier with { Preset = "paper", Model = earlier.Model with { Size = 32 } };
        Assert.Equal("uniform:60", paper.ScoreLevels.Name);
        Assert.Equal("uniform:15", (paper with { Model = paper.Model with { Size = 256 } }).ScoreLevels.Name);
    }

    [Fact]
    public void DevicesAreListed()
    {
        string[] lines = MmrrProcess.Run("devices").Ends(0).OutputLines;
        foreach (string name in new[] { "cpu", "simt", "ptx" }) Assert.Single(lines, line => line.StartsWith(name + " ", StringComparison.Ordinal));
    }

    private static string Weights(string run) =>
        string.Join(' ', TrainedRuns.Contents(run).Where(f => f.Key.EndsWith(".safetensors", StringComparison.Ordinal)).Select(f => $"{f.Key}={f.Value}"));

    private static JsonElement Figures(string run)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "evaluation.json")));
        return document.RootElement.Clone();
    }

    private static string[][] Rows(string run) => [.. File.ReadAllLines(Path.Combine(run, "scores.csv"))[1..].Select(line => line.Split(','))];

    /// <summary>The rows are whole, and evaluation.json's figures follow from them. Returns the images' names.</summary>
    private static string[] CheckScores(string run, JsonElement figures)
    {
        Assert.Equal(Header, File.ReadLines(Path.Combine(run, "scores.csv")).First());
        var rows = Rows(run);
        Assert.All(rows, r => Assert.Equal(13, r.Length));
        Assert.Equal(figures.GetProperty("images").GetInt32(), rows.Length);
        bool[] abnormal = [.. rows.Select(r => r[1] == "1")];
        // The run's rule, and where there are statistics the others: all by name, in columns of their own.
        string own = figures.GetProperty("rule").GetString()!;
        var others = figures.GetProperty("otherRules").EnumerateArray().ToDictionary(o => o.GetProperty("rule").GetString()!);
        string[] rules = ["paper", "deviation", "neighbours"];
        foreach (var (k, rule) in rules.Index())
        {
            var (first, second) = (7 + (2 * k), 8 + (2 * k));
            if (rule == own) Assert.All(rows, r => Assert.Equal((r[3], r[4]), (r[first], r[second])));
            else if (!others.TryGetValue(rule, out var other)) Assert.All(rows, r => Assert.Equal(("", ""), (r[first], r[second])));
            else
            {
                foreach (var (column, name) in new[] { (first, "withRefinement"), (second, "withoutRefinement") })
                {
                    var ranking = Ranking.Of([.. rows.Select(r => double.Parse(r[column], CultureInfo.InvariantCulture))], abnormal);
                    Assert.Equal(RocCurve.Auroc(ranking), other.GetProperty(name).GetProperty("imageAuroc").GetProperty("value").GetDouble());
                }
            }
        }
        foreach (var (column, name) in new[] { (3, "withRefinement"), (4, "withoutRefinement") })
        {
            var ranking = Ranking.Of([.. rows.Select(r => double.Parse(r[column], CultureInfo.InvariantCulture))], abnormal);
            var section = figures.GetProperty(name);
            double Value(string figure) => section.GetProperty(figure).GetProperty("value").GetDouble();
            Assert.Equal(RocCurve.Auroc(ranking), Value("imageAuroc"));
            Assert.Equal(PrecisionRecall.AveragePrecision(ranking), Value("averagePrecision"));
            Assert.Equal(PrecisionRecall.BestF1(ranking).F1, section.GetProperty("bestF1").GetProperty("f1").GetProperty("value").GetDouble());
            Assert.Equal(Value("imageAuroc"), figures.GetProperty(column == 3 ? "imageAuroc" : "imageAurocWithoutRefinement").GetDouble());
        }
        bool[] anomalous = [.. rows.Where(r => r[5].Length > 0).Select(r => r[5] == "1")];
        if (!figures.GetProperty("withRefinement").TryGetProperty("atThreshold", out var at))
        {
            Assert.Empty(anomalous);
        }
        else
        {
            (int, int, int, int) Count(bool called) => (Of(called, true), Of(!called, true), Of(called, false), Of(!called, false));
            int Of(bool called, bool label) => anomalous.Where((a, i) => a == called && abnormal[i] == label).Count();
            int Figure(string name) => at.GetProperty(name).GetInt32();
            Assert.Equal(Count(true), (Figure("found"), Figure("misses"), Figure("falseAlarms"), Figure("passed")));
        }
        CheckLevels(run, figures, rows);
        return [.. rows.Select(r => r[0])];
    }

    /// <summary>levels.csv has the images of scores.csv, and errors that sum to their scores by the paper's rule, in two columns for each level.</summary>
    private static void CheckLevels(string run, JsonElement figures, string[][] scores)
    {
        float[] levels = Nn.LevelSchedule.Parse(figures.GetProperty("levels").GetString()!).Levels.ToArray();
        string[][] rows = [.. File.ReadAllLines(Path.Combine(run, "levels.csv")).Select(line => line.Split(','))];
        string[] names =
            [.. new[] { "error_", "error_without_refinement_" }.SelectMany(name =>
                levels.Select(l => name + l.ToString("R", CultureInfo.InvariantCulture)))];
        Assert.Equal(["image", "label", "defect_type", .. names], rows[0]);
        Assert.Equal(scores.Select(r => string.Join(',', r[..3])), rows[1..].Select(r => string.Join(',', r[..3])));
        foreach (var (row, score) in rows[1..].Zip(scores))
        {
            double[] errors = [.. row[3..].Select(cell => (double)float.Parse(cell, CultureInfo.InvariantCulture))];
            Assert.Equal(2 * levels.Length, errors.Length);
            Assert.Equal(double.Parse(score[7], CultureInfo.InvariantCulture), errors[..levels.Length].Sum());
            Assert.Equal(double.Parse(score[8], CultureInfo.InvariantCulture), errors[levels.Length..].Sum());
        }
    }
}
