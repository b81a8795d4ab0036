using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace Mmrr.Nn.Checkpoints;

/// <summary>
/// Reads the JSON files of a run, each of which carries the number of its format as <c>format</c>; files without one are of versions that had none. Those of a
/// newer program are told as such.
/// </summary>
public static partial class RunJson
{
    /// <summary>Reads a file's content.</summary>
    /// <typeparam name="T">What it holds.</typeparam>
    /// <param name="path">The file, for messages.</param>
    /// <param name="json">Its content.</param>
    /// <param name="type">How it is read.</param>
    /// <param name="format">The number of the format that this program writes; it reads all up to it.</param>
    /// <exception cref="InvalidDataException">A newer program wrote it, by its format or by a key that is unknown here.</exception>
    /// <exception cref="JsonException">It is not such JSON.</exception>
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

    /// <summary>Refuses a format that is newer than the one that is known.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="found">The number in the file.</param>
    /// <param name="format">The number that is known.</param>
    /// <exception cref="InvalidDataException">It is newer.</exception>
    public static void CheckFormat(string path, int found, int format)
    {
        if (found > format)
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture, $"{path}: written by a newer mmrr (format {found}, this one reads {format})"));
    }

    // The library tells of a key that it does not know in words alone.
    [GeneratedRegex("JSON property '(.*?)' could not be mapped")]
    private static partial Regex UnknownKey();
}
