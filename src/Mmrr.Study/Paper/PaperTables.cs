using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mmrr.Study.Paper;

/// <summary>A figure of the paper.</summary>
/// <param name="Value">As printed.</param>
/// <param name="Error">Its error bar; null where the paper gives none.</param>
internal sealed record PaperFigure(double Value, double? Error);

/// <summary>The columns of a table of the paper.</summary>
/// <param name="Figure">Which figure: <c>image-auroc</c> or <c>pixel-auroc</c>.</param>
/// <param name="Kind">The data set's layout.</param>
/// <param name="Classes">The classes of the values; empty where the table has only their mean.</param>
/// <param name="Values">Values by the names of columns.</param>
/// <param name="Errors">Error bars by the names of columns.</param>
internal sealed record PaperBlock(
    string Figure, string Kind, IReadOnlyList<string> Classes, IReadOnlyDictionary<string, IReadOnlyList<double>> Values,
    IReadOnlyDictionary<string, IReadOnlyList<double>> Errors);

/// <summary>A table of the paper.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Caption">What it is of.</param>
/// <param name="Notes">What in it contradicts the text or was read from another table.</param>
/// <param name="Blocks">Its figures.</param>
internal sealed record PaperTable(int Number, string Caption, IReadOnlyList<string> Notes, IReadOnlyList<PaperBlock> Blocks)
{
    /// <summary>The names of its columns.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Columns => [.. Blocks.SelectMany(b => b.Values.Keys).Distinct()];

    /// <summary>Whether it has figures of this kind in a column.</summary>
    public bool Has(string figure, string column) => Blocks.Any(b => b.Figure == figure && b.Values.ContainsKey(column));

    /// <summary>A figure of one class; null where the table has none.</summary>
    public PaperFigure? Of(string figure, string kind, string column, string name)
    {
        foreach (var block in Blocks.Where(b => b.Figure == figure && b.Kind == kind && b.Values.ContainsKey(column)))
        {
            for (int i = 0; i < block.Classes.Count; i++)
            {
                if (block.Classes[i] == name) return new(block.Values[column][i], block.Errors.GetValueOrDefault(column)?[i]);
            }
        }
        return null;
    }

    /// <summary>The mean over all of the paper's classes, where the table gives it alone; else null.</summary>
    public PaperFigure? MeanOf(string figure, string kind, string column) =>
        Blocks.FirstOrDefault(b => b.Figure == figure && b.Kind == kind && b.Classes.Count == 0 && b.Values.ContainsKey(column)) is { } block
            ? new(block.Values[column][0], null)
            : null;
}

/// <summary>The figures of the paper's Tables 1 to 10, kept in <c>paper-tables.json</c>.</summary>
internal static class PaperTables
{
    private static readonly Lazy<IReadOnlyList<PaperTable>> s_all = new(Read);

    /// <summary>All tables.</summary>
    public static IReadOnlyList<PaperTable> All => s_all.Value;

    /// <summary>A table by its number.</summary>
    /// <param name="number">1 to 10.</param>
    public static PaperTable Table(int number) => All.First(t => t.Number == number);

    private static IReadOnlyList<PaperTable> Read()
    {
        using var stream = typeof(PaperTables).Assembly.GetManifestResourceStream("paper-tables.json")!;
        return JsonSerializer.Deserialize(stream, PaperJson.Default.IReadOnlyListPaperTable)!;
    }
}

/// <summary>The columns of some of the paper's tables together: a figure is that of the first table that has it.</summary>
/// <param name="numbers">The tables' numbers.</param>
internal sealed class PaperColumns(IReadOnlyList<int> numbers)
{
    /// <summary>The tables.</summary>
    public IReadOnlyList<PaperTable> Tables { get; } = [.. numbers.Select(PaperTables.Table)];

    /// <summary>The names of their columns.</summary>
    public IReadOnlyList<string> Names => [.. Tables.SelectMany(t => t.Columns).Distinct()];

    /// <summary>The tables in words.</summary>
    public string Title => Words(numbers);

    /// <summary>The words that mark figures of a column as the paper's.</summary>
    public string Mark(string figure, string column) =>
        $"paper, {Words([.. Tables.Where(t => t.Has(figure, column)).Select(t => t.Number)])}";

    /// <summary>A figure of one class; null where no table has one.</summary>
    public PaperFigure? Of(string figure, string kind, string column, string name) =>
        Tables.Select(t => t.Of(figure, kind, column, name)).FirstOrDefault(found => found is not null);

    /// <summary>The mean over all of the paper's classes, where a table gives it alone; else null.</summary>
    public PaperFigure? MeanOf(string figure, string kind, string column) =>
        Tables.Select(t => t.MeanOf(figure, kind, column)).FirstOrDefault(found => found is not null);

    private static string Words(IReadOnlyList<int> numbers) =>
        string.Create(CultureInfo.InvariantCulture, $"{(numbers.Count > 1 ? "Tables" : "Table")} {string.Join(" and ", numbers.Order())}");
}

/// <summary>Serialization without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(IReadOnlyList<PaperTable>))]
internal sealed partial class PaperJson : JsonSerializerContext;
