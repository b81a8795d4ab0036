using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Program;
using Mmrr.App.Tests.Reports;
using Xunit;

namespace Mmrr.App.Tests.Studies;

/// <summary>Plans and tables of studies of which nothing is done yet.</summary>
[Collection(OutsideTests.Name)]
public sealed class StudyTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void DataSetsOfOneLayoutAreToldApart()
    {
        string study = Write("[{kind: folder, root: parts/left/, abnormal: bad/}, {kind: folder, root: parts/right}, {kind: mnist, root: a, classes: [0, 1]}]");
        var table = SmallStudy.Run(_folder, study, "table").Ends(0);
        foreach (string row in new[] { "folder parts/left", "folder parts/right", "mnist 0", "mnist 1", "**mnist mean of 2**" })
            Assert.Contains($"| {row} | – |", table.Output, StringComparison.Ordinal);
        Assert.Contains("{folder parts/left} & –", File.ReadAllText(_folder["out/small/table.tex"]), StringComparison.Ordinal);
        Assert.Contains(ReportPage.Parse(_folder["out/small/report.html"]).Descendants(), e => e.Value == "folder parts/right");
        var plan = SmallStudy.Run(_folder, study, "plan").Ends(0);
        Assert.Contains(plan.OutputLines, l => l.Contains("parts/left", StringComparison.Ordinal));

        // A single one is named by its folder alone; of two roots of a layout the means are named too.
        Assert.Contains("| parts | – |", Table("[{kind: folder, root: parts}]"), StringComparison.Ordinal);
        string twice = Table("[{kind: mnist, root: a, classes: [0, 1]}, {kind: mnist, root: b, classes: [0]}]");
        foreach (string row in new[] { "mnist a 0", "mnist a 1", "**mnist a mean of 2**", "mnist b 0" })
            Assert.Contains($"| {row} | – |", twice, StringComparison.Ordinal);
        string alike = Write("[{kind: folder, root: parts}, {kind: folder, root: parts/}]");
        SmallStudy.Run(_folder, alike, "plan").Refuses("two cells are alike (folder parts, plain");
    }

    [Fact]
    public void LatexTakesWhatNamesHave()
    {
        string study = SmallStudy.Write(_folder, """
            study: small
            title: "50 % & 3_000 ~ {γ-VAE}"
            data: [{kind: mvtec, root: a, classes: ["[x]", "*"]}]
            seeds: [0]
            estimate: 1
            methods: [{name: "a < b ± 1"}]
            """);
        SmallStudy.Run(_folder, study, "table").Ends(0);
        string tex = File.ReadAllText(_folder["out/small/table.tex"]);
        Assert.Contains("\\caption{50 \\% \\& 3\\_000 \\textasciitilde{} \\{$\\gamma$-VAE\\}: image AUROC.}", tex, StringComparison.Ordinal);
        Assert.Contains("{class} & a $<$ b $\\pm$ 1, without & a $<$ b $\\pm$ 1 ", tex, StringComparison.Ordinal);
        // After the end of a row, [ and * would belong to it.
        Assert.Contains("\n{[x]} & ", tex, StringComparison.Ordinal);
        Assert.Contains("\n{*} & ", tex, StringComparison.Ordinal);
    }

    [Fact]
    public void TextsAreOnOneLine()
    {
        string study = SmallStudy.Write(_folder, """
            study: small
            title: |
              Two
              lines
            notes: ["one\ntwo"]
            data: [{kind: mnist, root: a, classes: [0]}]
            seeds: [0]
            estimate: 1
            methods: [{name: "a\nb"}]
            """);
        string table = SmallStudy.Run(_folder, study, "table").Ends(0).Output;
        Assert.Contains("**Two lines: image AUROC**", table, StringComparison.Ordinal);
        Assert.Contains("\n- one two\n", table, StringComparison.Ordinal);
        Assert.Contains("| class | a b, without | a b |", table, StringComparison.Ordinal);
    }

    [Fact]
    public void TheEstimateIsOfTheOptionsThatApply()
    {
        string study = SmallStudy.Write(_folder, """
            study: small
            data: [{kind: mnist, root: a, classes: [0]}]
            seeds: [0]
            estimate: 1
            options: {minutes: 600}
            paper: {table: 5.0}
            methods:
              - {name: long}
              - {name: short, options: {minutes: null, epochs: 1}}
              - {name: simple, command: baselines, columns: [mean image]}
            """);
        // 660, and a minute for each of those without a budget in minutes.
        var plan = SmallStudy.Run(_folder, study, "plan").Ends(0);
        Assert.Contains("take about 11 hours", plan.Output, StringComparison.Ordinal);
        Assert.Equal(2, plan.OutputLines.Count(l => l.Contains(" waiting       1 ", StringComparison.Ordinal)));
    }

    private string Write(string data) => SmallStudy.Write(_folder, $$"""
        study: small
        data: {{data}}
        seeds: [0]
        estimate: 1
        methods: [{name: plain, columns: [with]}]
        """);

    private string Table(string data) => SmallStudy.Run(_folder, Write(data), "table").Ends(0).Output;
}
