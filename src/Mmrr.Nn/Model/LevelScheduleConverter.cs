using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mmrr.Nn;

/// <summary>Converts a <see cref="LevelSchedule"/> to JSON as its text; a whole number L, written by earlier versions, is <c>uniform:L</c>.</summary>
public sealed class LevelScheduleConverter : JsonConverter<LevelSchedule>
{
    /// <inheritdoc/>
    public override LevelSchedule Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            if (reader.TokenType == JsonTokenType.String) return LevelSchedule.Parse(reader.GetString()!);
            if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int count)) return LevelSchedule.Uniform(count);
        }
        catch (ArgumentException e)
        {
            throw new JsonException(e.Message.ReplaceLineEndings(" "), e);
        }
        throw new JsonException($"levels is not a schedule, expected {LevelSchedule.Expected}");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, LevelSchedule value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(value);
        writer.WriteStringValue(value.Name);
    }
}
