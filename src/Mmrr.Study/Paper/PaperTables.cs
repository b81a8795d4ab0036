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

    /// <summary>The words that mark a figure as the paper's.</summary>
    public static string Mark(int number) => string.Create(CultureInfo.InvariantCulture, $"paper, Table {number}");

    private static IReadOnlyList<PaperTable> Read()
    {
        using var stream = typeof(PaperTables).Assembly.GetManifestResourceStream("paper-tables.json")!;
        return JsonSerializer.Deserialize(stream, PaperJson.Default.IReadOnlyListPaperTable)!;
    }
}

/// <summary>Serialization without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(IReadOnlyList<PaperTable>))]
internal sealed partial class PaperJson : JsonSerializerContext;
