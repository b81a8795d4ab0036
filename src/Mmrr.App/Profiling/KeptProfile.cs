using System.Text.Json;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;

namespace Mmrr.App.Profiling;

/// <summary>A profile as a trace of <see cref="ChromeTrace"/> keeps it.</summary>
/// <param name="Version">The version of the program that wrote it.</param>
/// <param name="Case">What it was taken of.</param>
/// <param name="Runs">The runs in the order of the command: a training step of each phase and a scoring pass.</param>
internal sealed record KeptProfile(string Version, ProfileCase Case, IReadOnlyList<RunProfile> Runs)
{
    // Traces are of some megabytes; the parser holds the file in one array.
    private const long MostBytes = 1L << 30;

    /// <summary>Reads a trace.</summary>
    /// <param name="path">The file that was given for <c>--against</c>.</param>
    /// <exception cref="UsageException">There is no such file, or it is not a file to be read as a whole.</exception>
    /// <exception cref="InvalidDataException">The file is no trace of <c>mmrr profile</c>, lacks what is needed or is of a newer format.</exception>
    public static KeptProfile Read(string path)
    {
        string place = $"--against {path}";
        if (Directory.Exists(path)) throw new UsageException($"{place}: is a folder, expected a trace of mmrr profile --trace");
        if (!File.Exists(path)) throw new UsageException($"{place}: there is no such file");
        if (!RealPath.HasContent(path)) throw new UsageException($"{place}: not a regular file, or empty");
        using var json = Parse(path, place);
        int format = FormatOf(json.RootElement);
        if (format < 1) throw new InvalidDataException($"{place}: keeps no profile that can be compared: another program or an older mmrr wrote it");
        RunJson.CheckFormat(place, format, ChromeTrace.Format);
        try
        {
            if (json.RootElement.Deserialize(TraceJson.Default.TraceContent)?.Profile() is { } profile) return profile;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Told below; the library's message would name C# types.
        }
        throw new InvalidDataException($"{place}: not a whole trace of mmrr profile: something in it is missing or out of its range");
    }

    private static JsonDocument Parse(string path, string place)
    {
        using var stream = File.OpenRead(path);
        if (stream.Length > MostBytes) throw new UsageException($"{place}: too large for a trace of mmrr profile");
        try
        {
            return JsonDocument.Parse(stream);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{place}: not JSON, or cut off, at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}", e);
        }
    }

    /// <summary>0 where there is none.</summary>
    private static int FormatOf(JsonElement root) =>
        root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("otherData", out var data) || data.ValueKind != JsonValueKind.Object
            || !data.TryGetProperty("format", out var format) || format.ValueKind != JsonValueKind.Number ? 0
        : format.TryGetInt32(out int number) ? number
        : int.MaxValue;
}
