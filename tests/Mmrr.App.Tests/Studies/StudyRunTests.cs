using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Program;
using Mmrr.App.Tests.Reports;
using Mmrr.Nn;
using Mmrr.Study.Cells;
using Mmrr.Training.Evaluation;
using Xunit;

namespace Mmrr.App.Tests.Studies;

/// <summary>A study from its file to its tables, whole, in parts, at once and killed.</summary>
[Collection(ProgramTests.Name)]
public sealed class StudyRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public StudyRunTests() => SmallData.Mnist(_folder);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AStudyRunsToItsTables()
    {
        string study = SmallStudy.Write(_folder, SmallStudy.Text());
        var plan = Run(study, "plan").Ends(0);
        Assert.Contains("12 cells, 0 done", plan.Output, StringComparison.Ordinal);
        Assert.Contains("12 waiting", Run(study, "status").Ends(0).Output, StringComparison.Ordinal);
        // A part, one cell, and the rest, three at once.
        Run(study, "run", "--shard", "1/6").Ends(0);
        Assert.Contains("2 done", Run(study, "status").Ends(0).Output, StringComparison.Ordinal);
        Run(study, "run", "--index", "0").Ends(0);
        Assert.Contains("12 of 12 cells are done", Run(study, "run", "--jobs", "3").Ends(0).Output, StringComparison.Ordinal);
        string[] logs = Directory.GetFiles(_folder["out/logs"], "*.txt");
        Assert.Equal(12, logs.Length);
        Assert.All(logs, log => Assert.Single(File.ReadLines(log), line => line.Contains(" --data ", StringComparison.Ordinal)));

        // Again there is nothing to do.
        var before = TrainedRuns.Contents(_folder["out"]);
        Run(study, "run").Ends(0);
        Assert.Equal(before, TrainedRuns.Contents(_folder["out"]));
        Assert.Equal(8, MmrrProgram.Run("runs", _folder["out/cells"]).Ends(0).OutputLines.Count(l => l.Contains("\tevaluated\t", StringComparison.Ordinal)));

        // The table has what the runs have.
        var table = Run(study, "table").Ends(0);
        Assert.Empty(table.ErrorLines);
        Assert.Equal(table.Output, File.ReadAllText(_folder["out/small/table.md"]));
        string[] header = Cells(table.OutputLines.First(l => l.StartsWith("| class", StringComparison.Ordinal)));
        Assert.Equal(
            [
                "class", "learned, without", "MMRR w/o ref. (paper, Table 5)", "learned", "MMRR (paper, Table 5)", "constant", "mean image",
                "*quoted* KDE (paper, Table 5)",
            ],
            header);
        string[] row = Cells(table.OutputLines.First(l => l.StartsWith("| 1 ", StringComparison.Ordinal)));
        double[] found = [Auroc("mnist-1-s0-", "learned"), Auroc("mnist-1-s1-", "learned")];
        double mean = found.Average(), deviation = Math.Sqrt(found.Sum(v => (v - mean) * (v - mean)));
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{mean:F4} ± {deviation:F4}"), row[3].Trim('*'));
        Assert.Equal(("0.9990", "0.9982", "0.9960"), (row[2], row[4], row[7]));
        Assert.Contains(table.OutputLines, l => l.StartsWith("| **mean of 2**", StringComparison.Ordinal));
        Assert.Contains("**Differences in image AUROC", table.Output, StringComparison.Ordinal);
        string[] csv = File.ReadAllLines(_folder["out/small/table.csv"]);
        Assert.Equal("figure,data,class,column,source,seed,value,error", csv[0]);
        // Four columns of ours by two classes and two seeds; the paper's two and one quoted for two classes and their mean.
        Assert.Equal(1 + 16 + 9, csv.Length);
        string one = Assert.Single(csv, l => l.StartsWith("image-auroc,mnist,1,learned,measured,0,", StringComparison.Ordinal));
        Assert.Equal(found[0], SmallStudy.Number(one.Split(',')[6]));
        string tex = File.ReadAllText(_folder["out/small/table.tex"]);
        Assert.Contains("\\begin{tabular}{lccccccc}", tex, StringComparison.Ordinal);
        Assert.Contains(" $\\pm$ ", tex, StringComparison.Ordinal);
        var page = ReportPage.Parse(_folder["out/small/report.html"]);
        Assert.Equal(3, page.Descendants("figure").Count());
        Assert.Equal("Small digits", page.Descendants("h1").Single().Value);

        // The same cells with methods as rows, beside several tables, and by another rule of the same evaluations.
        string text = SmallStudy.Text().Replace("columns: [with]", "columns: [with, 'with:paper']", StringComparison.Ordinal)
            .Replace("table: 5, quote: [KDE]", "table: [7, 5], quote: [KDE, AE]", StringComparison.Ordinal);
        string turned = SmallStudy.Write(_folder, $"{text}\nrows: methods\n", "turned.yaml");
        string[][] rows = [.. Run(turned, "table").Ends(0).OutputLines
            .TakeWhile(l => !l.Contains("Differences", StringComparison.Ordinal)).Where(l => l.StartsWith('|')).Select(Cells)];
        Assert.Equal(["method", "0", "1", "**mean of 2**"], rows[0]);
        Assert.Equal(
            [
                "learned, without", "MMRR w/o ref. (paper, Tables 5 and 7)", "learned", "MMRR (paper, Tables 5 and 7)", "constant", "constant, rule paper",
                "mean image", "*quoted* KDE (paper, Table 5)",
            ],
            rows[2..10].Select(r => r[0]));
        Assert.Equal(
            row[1..].Select(v => v.Trim('*')), rows[2..].Where(r => r[0] != "constant, rule paper").Take(7).Select(r => r[2].Trim('*')));
        double[] byRule = [.. new[] { "mnist-1-s0-", "mnist-1-s1-" }.Select(begin => EvaluationResult.Find(FolderOf(begin, "constant"))!
            .OtherRules.Single(r => r.Rule == ScoreRule.Paper).WithRefinement.ImageAuroc.Value)];
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{byRule.Average():F4} ± "), rows[7][2].Trim('*'), StringComparison.Ordinal);
        Assert.Contains("\\begin{tabular}{lccc}", File.ReadAllText(_folder["out/small/table.tex"]), StringComparison.Ordinal);

        // Where it cannot be written it is printed all the same.
        Directory.Delete(_folder["out/small"], recursive: true);
        _folder.Write("out/small", "in the way"u8);
        var unwritten = Run(study, "table").Ends(2);
        Assert.Equal(table.Output, unwritten.Output);
        Assert.Contains("the tables are printed, but not all of their files are written", Assert.Single(unwritten.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public void KilledInTheMiddleItGoesOnToTheSameTable()
    {
        string study = SmallStudy.Write(_folder, """
            study: killed
            data: [{kind: mnist, root: mnist, classes: [0, 1]}]
            seeds: [3]
            estimate: 0.1
            options: {width: 16, size: 8, resolutions: 2, batch: 8, epochs: 12, save-every: 0.05}
            methods: [{name: MMRR}]
            """);
        Run(study, "run", "--jobs", "2").Ends(0);
        string unbroken = Run(study, "table").Ends(0).Output;
        Directory.Move(_folder["out"], _folder["unbroken"]);

        string state = "training.safetensors";
        using (var process = MmrrProcess.Start(new Dictionary<string, string>(), ["study", study, "run", .. SmallStudy.Places(_folder, "run")]))
        {
            WaitFor(() => Directory.Exists(_folder["out/cells"]) && Directory.GetFiles(_folder["out/cells"], state, SearchOption.AllDirectories).Length > 0);
            Assert.Contains("1 running", Run(study, "status").Ends(0).Output, StringComparison.Ordinal);
            process.Kill();
            process.WaitForExit();
        }
        var status = Run(study, "status").Ends(0);
        Assert.Contains("1 interrupted, 0 running", status.Output, StringComparison.Ordinal);
        Run(study, "run").Ends(0);
        Assert.Contains(
            Directory.GetFiles(_folder["out/logs"], "*.txt"),
            log => File.ReadLines(log).Any(l => l.StartsWith("> mmrr train --resume", StringComparison.Ordinal)));
        Assert.Equal(unbroken, Run(study, "table").Ends(0).Output);
    }

    [Fact]
    public void ProcessesThatRunTheSameStudyShareItsCells()
    {
        string study = SmallStudy.Write(_folder, SmallStudy.Text());
        Outcome[] outcomes = new Outcome[3];
        Parallel.For(0, outcomes.Length, i => outcomes[i] = Run(study, "run"));
        Assert.All(outcomes, outcome => outcome.Ends(0));
        string[] logs = Directory.GetFiles(_folder["out/logs"], "*.txt");
        Assert.Equal(12, logs.Length);
        Assert.All(logs, log => Assert.Single(File.ReadLines(log), line => line.Contains(" --data ", StringComparison.Ordinal)));
        Assert.Contains("12 done", Run(study, "status").Ends(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AClaimIsExclusiveAndOneCellWaitsForIt()
    {
        string path = _folder["claim.lock"];
        using (Claim.Take(path))
        {
            Assert.Null(Claim.Take(path));
            string holder = string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on ");
            Assert.StartsWith(holder, Claim.Holder(path), StringComparison.Ordinal);
        }
        Assert.Null(Claim.Holder(path));
        Claim.Take(path)!.Dispose();

        string study = SmallStudy.Write(_folder, SmallStudy.Text());
        Run(study, "run", "--index", "2").Ends(0);
        string claim = Assert.Single(Directory.GetFiles(_folder["out/claims"], "*.lock"));
        string cell = Path.Combine(_folder["out/cells"], Path.GetFileNameWithoutExtension(claim));
        // A busy machine may begin the run after the claim is released: then longer again.
        bool waited = false;
        for (int held = 300; !waited && held < 100_000; held *= 4)
        {
            Directory.Delete(cell, recursive: true);
            Task<Outcome> waiting;
            using (Claim.Take(claim))
            {
                Assert.Contains("1 cells are left", Run(study, "run", "--shard", "2/12").Ends(0).Output, StringComparison.Ordinal);
                waiting = Task.Run(() => Run(study, "run", "--index", "2"), TestContext.Current.CancellationToken);
                await Task.Delay(held, TestContext.Current.CancellationToken);
                Assert.False(waiting.IsCompleted);
            }
            waited = (await waiting).Ends(0).Output.Contains("waiting for process", StringComparison.Ordinal);
            Assert.True(Directory.Exists(cell));
        }
        Assert.True(waited);
    }

    private static string[] Cells(string line) => [.. line.Trim('|', ' ').Split(" | ").Select(c => c.Trim())];

    /// <summary>The image AUROC of the cell of a method, from its run alone.</summary>
    private double Auroc(string begin, string method)
    {
        using var evaluation = JsonDocument.Parse(File.ReadAllText(Path.Combine(FolderOf(begin, method), "evaluation.json")));
        return evaluation.RootElement.GetProperty("imageAuroc").GetDouble();
    }

    private string FolderOf(string begin, string method) => Directory.GetDirectories(_folder["out/cells"], $"{begin}*").Single(d =>
        File.Exists(Path.Combine(d, "run.json"))
        && File.ReadAllText(Path.Combine(d, "run.json")).Contains("\"Constant\"", StringComparison.Ordinal) == (method == "constant"));

    private Outcome Run(string study, string command, params string[] arguments) => SmallStudy.Run(_folder, study, command, arguments);

    private static void WaitFor(Func<bool> reached)
    {
        var watch = Stopwatch.StartNew();
        while (!reached())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(90), "nothing is trained");
            Thread.Sleep(2);
        }
    }
}
