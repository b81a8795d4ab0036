using System.Globalization;
using System.Xml.Linq;
using MathNet.Numerics.Statistics;
using Mmrr.App.Reports.Charts;
using Mmrr.Study.Cells;
using Mmrr.Study.Files;
using Mmrr.Study.Results;
using Mmrr.Training.Evaluation;
using Mmrr.Training.Runs;

namespace Mmrr.App.Reports;

/// <summary>The report of a study, one self-contained page: tables, differences, AUROC by level and by minutes, box plots over seeds.</summary>
internal static class StudyReport
{
    private const string Auroc = "image-auroc";

    // CSS classes with colours of their own.
    private static readonly string[] s_series = ["first", "abnormal", "rate", "normal", "second"];

    /// <summary>Writes the page, replacing an existing file atomically.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="results">The figures.</param>
    /// <param name="tables">The tables.</param>
    /// <param name="differences">The differences.</param>
    public static void Save(string path, StudyResults results, IReadOnlyList<StudyTable> tables, IReadOnlyList<Difference> differences)
    {
        var study = results.Study;
        XElement?[] sections =
        [
            .. tables.Select(table => Section(CellFigures.NameOf(table.Figure), Table(results, table))),
            differences.Count == 0 ? null : Section("Differences", Table(study, differences)),
            results.Done == 0 ? null : Section("Figures of the cells", Html.Classed("div", "plots", Boxes(results), Levels(results), Minutes(results))),
            Section("Notes", Html.Element("ul", TableText.Notes(results).Select(note => Html.Element("li", note)))),
        ];
        Html.Save(path, $"{study.Title} – MMRR study", [Html.Element("header", Html.Element("h1", study.Title)), Html.Element("main", sections)]);
    }

    private static XElement Table(StudyResults results, StudyTable table) => Grid(
        results.Study, "Mean ± standard deviation over seeds; the best measured figure of a class is bold.",
        [
            [results.Study.RowKind, .. table.Columns.Select(c => (c.Source == ColumnSource.Quoted ? "quoted: " : "") + c.Head)],
            .. table.Rows.Select(row =>
            {
                var best = table.Best(row);
                return (object?[])
                [
                    results.Study.LabelOf(row.Data, row.Name),
                    .. row.Values.Select((value, i) => best.Contains(i)
                        ? (object?)Html.Element("strong", TableText.Text(value, row))
                        : TableText.Text(value, row)),
                ];
            }),
        ]);

    private static XElement Table(StudyDefinition study, IReadOnlyList<Difference> differences) => Grid(
        study, "Differences in image AUROC with paired 95 % intervals over test images and seeds",
        [
            [study.RowKind, .. differences.Select(d => d.Head)],
            .. Enumerable.Range(0, differences[0].Rows.Count).Select(i =>
                (object?[])[differences[0].Rows[i].Label, .. differences.Select(d => TableText.Text(d.Rows[i].Value))]),
            ["mean of the classes", .. differences.Select(d => TableText.Text(d.Mean))],
        ]);

    private static XElement Grid(StudyDefinition study, string caption, IReadOnlyList<object?[]> grid)
    {
        grid = TableText.Turned(study, grid);
        return Html.Table(caption, grid[0], grid.Skip(1));
    }

    /// <summary>By column the figure of each seed: its mean over the classes that all seeds have.</summary>
    private static XElement? Boxes(StudyResults results)
    {
        var columns = results.Study.Methods
            .SelectMany(m => m.Columns.Select(c => (Method: m, Column: c, Values: BySeed(results, m, c))))
            .Where(c => c.Values.Length > 0).ToArray();
        if (columns.Length == 0) return null;
        double[] all = [.. columns.SelectMany(c => c.Values)];
        var plot = new Plot(
            Axis.Linear("column", 0.4, columns.Length + 0.6, [.. Enumerable.Range(1, columns.Length).Select(i => (double)i)]),
            Axis.Linear("image AUROC", all.Min() - 0.01, all.Max() + 0.01));
        for (int i = 0; i < columns.Length; i++)
        {
            double[] values = columns[i].Values;
            double Quantile(double share) => Statistics.QuantileCustom(values, share, QuantileDefinition.R7);
            if (values.Length > 1) plot.Box(i + 1, 0.4, [.. new[] { 0, 0.25, 0.5, 0.75, 1 }.Select(Quantile)], "first");
            plot.Dots(values.Select(v => (i + 1.0, v)), "first", null);
        }
        string Values(double[] values) => string.Join(", ", values.Select(v => Text($"{v:F4}")));
        string names = string.Join("; ", columns.Select((c, i) => Text($"{i + 1}: {c.Method.HeadOf(c.Column)} ({Values(c.Values)})")));
        return plot.ToFigure($"Box plots over seeds. {names}", Text($"A dot is a seed: its mean over the classes that every seed has. {names}."));
    }

