namespace Mmrr.Training.Data;

/// <summary>The files and folders left out of folder walks, by reason, to explain why a file is missing among the results.</summary>
internal sealed class Omissions
{
    private const int MostExamples = 4;

    private readonly SortedDictionary<string, (HashSet<string> Paths, SortedSet<string> Examples)> _reasons = new(StringComparer.Ordinal);

    /// <summary>Adds a file or a folder, once however often it is found.</summary>
    /// <param name="reason">The reason, worded to follow a number.</param>
    /// <param name="path">The path.</param>
    /// <param name="example">The example to show: its extension or its name.</param>
    public void Add(string reason, string path, string example)
    {
        if (!_reasons.TryGetValue(reason, out var some)) _reasons[reason] = some = ([], new(StringComparer.Ordinal));
        if (some.Paths.Add(path) && example.Length > 0) some.Examples.Add(example);
    }

    /// <summary>Describes everything in one line; null where nothing was left out.</summary>
    public string? Describe() => _reasons.Count == 0
        ? null
        : $"left out: {string.Join("; ", _reasons.Select(r => $"{r.Value.Paths.Count} {r.Key}{Named(r.Value.Examples)}"))}";

    private static string Named(SortedSet<string> examples) => examples.Count == 0
        ? ""
        : $" ({string.Join(", ", examples.Take(MostExamples))}{(examples.Count > MostExamples ? ", …" : "")})";
}
