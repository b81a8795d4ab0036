using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace Mmrr.Nn.Checkpoints;

/// <summary>
/// Reads the JSON files of a run. Each holds its format number as <c>format</c>; files without one are from versions that had none. Files of a newer
/// program are reported as such.
/// </summary>
public static partial class RunJson
{
    /// <summary>Parses a file's content.</summary>
    /// <typeparam name="T">The type of its content.</typeparam>
    /// <param name="path">The file, for messages.</param>
    /// <param name="json">Its content.</param>
    /// <param name="type">The type's metadata for the serializer.</param>
    /// <param name="format">The format number that this program writes; it reads all formats up to this one.</param>
    /// <exception cref="InvalidDataException">A newer program wrote the file: its format is newer or it has an unknown key.</exception>
    /// <exception cref="JsonException">The content is not valid JSON of this type.</exception>
    public static T Read<T>(string path, string json, JsonTypeInfo<T> type, int format)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(type);
        using (var document = JsonDocument.Parse(json))
        {
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("format", out var found) && found.ValueKind == JsonValueKind.Number)
                CheckFormat(path, found.TryGetInt32(out int number) ? number : int.MaxValue, format);
        }
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("it is null");
        }
        catch (JsonException e) when (UnknownKey().Match(e.Message) is { Success: true } unknown)
        {
            string key = unknown.Groups[1].Value, known = format.ToString(CultureInfo.InvariantCulture);
            throw new InvalidDataException(
                $"{path}: the key '{key}' is unknown to this mmrr (format {known}): a newer one wrote the file, or it was mistyped", e);
        }
    }

    /// <summary>Throws for a format newer than the known one.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="found">The format number in the file.</param>
    /// <param name="format">The known format number.</param>
    /// <exception cref="InvalidDataException">The format is newer.</exception>
    public static void CheckFormat(string path, int found, int format)
    {
        if (found > format)
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture, $"{path}: written by a newer mmrr (format {found}, this one reads {format})"));
    }

    // The library reports an unknown key only in the text of its message.
    [GeneratedRegex("JSON property '(.*?)' could not be mapped")]
    private static partial Regex UnknownKey();
}
