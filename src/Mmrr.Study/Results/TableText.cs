using System.Globalization;
using System.Text;
using Mmrr.Study.Files;
using Mmrr.Study.Paper;
using Mmrr.Training.Data;
using Mmrr.Training.Metrics;

namespace Mmrr.Study.Results;

/// <summary>Tables as Markdown and comma-separated values.</summary>
internal static class TableText
{
    /// <summary>A study as Markdown: its tables, differences and notes.</summary>
    public static string Markdown(StudyResults results, IReadOnlyList<StudyTable> tables, IReadOnlyList<Difference> differences)
    {
        var text = new StringBuilder();
        foreach (var table in tables)
        {
            text.Append(CultureInfo.InvariantCulture, $"**{results.Study.Title}: {CellFigures.NameOf(table.Figure)}**\n\n");
            Grid(text, results.Study, [
                [results.Study.RowKind, .. table.Columns.Select(c => (c.Source == ColumnSource.Quoted ? "*quoted* " : "") + Escaped(c.Head))],
                .. table.Rows.Select(row =>
                {
                    var best = table.Best(row);
                    string label = Escaped(results.Study.LabelOf(row.Data, row.Name));
                    var values = row.Values.Select((v, i) => best.Contains(i) ? $"**{Text(v, row)}**" : Text(v, row));
                    return (string[])[row.IsMean ? $"**{label}**" : label, .. values];
                }),
            ]);
        }
        if (differences.Count > 0)
        {
            text.Append("**Differences in image AUROC, with paired 95 % intervals over test images and seeds**\n\n");
            Grid(text, results.Study, [
                [results.Study.RowKind, .. differences.Select(d => Escaped(d.Head))],
                .. Enumerable.Range(0, differences[0].Rows.Count)
                    .Select(i => (string[])[Escaped(differences[0].Rows[i].Label), .. differences.Select(d => Text(d.Rows[i].Value))]),
                ["**mean of the classes**", .. differences.Select(d => Text(d.Mean))],
            ]);
        }
        foreach (string note in Notes(results)) text.Append(CultureInfo.InvariantCulture, $"- {note}\n");
        return text.ToString();
    }

    /// <summary>Sentences under a study's tables: what the figures are, what is missing, and the study's own notes.</summary>
    public static IEnumerable<string> Notes(StudyResults results)
    {
        var study = results.Study;
        string seeds = string.Join(", ", study.Seeds);
        yield return string.Create(
            CultureInfo.InvariantCulture, $"{results.Done} of {results.Cells.Count} cells are done. Mean ± sample standard deviation over the seeds {seeds}; ")
            + ("a mean over classes is of the seeds that have all of them. The best measured figure of a class is bold.");
        if (study.Paper is { } paper && (paper.Quote.Count > 0 || study.Methods.Any(m => m.Paper.Count > 0)))
        {
            yield return "What is marked \"paper\" are the paper's own figures, at its size and length of training. "
                + (paper.Quote.Count > 0 ? "Quoted methods were not run here. " : "")
                + "Where it gives only the mean, that is over all of its classes.";
            foreach (var table in new PaperColumns(paper.Tables).Tables)
            {
                foreach (string note in table.Notes) yield return $"Table {table.Number} of the paper: {note}";
            }
        }
        foreach (string note in study.Notes) yield return note;
    }

    /// <summary>Every figure on a line: those of each cell, and the paper's.</summary>
    public static string Csv(StudyResults results, IReadOnlyList<StudyTable> tables)
    {
        var text = new StringBuilder("figure,data,class,column,source,seed,value,error\n");
        void Line(string figure, string data, string label, string column, string source, string seed, double value, double? error) => text.Append(
            CultureInfo.InvariantCulture,
            $"{figure},{CsvField.Quote(data)},{CsvField.Quote(label)},{CsvField.Quote(column)},{source},{seed},{value:R},{error:R}\n");
        foreach (var table in tables)
        {
            foreach (var cell in results.DoneCells)
            {
                foreach (string column in cell.Method.Columns)
                {
                    if (results.Of(cell, column, table.Figure) is { } value)
                        Line(
                            table.Figure, results.Study.NameOf(cell.Data), cell.Class, cell.Method.HeadOf(column), "measured",
                            cell.Seed.ToString(CultureInfo.InvariantCulture), value, null);
                }
            }
            foreach (var row in table.Rows)
            {
                for (int i = 0; i < table.Columns.Count; i++)
                {
                    if (table.Columns[i].Source != ColumnSource.Measured && row.Values[i] is { } value)
                        Line(
                            table.Figure, results.Study.NameOf(row.Data), row.Name, table.Columns[i].Column,
                            table.Columns[i].Source == ColumnSource.Paper ? "paper" : "quoted",
                            "", value.Mean, value.Deviation);
                }
            }
        }
        return text.ToString();
    }

    /// <summary>A value with four digits, with its deviation where there is one.</summary>
    public static string Text(TableValue? value, TableRow row) => value switch
    {
        null => "–",
        { Deviation: { } deviation } => string.Create(CultureInfo.InvariantCulture, $"{value.Mean:F4} ± {deviation:F4}"),
        { Seeds: 0 } when row.IsMean => string.Create(CultureInfo.InvariantCulture, $"{value.Mean:0.000#}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value.Mean:F4}"),
    };

    /// <summary>A difference with its interval.</summary>
    public static string Text(Estimate? estimate)
    {
        return estimate is null ? "–" : $"{Signed(estimate.Value)} [{Signed(estimate.Low)}, {Signed(estimate.High)}]";

        static string Signed(double value) => value.ToString("+0.000;−0.000;0.000", CultureInfo.InvariantCulture);
    }

    /// <summary>A table with classes as rows, its headings first, or the same with methods as rows where the study asks for that.</summary>
    public static IReadOnlyList<T[]> Turned<T>(StudyDefinition study, IReadOnlyList<T[]> grid) =>
        study.MethodsAsRows ? [.. Enumerable.Range(0, grid[0].Length).Select(i => grid.Select(row => row[i]).ToArray())] : grid;

    private static void Grid(StringBuilder text, StudyDefinition study, IReadOnlyList<string[]> grid)
    {
        grid = Turned(study, grid);
        Row(text, grid[0]);
        Row(text, grid[0].Select(_ => "---"));
        foreach (string[] row in grid.Skip(1)) Row(text, row);
        text.Append('\n');
    }

    private static void Row(StringBuilder text, IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");

    private static string Escaped(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
