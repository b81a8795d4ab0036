using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Reports;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary><c>mmrr report</c> and <c>mmrr figures</c> as their users run them.</summary>
[Collection(ProgramTests.Name)]
public sealed class ReportTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AnEvaluatedRunHasAllParts()
    {
        string root = SmallData.Mvtec(_folder);
        string run = runs.Train("reported", "--data", "mvtec", "--root", root, "--normal", "weave", "--epochs", "2");
        MmrrProgram.Run("evaluate", run, "--levels", "5", "--device", "cpu").Ends(0);
        var outcome = MmrrProgram.Run("report", run, "--device", "cpu").Ends(0);
        string path = Path.Combine(run, "report.html");
        Assert.Equal([$"report: {path}"], outcome.OutputLines);
        var page = ReportPage.Parse(path);
        Assert.Equal(
            ["Figures", "Scores", "Worst misses and worst false alarms", "Level by level", "Mask levels", "Training", "Configuration", "Device and time"],
            page.Descendants("h2").Select(h => h.Value));

        // Every figure of evaluation.json is there as it is.
        using var figures = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "evaluation.json")));
        double[] shown = Values(page);
        foreach (string way in new[] { "withRefinement", "withoutRefinement" })
        {
            var of = figures.RootElement.GetProperty(way);
            foreach (string name in new[] { "imageAuroc", "averagePrecision" })
            {
                foreach (string end in new[] { "value", "low", "high" }) Assert.Contains(of.GetProperty(name).GetProperty(end).GetDouble(), shown);
            }
            foreach (string name in new[] { "pixelAuroc", "aupro" }) Assert.Contains(of.GetProperty(name).GetDouble(), shown);
            Assert.Contains(of.GetProperty("bestF1").GetProperty("f1").GetProperty("value").GetDouble(), shown);
        }
        foreach (var kind in figures.RootElement.GetProperty("kinds").EnumerateArray())
            Assert.Contains(kind.GetProperty("withRefinement").GetProperty("imageAuroc").GetProperty("value").GetDouble(), shown);

        // Six misses and four false alarms at most, each with x and its scores, the abnormal ones with their truth; grids of two normal and three abnormal
        // images.
        var cards = page.Descendants("ul").Where(u => (string?)u.Attribute("class") == "cards").ToArray();
        Assert.Equal([6 * 3, 4 * 2], cards.Select(c => c.Descendants("img").Count()));
        var grids = page.Descendants("article").ToArray();
        Assert.Equal(["good", "good", "missing", "scratch", "spot"], grids.Select(g => g.Descendants("span").First().Value));
        Assert.Equal([(3 * 5) + 3, (3 * 5) + 3, (3 * 5) + 4, (3 * 5) + 4, (3 * 5) + 4], grids.Select(g => g.Descendants("img").Count()));
        Assert.Equal(["level", "0.00", "0.25", "0.50", "0.75", "1.00"], grids[0].Descendants("thead").Single().Descendants("th").Select(th => th.Value));
        AssertTheSweepIsWhatEvaluationSays(run, page);

        // The second time nothing is scored for the sweep, and the page is the same.
        byte[] first = File.ReadAllBytes(path);
        MmrrProgram.Run("report", run, "--device", "cpu").Ends(0);
        Assert.Equal(first, File.ReadAllBytes(path));

        // Chosen images, another file, no sweep.
        string other = _folder["new/page.html"];
        MmrrProgram.Run(
            "report", run, "--device", "cpu", "--out", other, "--sweep-images", "0", "--images", "weave/test/spot/001.png", "weave/test/good/002.png")
            .Ends(0);
        page = ReportPage.Parse(other);
        Assert.Equal(
            ["weave/test/spot/001.png", "weave/test/good/002.png"],
            page.Descendants("article").Select(a => a.Descendants("h3").Single().Elements("span").Last().Value));
        Assert.Equal(
            [1, 2],
            new[] { page, ReportPage.Parse(path) }
                .Select(p => Section(p, "Mask levels").Descendants("svg").Count(s => (string?)s.Attribute("class") == "plot")));
        MmrrProgram.Run("report", run, "--device", "cpu", "--out", other, "--images", "spot/001.png").Refuses("--images", "spot/001.png", "weave/test/");

        // The data is gone: the figures, plots and sweep stay, the pictures do not.
        string moved = root + "-moved";
        Directory.Move(root, moved);
        outcome = MmrrProgram.Run("report", run, "--device", "cpu").Ends(0);
        Assert.Contains(root, Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
        page = ReportPage.Parse(path);
        Assert.Contains("Pictures are left out", Missing(page), StringComparison.Ordinal);
        Assert.Empty(page.Descendants("img"));
        Assert.Equal(["Figures", "Scores", "Mask levels", "Training", "Configuration", "Device and time"], page.Descendants("h2").Select(h => h.Value));
        MmrrProgram.Run("report", run, "--device", "cpu", "--images", "weave/test/spot/001.png").Refuses("--images", root);
    }

    [Fact]
    public void ARunWithoutEvaluationSaysWhatGivesTheRest()
    {
        string run = runs.Copy(runs.MnistRun, "not-evaluated");
        var outcome = MmrrProgram.Run("report", run, "--device", "cpu").Ends(0);
        Assert.Contains("mmrr evaluate", Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
        var page = ReportPage.Parse(Path.Combine(run, "report.html"));
        Assert.Contains($"mmrr evaluate {run}", Missing(page), StringComparison.Ordinal);
        // What calibrated it is shown: the two normal images that were not trained on, level by level.
        Assert.Contains("Scores", page.Descendants("h2").Select(h => h.Value));
        Assert.Equal(2, page.Descendants("article").Count());

        // A training that has only begun.
        foreach (string file in new[] { "threshold.json", "refinement.safetensors", "restoration.safetensors", "history.csv" })
            File.Delete(Path.Combine(run, file));
        MmrrProgram.Run("report", run).Ends(0);
        page = ReportPage.Parse(Path.Combine(run, "report.html"));
        Assert.Equal(["Training", "Configuration", "Device and time"], page.Descendants("h2").Select(h => h.Value));
        Assert.Empty(page.Descendants("img"));
    }

    [Fact]
    public void NamesOfAnyKindAreShown()
    {
        string run = Evaluated("names"), scores = Path.Combine(run, "scores.csv"), json = Path.Combine(run, "evaluation.json");
        const string Name = "<b>&\"'</td>";
        string[] lines = File.ReadAllLines(scores);
        string kind = lines[1].Split(',')[2];
        for (int i = 1; i < lines.Length; i++)
        {
            string[] fields = lines[i].Split(',');
            if (fields[2] == kind) fields[2] = $"\"{Name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
            lines[i] = string.Join(',', fields);
        }

        File.WriteAllLines(scores, lines);
        File.WriteAllText(
            json,
            File.ReadAllText(json).Replace($"\"kind\": \"{kind}\"", $"\"kind\": {JsonSerializer.Serialize(Name)}", StringComparison.Ordinal));
        MmrrProgram.Run("report", run, "--device", "cpu", "--sweep-images", "0").Ends(0);
        var page = ReportPage.Parse(Path.Combine(run, "report.html"));
        Assert.Contains(Name, page.Descendants("span").Select(s => s.Value));
        Assert.Contains(Name, page.Descendants("th").Select(s => s.Value));
        Assert.Empty(page.Descendants("b"));
    }

    [Theory]
    [InlineData("scores.csv", "image,label")]
    [InlineData("scores.csv", "image,label,defect_type,score,score_without_refinement\na,0,good,x,1\n")]
    [InlineData("scores.csv", "image,label,defect_type,score,score_without_refinement\na,0,good,NaN,1\n")]
    [InlineData("scores.csv", "image,label,defect_type,score,score_without_refinement\n\"a,0,good,1,1\n")]
    [InlineData("evaluation.json", "{}")]
    [InlineData("evaluation.json", "{ \"images\": 2")]
    [InlineData("levels.csv", "image,label,defect_type,error_0,error_1,error_without_refinement_0,error_without_refinement_1\na,0,good,1,1,1,1\n")]
    [InlineData("history.csv", "phase,epoch\n1\n")]
    [InlineData("threshold.json", "null")]
    [InlineData("run.json", "[]")]
    [InlineData("restoration.safetensors", "short")]
    public void DamagedFilesAreNamed(string file, string content)
    {
        string run = Evaluated($"damaged-{Path.GetFileName(_folder.Path)}");
        File.WriteAllText(Path.Combine(run, "report.html"), "the old one");
        File.WriteAllText(Path.Combine(run, file), content);
        MmrrProgram.Run("report", run, "--device", "cpu").Refuses(Path.Combine(run, file));
        Assert.Equal("the old one", File.ReadAllText(Path.Combine(run, "report.html")));
    }

    // Without a process each: what is damaged is found where the files are read.
    [Theory]
    [InlineData("evaluation.json", "\"levels\": \"uniform:2\",", "\"levels\": 0,")]
    [InlineData("evaluation.json", "\"levels\": \"uniform:2\",", "\"levels\": \"log:12:1:2\",")]
    [InlineData("evaluation.json", "\"seconds\": ", "\"seconds\": -")]
    [InlineData("evaluation.json", "\"images\": 30,", "\"images\": 29,")]
    [InlineData("evaluation.json", "{", "[")]
    [InlineData("scores.csv", ",0,", ",?,")]
    [InlineData("levels.csv", "error_0", "fault_0")]
    [InlineData("levels.csv", ",0,", ",?,")]
    [InlineData("levels.csv", "error_1", "error_x")]
    [InlineData("history.csv", "1,1,", "1,1,1,nan,")]
    [InlineData("history.csv", "1,1,", "1,1,1,1e400,")]
    [InlineData("history.csv", "1,1,", "one,1,")]
    public void DamagedFiguresAreNamed(string file, string old, string by)
    {
        string source = Path.Combine(runs.Folder.Path, "evaluated-for-damage");
        if (!Directory.Exists(source)) Evaluated("evaluated-for-damage");
        string run = runs.Copy(source, $"damaged-{Path.GetFileName(_folder.Path)}"), path = Path.Combine(run, file), text = File.ReadAllText(path);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(old, by, StringComparison.Ordinal));
        BadInput.Throws<InvalidDataException>(() => App.Reports.ReportData.Read(RunFolder.Open(run)), file);
    }

    [Fact]
    public void WrongArgumentsAreRefused()
    {
        MmrrProgram.Run("report", _folder["none"]).Refuses(_folder["none"]);
        MmrrProgram.Run("report", runs.MnistRun, "--out", _folder.Path).Refuses("--out", _folder.Path);
        MmrrProgram.Run("report", runs.MnistRun, "--out", _folder["x.html"], "--sweep-images", "-1").Refuses("--sweep-images");
        MmrrProgram.Run("report", runs.MnistRun, "--out", _folder["x.html"], "--device", "tpu").Refuses("tpu");
        MmrrProgram.Run("figures", runs.MnistRun).Refuses("--images");
        string file = _folder.Write("file", "text"u8), image = _folder.WritePlain("a.png", 4, 4, 9);
        MmrrProgram.Run("figures", runs.MnistRun, "--images", image, "--out", file).Refuses("--out", file);
        MmrrProgram.Run("figures", _folder.Path, "--images", image).Refuses(_folder.Path);
        MmrrProgram.Run("figures", runs.MnistRun, "--images", image, "--levels", "1").Refuses("--levels");
        Assert.Equal(["a.png", "file"], TrainedRuns.Contents(_folder.Path).Keys);
    }

    [Fact]
    public void FiguresOfAnyImages()
    {
        _folder.WritePlain("photos/a.png", 9, 14, 200);
        _folder.WritePlain("photos/more/b.png", 20, 11, 10, 90, 200);
        string loose = _folder.WritePlain("a.png", 5, 5, 30), broken = _folder.Write("photos/broken.png", "no image"u8), target = _folder["out"];
        var outcome = MmrrProgram.Run(
            "figures", runs.MnistRun, "--device", "cpu", "--images", _folder["photos"], loose, "--levels", "3", "--out", target).Ends(2);
        Assert.Contains(broken, Assert.Single(outcome.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(3, outcome.OutputLines.Length);
        Assert.Equal(
            outcome.OutputLines.Order(StringComparer.Ordinal),
            Directory.GetFiles(target, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
        var sheet = ImageFile.Decode(File.ReadAllBytes(outcome.OutputLines[0]));
        // Three levels of 8×8, eight times enlarged, beside one another.
        Assert.InRange(sheet.Width, 3 * 64, 500);
        Assert.InRange(sheet.Height, 5 * 64, 700);
    }

    private static double[] Values(XElement page) =>
        [.. page.Descendants("data").Select(d => double.Parse(d.Attribute("value")!.Value, CultureInfo.InvariantCulture))];

    private static string Missing(XElement page) =>
        string.Join(' ', page.Descendants("p").Where(p => (string?)p.Attribute("class") == "missing").Select(p => p.Value));

    private static XElement Section(XElement page, string title) => page.Descendants("section").Single(s => s.Element("h2")!.Value == title);

    private static void AssertTheSweepIsWhatEvaluationSays(string run, XElement page)
    {
        using var sweep = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "levels.json")));
        var points = sweep.RootElement.GetProperty("points").EnumerateArray().ToArray();
        Assert.Equal([2, 3, 5, 8, 15, 30, 60], points.Select(p => p.GetProperty("levels").GetInt32()));
        using var figures = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "evaluation.json")));
        var five = points.Single(p => p.GetProperty("levels").GetInt32() == 5);
        foreach (string name in new[] { "imageAuroc", "imageAurocWithoutRefinement" })
        {
            Assert.Equal(figures.RootElement.GetProperty(name).GetDouble(), five.GetProperty(name).GetDouble());
            Assert.All(points, p => Assert.Contains(p.GetProperty(name).GetDouble(), Values(page)));
        }
    }

    private string Evaluated(string name)
    {
        string run = runs.Copy(runs.MnistRun, name);
        MmrrProgram.Run("evaluate", run, "--levels", "2", "--device", "cpu").Ends(0);
        return run;
    }
}