    private static double[] BySeed(StudyResults results, StudyMethod method, string column)
    {
        var study = results.Study;
        double?[][] values = [.. study.Data.SelectMany(d => d.Classes.Select(c => study.Seeds
            .Select(seed => results.Of(results.CellsOf(d, c.Name, method).Single(cell => cell.Seed == seed), column, Auroc)).ToArray()))];
        // Seeds without any figure are not drawn; of the others, only classes that all of them have.
        int[] seeds = [.. Enumerable.Range(0, study.Seeds.Count).Where(s => values.Any(row => row[s] is not null))];
        double?[][] whole = [.. values.Where(row => seeds.All(s => row[s] is not null))];
        return whole.Length == 0 ? [] : [.. seeds.Select(s => whole.Average(row => row[s]!.Value))];
    }

    private static XElement? Levels(StudyResults results)
    {
        var lines = new List<(string Name, (double Level, double Auroc)[] Points)>();
        foreach (var method in results.Study.Methods.Where(m => !m.IsBaselines))
        {
            var points = results.DoneCells.Where(c => ReferenceEquals(c.Method, method)).SelectMany(c => LevelsOf(results.Folder, c))
                .GroupBy(p => p.Level).OrderBy(g => g.Key).Select(g => (g.Key, g.Average(p => p.ImageAuroc))).ToArray();
            if (points.Length > 0) lines.Add((method.Name, points));
        }
        if (lines.Count == 0) return null;
        double[] all = [.. lines.SelectMany(l => l.Points.Select(p => p.Auroc))];
        double highest = lines.Max(l => l.Points.Max(p => p.Level));
        var plot = new Plot(Axis.Linear("mask level", 0, highest), Axis.Linear("image AUROC", all.Min(), all.Max()));
        for (int i = 0; i < lines.Count; i++) plot.Line(lines[i].Points, s_series[i % s_series.Length], lines[i].Name, dots: true);
        return plot.ToFigure(
            "AUROC of the errors of single levels.", "AUROC of the errors with refinement at each level alone, the mean over the finished cells of a method.");
    }

    private static IReadOnlyList<LevelFigures> LevelsOf(StudyFolder folder, Cell cell)
    {
        try
        {
            var run = RunFolder.Open(folder.RunOf(cell));
            return EvaluationResult.Find(run.Path) is { } result ? LevelErrors.Read(run, result.Levels, result.Images) ?? [] : [];
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return [];
        }
    }

    private static XElement? Minutes(StudyResults results)
    {
        var dots = results.Study.Methods.Select(m => (Method: m, Points: results.DoneCells
            .Where(c => ReferenceEquals(c.Method, m) && !m.IsBaselines)
            .Select(c => (X: Trained(results.Folder, c), Y: results.Of(c, m.Columns[^1], Auroc)))
            .Where(p => p is { X: not null, Y: not null }).Select(p => (p.X!.Value, p.Y!.Value)).ToArray())).Where(m => m.Points.Length > 0).ToArray();
        if (dots.Length == 0) return null;
        double[] all = [.. dots.SelectMany(d => d.Points.Select(p => p.Item2))], minutes = [.. dots.SelectMany(d => d.Points.Select(p => p.Item1))];
        var plot = new Plot(Axis.Linear("minutes of training", 0, minutes.Max()), Axis.Linear("image AUROC", all.Min(), all.Max()));
        for (int i = 0; i < dots.Length; i++) plot.Dots(dots[i].Points, s_series[i % s_series.Length], dots[i].Method.Name);
        return plot.ToFigure("AUROC by minutes of training, a dot for each cell.", "A dot is a cell.");
    }

    private static double? Trained(StudyFolder folder, Cell cell)
    {
        try
        {
            return RunSummary.Of(RunFolder.Open(folder.RunOf(cell))).Minutes;
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return null;
        }
    }

    private static XElement Section(string title, params object?[] content) => Html.Element("section", Html.Element("h2", title), content);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
