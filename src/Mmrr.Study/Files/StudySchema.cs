using System.Text.Json;
using Json.Schema;

namespace Mmrr.Study.Files;

/// <summary>Checks a study's file with the schema that ships, <c>studies/study.schema.json</c>.</summary>
internal static class StudySchema
{
    private static readonly Lazy<JsonSchema> s_schema = new(() => JsonSchema.FromText(Text()));

    /// <summary>Checks a file.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="root">Its content.</param>
    /// <exception cref="InvalidDataException">It does not fit the schema; the message has the line of one place where it does not.</exception>
    public static void Check(string path, StudyNode root)
    {
        var lines = new Dictionary<string, long>();
        using var document = JsonDocument.Parse(root.ToJson(lines)!.ToJsonString());
        var results = s_schema.Value.Evaluate(document.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
        if (results.IsValid) return;
        var (pointer, problem) = (results.Details ?? [])
            .SelectMany(detail => (detail.Errors ?? new Dictionary<string, string>()).Select(error => (
                Pointer: detail.InstanceLocation.ToString(), Problem: Words(detail, error.Key, error.Value))))
            // The deepest place says most.
            .OrderByDescending(found => found.Pointer.Count(c => c == '/'))
            .FirstOrDefault(("", "it does not fit the schema"));
        string place = pointer.Length == 0 ? "" : $"{string.Join('.', pointer.Split('/').Skip(1).Select(Name))}: ";
        throw new InvalidDataException(FormattableString.Invariant($"{path}:{lines.GetValueOrDefault(pointer, 1)}: {place}{problem}"));
    }

    private static string Words(EvaluationResults detail, string keyword, string message)
    {
        // A key that the schema does not have is checked against 'false'.
        if (keyword.Length == 0) return $"unknown key; {Known(detail)}";
        return char.ToLowerInvariant(message[0]) + message[1..].ReplaceLineEndings(" ");
    }

    // The keys beside it, from the schema itself.
    private static string Known(EvaluationResults detail)
    {
        using var schema = JsonDocument.Parse(Text());
        var place = schema.RootElement.GetProperty("properties");
        string[] steps = detail.InstanceLocation.ToString().Split('/', StringSplitOptions.RemoveEmptyEntries);
        foreach (string step in steps[..^1].Where(s => !s.All(char.IsAsciiDigit)))
        {
            if (!place.TryGetProperty(step, out var found)) return "see studies/study.schema.json";
            if (found.TryGetProperty("items", out var items)) found = items;
            if (!found.TryGetProperty("properties", out place)) return "see studies/study.schema.json";
        }
        return $"expected one of {string.Join(", ", place.EnumerateObject().Select(p => p.Name))}";
    }

    private static string Name(string step) => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);

    private static string Text()
    {
        using var stream = typeof(StudySchema).Assembly.GetManifestResourceStream("study.schema.json")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
