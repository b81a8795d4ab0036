namespace Mmrr.Training.Data;

/// <summary>Names in one line: the first ones and the total number.</summary>
internal static class NameList
{
    private const int Most = 8;

    /// <summary>The names; null where there are none.</summary>
    public static string? Of(IReadOnlyList<string> names) =>
        names.Count == 0 ? null : $"{string.Join(", ", names.Take(Most))}{(names.Count > Most ? $", …, {names.Count} in all" : "")}";
}
