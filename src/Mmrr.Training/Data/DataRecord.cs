using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.Training.Data;

/// <summary>An image of a run's data.</summary>
/// <param name="Name">As <see cref="Sample.Name"/>.</param>
/// <param name="Part">Its part in the run.</param>
/// <param name="Hash">Its <see cref="ContentHash"/>; empty in data sets with many images per file, and where the file could not be read.</param>
internal sealed record RecordedImage(string Name, ImagePart Part, string Hash)
{
    /// <summary>The kind of its label or folder, <c>good</c> for a normal image; null in records of earlier versions and in labelled data files.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Kind { get; init; }
}

/// <summary>The data that a run started with; <c>data.json</c> in its folder. The split of training is read from here and never drawn again.</summary>
internal sealed record DataRecord
{
    /// <summary>The file's name in a run's folder.</summary>
    public const string FileName = "data.json";

    /// <summary>The number of this format.</summary>
    public const int CurrentFormat = 2;

    /// <summary>The number of the file's format.</summary>
    public int Format { get; init; }

    /// <summary>For data sets with many images per file: each file's name and the hash of its decompressed content; else empty.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

    /// <summary>
    /// The images: those of the three parts of training in the set's order, then the test images, as far as they existed; data sets with many images per
    /// file record no test images.
    /// </summary>
    public required IReadOnlyList<RecordedImage> Images { get; init; }

    /// <summary>Whether it records test images.</summary>
    [JsonIgnore]
    public bool HasTest => Images.Any(i => i.Part == ImagePart.Test);

    /// <summary>The content hashes of the images used for training, validation or calibration.</summary>
    public HashSet<string> TrainingContents() => [.. Images.Where(i => i.Part != ImagePart.Test && i.Hash.Length > 0).Select(i => i.Hash)];

    /// <summary>A line on test images with the same content as images that training has seen; null where there are none.</summary>
    public string? Leak()
    {
        var seen = TrainingContents();
        return NameList.Of([.. Images.Where(i => i.Part == ImagePart.Test && seen.Contains(i.Hash)).Select(i => i.Name)]) is { } names
            ? $"tested, though training has images of the same content: {names}" : null;
    }

    /// <summary>Reads a run's record; null for a run of an earlier version without one.</summary>
    /// <param name="run">The run's folder.</param>
    /// <exception cref="InvalidDataException">The record is damaged, or of a newer version.</exception>
    public static DataRecord? Find(string run)
    {
        string path = Path.Combine(run, FileName);
        if (!File.Exists(path)) return null;
        try
        {
            var record = RunJson.Read(path, File.ReadAllText(path), DataJson.Default.DataRecord, CurrentFormat);
            if (record.Files is null || record.Images is null
                || record.Files.Values.Contains(null!) || record.Images.Any(i => i?.Name is null || i.Hash is null || !Enum.IsDefined(i.Part)))
                throw new JsonException("a name, part or hash is missing");
            if (!record.Images.Any(i => i.Part == ImagePart.Training)) throw new JsonException("it has no training image");
            return record;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not the data of a run ({e.Message.Split('\n')[0]})", e);
        }
    }

    /// <summary>Writes the record into a run's folder, one line per image.</summary>
    public void Save(string run)
    {
        var text = new StringBuilder();
        text.Append("{\n  \"format\": ").Append(CurrentFormat).Append(",\n  \"files\": {");
        text.AppendJoin(',', Files.Select(f => $"\n    {Json(f.Key)}: {Json(f.Value)}"))
            .Append(Files.Count > 0 ? "\n  },\n" : "},\n").Append("  \"images\": [");
        text.AppendJoin(',', Images.Select(i => $"\n    {JsonSerializer.Serialize(i, DataJson.Default.RecordedImage)}")).Append("\n  ]\n}\n");
        AtomicFile.Write(Path.Combine(run, FileName), stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static string Json(string text) => JsonSerializer.Serialize(text, DataJson.Default.String);
}

/// <summary>Serialization without reflection.</summary>
[JsonSourceGenerationOptions(
    UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(DataRecord))]
[JsonSerializable(typeof(RecordedImage))]
[JsonSerializable(typeof(string))]
internal sealed partial class DataJson : JsonSerializerContext;
