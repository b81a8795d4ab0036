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
        string[] steps = detail.InstanceLocation.ToString().Split('/', StringSplitOptions.RemoveEmptyEntries);
        using var schema = JsonDocument.Parse(Text());
        // A key that the schema does not have is checked against 'false'; those beside it are known.
        if (keyword.Length == 0)
        {
            return At(schema.RootElement, steps.SkipLast(1)) is { } above && above.TryGetProperty("properties", out var known)
                ? $"unknown key; expected one of {string.Join(", ", known.EnumerateObject().Select(p => p.Name))}"
                : "unknown key; see studies/study.schema.json";
        }
        if (At(schema.RootElement, steps) is { } part)
        {
            if (keyword == "enum") return $"expected one of {string.Join(", ", part.GetProperty("enum").EnumerateArray().Select(v => v.GetString()))}";
            if (keyword == "pattern") return $"expected: {part.GetProperty("description").GetString()}";
        }
        return char.ToLowerInvariant(message[0]) + message[1..].ReplaceLineEndings(" ");
    }

    // What the schema says of a place; null for options, which are all alike.
    private static JsonElement? At(JsonElement schema, IEnumerable<string> steps)
    {
        foreach (string step in steps)
        {
            if (!schema.TryGetProperty(step.All(char.IsAsciiDigit) ? "items" : "properties", out var below)) return null;
            if (step.All(char.IsAsciiDigit)) schema = below;
            else if (below.TryGetProperty(Name(step), out var found)) schema = found;
            else return null;
        }
        return schema;
    }

    private static string Name(string step) => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);

    private static string Text()
    {
        using var stream = typeof(StudySchema).Assembly.GetManifestResourceStream("study.schema.json")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
