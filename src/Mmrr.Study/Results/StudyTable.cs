using MathNet.Numerics.Statistics;
using Mmrr.Study.Cells;
using Mmrr.Study.Files;
using Mmrr.Study.Paper;
using Mmrr.Training.Data;

namespace Mmrr.Study.Results;

/// <summary>Where the figures of a column come from.</summary>
internal enum ColumnSource
{
    /// <summary>From the cells of the study.</summary>
    Measured,

    /// <summary>From the paper, of a method that the study runs.</summary>
    Paper,

    /// <summary>From the paper, of a method that the study does not run.</summary>
    Quoted,
}

/// <summary>A column of a table.</summary>
/// <param name="Head">Its heading.</param>
/// <param name="Source">Where its figures come from.</param>
/// <param name="Method">The method of a measured column.</param>
/// <param name="Column">The method's column, or the paper's.</param>
internal sealed record TableColumn(string Head, ColumnSource Source, StudyMethod? Method, string Column);

/// <summary>A value of a table.</summary>
/// <param name="Mean">The mean over seeds, or the paper's figure.</param>
/// <param name="Deviation">The sample standard deviation over seeds, or the paper's error bar; null for one seed or none.</param>
/// <param name="Seeds">The number of seeds; 0 for the paper.</param>
internal sealed record TableValue(double Mean, double? Deviation, int Seeds);

/// <summary>A row of a table.</summary>
/// <param name="Data">The data set.</param>
/// <param name="Name">The class, or what the mean is over; empty where the data set has no classes.</param>
/// <param name="IsMean">Whether it is the mean over the classes of a data set.</param>
/// <param name="Values">One for each column; null where there is none.</param>
internal sealed record TableRow(StudyData Data, string Name, bool IsMean, IReadOnlyList<TableValue?> Values);

/// <summary>A table: classes as rows, methods as columns, the paper's figures beside ours.</summary>
/// <param name="Figure">The figure.</param>
/// <param name="Columns">Its columns.</param>
/// <param name="Rows">Its rows.</param>
internal sealed record StudyTable(string Figure, IReadOnlyList<TableColumn> Columns, IReadOnlyList<TableRow> Rows)
{
    /// <summary>Builds the table of a figure.</summary>
    public static StudyTable Of(StudyResults results, string figure)
    {
        var study = results.Study;
        var paper = study.Paper is { } reference ? new PaperColumns(reference.Tables) : null;
        // Simple methods have no figures of pixels.
        TableColumn[] columns =
        [
            .. study.Methods.Where(m => figure == "image-auroc" || !m.IsBaselines).SelectMany(m => m.Columns.SelectMany(c => ColumnsOf(m, c, figure, paper))),
            .. study.Paper?.Quote.Select(name => Column(ColumnSource.Quoted, null, name, figure, paper!)) ?? [],
        ];
        // What the paper has of other figures alone.
        columns = [.. columns.Where(c => c.Source == ColumnSource.Measured || paper!.Tables.Any(t => t.Has(figure, c.Column)))];
        var rows = new List<TableRow>();
        // Sets of classes have no masks.
        foreach (var data in study.Data.Where(d => figure is "image-auroc" or "average-precision" || ClassNames.Of(d.Kind) is null))
        {
            foreach (var (name, _) in data.Classes)
                rows.Add(new TableRow(data, name, false, [.. columns.Select(c => Value(results, paper, figure, data, name, c))]));
            if (data.Classes.Count > 1)
                rows.Add(new TableRow(data, $"mean of {data.Classes.Count}", true, [.. columns.Select(c => Mean(results, paper, figure, data, c))]));
        }
        return new StudyTable(figure, columns, rows);
    }

    /// <summary>The measured columns that have the highest mean of a row; none where only one is measured.</summary>
    public IReadOnlyList<int> Best(TableRow row)
    {
        int[] measured = [.. Enumerable.Range(0, Columns.Count).Where(i => Columns[i].Source == ColumnSource.Measured && row.Values[i] is not null)];
        if (measured.Length < 2) return [];
        // As they are printed: what looks equal is equally good.
        double best = measured.Max(i => Math.Round(row.Values[i]!.Mean, 4));
        return [.. measured.Where(i => Math.Round(row.Values[i]!.Mean, 4) == best)];
    }

    private static IEnumerable<TableColumn> ColumnsOf(StudyMethod method, string column, string figure, PaperColumns? paper)
    {
        yield return new TableColumn(method.HeadOf(column), ColumnSource.Measured, method, column);
        if (method.Paper.TryGetValue(column, out string? theirs)) yield return Column(ColumnSource.Paper, method, theirs, figure, paper!);
    }

    private static TableColumn Column(ColumnSource source, StudyMethod? method, string name, string figure, PaperColumns paper) =>
        new($"{name} ({paper.Mark(figure, name)})", source, method, name);

    private static TableValue? Value(StudyResults results, PaperColumns? paper, string figure, StudyData data, string name, TableColumn column) =>
        column.Source != ColumnSource.Measured
            ? paper!.Of(figure, data.Kind, column.Column, name) is { } found ? new TableValue(found.Value, found.Error, 0) : null
            : OverSeeds([.. results.CellsOf(data, name, column.Method!).Select(c => results.Of(c, column.Column, figure)).OfType<double>()]);

    private static TableValue? Mean(StudyResults results, PaperColumns? paper, string figure, StudyData data, TableColumn column)
    {
        if (column.Source == ColumnSource.Measured)
        {
            // Only of seeds that have all classes: the mean of other classes is another figure.
            var bySeed = results.Study.Seeds.Select(seed => data.Classes
                .Select(c => results.CellsOf(data, c.Name, column.Method!).Single(cell => cell.Seed == seed))
                .Select(cell => results.Of(cell, column.Column, figure)).ToArray());
            return OverSeeds([.. bySeed.Where(values => values.All(v => v is not null)).Select(values => values.Average()!.Value)]);
        }
        if (paper!.MeanOf(figure, data.Kind, column.Column) is { } given) return new TableValue(given.Value, null, 0);
        var rows = data.Classes.Select(c => paper.Of(figure, data.Kind, column.Column, c.Name)).ToArray();
        return rows.All(r => r is not null) ? new TableValue(rows.Average(r => r!.Value), null, 0) : null;
    }

    private static TableValue? OverSeeds(double[] values) =>
        values.Length == 0 ? null : new TableValue(values.Average(), values.Length > 1 ? values.StandardDeviation() : null, values.Length);
}
