namespace Mmrr.Study.Files;

/// <summary>An option of a command.</summary>
/// <param name="Name">Without its hyphens.</param>
/// <param name="Value">Its value; null for a switch.</param>
/// <param name="Place">The line of the file that it comes from, as <c>FILE:LINE</c>.</param>
internal sealed record CellOption(string Name, string? Value, string Place);

/// <summary>A data set of a study.</summary>
/// <param name="Kind">Its layout, as <c>mmrr train --data</c> takes it.</param>
/// <param name="Root">Its folder, as written in the file.</param>
/// <param name="Abnormal">The folder of abnormal images of <c>folder</c>, as written; null where there is none.</param>
/// <param name="Classes">The normal classes, one for each row of a table, with their places in the file; one empty name where there are none.</param>
/// <param name="Options">Options of training on this data, those of the whole study among them; a null removes one.</param>
internal sealed record StudyData(
    string Kind, string Root, string? Abnormal, IReadOnlyList<(string Name, string Place)> Classes, IReadOnlyDictionary<string, CellOption?> Options);

/// <summary>A method of a study.</summary>
/// <param name="Name">Its name in tables.</param>
/// <param name="Command"><c>train</c> or <c>baselines</c>.</param>
/// <param name="Options">Options of the command, put over those of the data; a null removes one of these.</param>
/// <param name="Evaluate">Options of <c>mmrr evaluate</c>; a null removes one of the study.</param>
/// <param name="Columns">Its columns: <c>with</c> and <c>without</c>, also by another rule (<c>with:paper</c>), or names of simple methods.</param>
/// <param name="Paper">The paper's columns by these columns.</param>
/// <param name="Minutes">Stated minutes of a cell.</param>
/// <param name="Place">Its line in the file, as <c>FILE:LINE</c>.</param>
internal sealed record StudyMethod(
    string Name, string Command, IReadOnlyDictionary<string, CellOption?> Options, IReadOnlyDictionary<string, CellOption?> Evaluate,
    IReadOnlyList<string> Columns, IReadOnlyDictionary<string, string> Paper, double Minutes, string Place)
{
    /// <summary>The column with refinement.</summary>
    public const string With = "with";

    /// <summary>The column without refinement.</summary>
    public const string Without = "without";

    /// <summary>Whether its cells are the simple methods.</summary>
    public bool IsBaselines => Command == "baselines";

    /// <summary>Its columns by the run's own rule.</summary>
    public IReadOnlyList<string> OwnColumns => [.. Columns.Where(c => c is With or Without)];

    /// <summary>Options of the command on a data set.</summary>
    public IReadOnlyDictionary<string, CellOption?> TrainOptions(StudyData data) => IsBaselines ? Options : StudyFile.Merged(data.Options, Options);

    /// <summary>A column <c>with</c> or <c>without</c>, and the rule that is named after it; null for the run's own.</summary>
    public static (string Column, string? Rule) Parts(string column) => column.Split(':', 2) is [var name, var rule] ? (name, rule) : (column, null);

    /// <summary>The heading of a column.</summary>
    public string HeadOf(string column)
    {
        if (IsBaselines) return column;
        var (kind, rule) = Parts(column);
        return $"{Name}{(rule is null ? "" : $", rule {rule}")}{(kind == Without ? ", without" : "")}";
    }
}

/// <summary>Tables of the paper beside a study's.</summary>
/// <param name="Tables">Their numbers.</param>
/// <param name="Quote">Their columns that are quoted.</param>
internal sealed record PaperReference(IReadOnlyList<int> Tables, IReadOnlyList<string> Quote);

/// <summary>A study, as its file says.</summary>
/// <param name="Path">The file.</param>
/// <param name="Name">Its name.</param>
/// <param name="Title">The title of its tables.</param>
/// <param name="Notes">Sentences under its tables.</param>
/// <param name="Data">Data sets.</param>
/// <param name="Seeds">Seeds.</param>
/// <param name="Methods">Methods.</param>
/// <param name="Figures">Figures that have a table.</param>
/// <param name="Paper">The paper's tables; null where there is none.</param>
/// <param name="Report">Options of the report of each cell; null for no reports.</param>
/// <param name="MethodsAsRows">Whether methods have a row each in the tables, and classes a column.</param>
internal sealed record StudyDefinition(
    string Path, string Name, string Title, IReadOnlyList<string> Notes, IReadOnlyList<StudyData> Data, IReadOnlyList<long> Seeds,
    IReadOnlyList<StudyMethod> Methods, IReadOnlyList<string> Figures, PaperReference? Paper,
    IReadOnlyDictionary<string, CellOption?>? Report, bool MethodsAsRows)
{
    /// <summary>What has a row each in the tables.</summary>
    public string RowKind => MethodsAsRows ? "method" : "class";

    /// <summary>The name of a data set: its layout, and its folder where another one has the same layout.</summary>
    public string NameOf(StudyData data) => Data.Count(d => d.Kind == data.Kind) > 1 ? $"{data.Kind} {data.Root}" : data.Kind;

    /// <summary>The label of a row of a table.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="name">The class, or what a mean is over; empty where the data set has no classes.</param>
    public string LabelOf(StudyData data, string name) =>
        Data.Count == 1 ? (name.Length > 0 ? name : data.Root)
        : name.Length > 0 ? $"{NameOf(data)} {name}"
        : $"{data.Kind} {data.Root}";
}
