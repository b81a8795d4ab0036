using Microsoft.VisualBasic.FileIO;

namespace Mmrr.Training.Data;

/// <summary>Fields of comma-separated files (RFC 4180).</summary>
internal static class CsvField
{
    /// <summary>The text, quoted where it contains a comma, a quote or a line break.</summary>
    public static string Quote(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>
    /// A reader of rows whose fields may be quoted. It ends with the text, throws <see cref="MalformedLineException"/>, and skips empty lines.
    /// </summary>
    public static TextFieldParser Parser(TextReader text, string separator = ",", bool trim = false)
    {
        var parser = new TextFieldParser(text) { HasFieldsEnclosedInQuotes = true, TrimWhiteSpace = trim };
        parser.SetDelimiters(separator);
        return parser;
    }
}
