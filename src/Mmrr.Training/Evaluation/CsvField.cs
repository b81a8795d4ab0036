namespace Mmrr.Training.Evaluation;

/// <summary>Fields of comma-separated files (RFC 4180).</summary>
internal static class CsvField
{
    /// <summary>The text, quoted where it contains a comma, a quote or a line break.</summary>
    public static string Quote(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
