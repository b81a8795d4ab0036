using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Mmrr.Study.Files;

/// <summary>A value of a study's file, with its line for messages. JSON is read as the subset of YAML that it is.</summary>
/// <param name="path">The file.</param>
/// <param name="node">The value.</param>
internal sealed class StudyNode(string path, YamlNode node)
{
    // Deeper than any study; a file of brackets alone must not exhaust the stack.
    private const int Deepest = 16;

    /// <summary>The line, from 1.</summary>
    public long Line => node.Start.Line;

    /// <summary>A scalar as it is written.</summary>
    public string Text => ((YamlScalarNode)node).Value ?? "";

    /// <summary>A scalar on one line.</summary>
    public string TextLine => Text.ReplaceLineEndings(" ").Trim();

    private bool IsText => node is YamlScalarNode;

    /// <summary>Whether it is a list.</summary>
    public bool IsList => node is YamlSequenceNode;

    /// <summary>The values of a list.</summary>
    public IEnumerable<StudyNode> Items => ((YamlSequenceNode)node).Children.Select(child => new StudyNode(path, child));

    /// <summary>The keys and values of a mapping.</summary>
    public IEnumerable<(StudyNode Key, StudyNode Value)> Pairs =>
        ((YamlMappingNode)node).Children.Select(pair => (new StudyNode(path, pair.Key), new StudyNode(path, pair.Value)));

    /// <summary>The value of a key; null where there is none.</summary>
    public StudyNode? this[string key] => ((YamlMappingNode)node).Children.TryGetValue(new YamlScalarNode(key), out var value) ? new(path, value) : null;

    /// <summary>The value of a key that the schema requires.</summary>
    public StudyNode Of(string key) => this[key] ?? throw Fault($"{key} is missing");

    /// <summary>An error at this place.</summary>
    public InvalidDataException Fault(string message) => new(FormattableString.Invariant($"{path}:{Line}: {message}"));

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is not YAML, or not one mapping; the message has the line.</exception>
    public static StudyNode Read(string path)
    {
        if (Directory.Exists(path)) throw new InvalidDataException($"{path}: a folder; expected the file of a study");
        string text = StudyText.Read(path);
        try
        {
            using var reader = new StringReader(text);
            CheckEvents(path, reader);
            using var again = new StringReader(text);
            var stream = new YamlStream();
            stream.Load(again);
            if (stream.Documents is not [var document]) throw new InvalidDataException($"{path}:1: {stream.Documents.Count} documents, expected one study");
            if (document.RootNode is not YamlMappingNode)
                throw new InvalidDataException($"{path}:1: not a study: expected keys and values, such as study: NAME");
            return new StudyNode(path, document.RootNode);
        }
        catch (YamlException e)
        {
            throw new InvalidDataException(FormattableString.Invariant($"{path}:{e.Start.Line}: not YAML ({e.Message.ReplaceLineEndings(" ")})"), e);
        }
        catch (InvalidOperationException e)
        {
            // What the parser throws where a list or a mapping has no end.
            throw new InvalidDataException($"{path}: not YAML (a list or a mapping has no end)", e);
        }
    }

    /// <summary>The value as JSON, with the line of every place by its JSON pointer (RFC 6901).</summary>
    public JsonNode? ToJson(Dictionary<string, long> lines, string pointer = "")
    {
        lines[pointer] = Line;
        switch (node)
        {
            case YamlMappingNode mapping:
                var result = new JsonObject();
                foreach (var (key, value) in Pairs)
                {
                    if (!key.IsText) throw key.Fault("a key is a list or a mapping, expected a name");
                    string below = $"{pointer}/{key.Text.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
                    result[key.Text] = value.ToJson(lines, below);
                    // The line of the key: that of a list or a mapping is the next one.
                    lines[below] = key.Line;
                }
                return result;
            case YamlSequenceNode:
                return new JsonArray([.. Items.Select((item, i) => item.ToJson(lines, string.Create(CultureInfo.InvariantCulture, $"{pointer}/{i}")))]);
            default:
                return Value((YamlScalarNode)node);
        }
    }

    // The core schema of YAML 1.2: what is quoted is text.
    private static JsonValue? Value(YamlScalarNode scalar)
    {
        string text = scalar.Value ?? "";
        if (scalar.Style is not ScalarStyle.Plain) return JsonValue.Create(text);
        if (text is "" or "~" or "null") return null;
        if (text is "true" or "false") return JsonValue.Create(text == "true");
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole)) return JsonValue.Create(whole);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? JsonValue.Create(number)
            : JsonValue.Create(text);
    }

    private static void CheckEvents(string path, TextReader reader)
    {
        var parser = new Parser(reader);
        int depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current!.NestingIncrease;
            string at = FormattableString.Invariant($"{path}:{parser.Current.Start.Line}");
            if (depth > Deepest) throw new InvalidDataException($"{at}: nested more than {Deepest} deep");
            if (parser.Current is AnchorAlias) throw new InvalidDataException($"{at}: an alias; a study writes its values out");
            // An escape such as "\0" or half of a pair: no path, table or page can hold it.
            if (parser.Current is Scalar { Value: { } text } && StudyText.Foreign(text) is { } foreign)
                throw new InvalidDataException(FormattableString.Invariant($"{at}: the character U+{(int)foreign:X4} in a value, expected text"));
        }
    }
}
