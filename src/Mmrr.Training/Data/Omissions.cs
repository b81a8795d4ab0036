namespace Mmrr.Training.Data;

/// <summary>What walks over folders passed over, by reason: a file that is missing among the results can be found here.</summary>
internal sealed class Omissions
{
    private const int MostExamples = 4;

    private readonly SortedDictionary<string, (HashSet<string> Paths, SortedSet<string> Examples)> _reasons = new(StringComparer.Ordinal);

    /// <summary>Notes a file or a folder, once however often it is walked over.</summary>
    /// <param name="reason">Why, so that a number can stand before it.</param>
    /// <param name="path">Which.</param>
    /// <param name="example">What is told of it: its extension, or its name.</param>
    public void Add(string reason, string path, string example)
    {
        if (!_reasons.TryGetValue(reason, out var some)) _reasons[reason] = some = ([], new(StringComparer.Ordinal));
        if (some.Paths.Add(path) && example.Length > 0) some.Examples.Add(example);
    }

    /// <summary>Tells it all in one line; null where nothing was left out.</summary>
    public string? Describe() => _reasons.Count == 0
        ? null
        : $"left out: {string.Join("; ", _reasons.Select(r => $"{r.Value.Paths.Count} {r.Key}{Named(r.Value.Examples)}"))}";

    private static string Named(SortedSet<string> examples) => examples.Count == 0
        ? ""
        : $" ({string.Join(", ", examples.Take(MostExamples))}{(examples.Count > MostExamples ? ", …" : "")})";
}
