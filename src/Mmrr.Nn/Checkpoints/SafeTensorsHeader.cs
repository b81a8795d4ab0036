using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;

namespace Mmrr.Nn.Checkpoints;

/// <summary>The JSON header of a safetensors file: validation, reading and writing.</summary>
internal sealed class SafeTensorsHeader
{
    /// <summary>Size of the prefix that holds the JSON's length.</summary>
    public const int PrefixBytes = 8;

    /// <summary>The longest header accepted, as in the reference implementation.</summary>
    public const int MaxBytes = 100_000_000;

    private const int MaxRank = 8;
    private const int MaxDepth = 8;
    private const int Alignment = 8;
    private const string MetadataKey = "__metadata__";

    private SafeTensorsHeader(IReadOnlyList<SafeTensorsEntry> entries, IReadOnlyDictionary<string, string> metadata)
    {
        Entries = entries;
        Metadata = metadata;
    }

    /// <summary>The tensors, by offset.</summary>
    public IReadOnlyList<SafeTensorsEntry> Entries { get; }

    /// <summary>The metadata strings.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Checks a header against the size of the data section that follows it.</summary>
    /// <exception cref="InvalidDataException">The header is malformed or does not describe exactly that much data.</exception>
    public static SafeTensorsHeader Parse(string path, ReadOnlyMemory<byte> json, long dataLength)
    {
        try
        {
            // The parser does not check the bytes inside strings until they are read.
            if (!Utf8.IsValid(json.Span))
                throw new InvalidDataException("the header is not valid UTF-8");
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
            RefuseDuplicates(document.RootElement);
            return FromJson(document.RootElement, dataLength);
        }
        catch (InvalidDataException error)
        {
            throw new InvalidDataException($"{path}: {error.Message}");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an escaped lone surrogate, which no .NET string can hold as text.
            throw new InvalidDataException($"{path}: the header is not valid JSON: {OneLine(error.Message)}", error);
        }
    }

    // The parser's own check needs OpenSSL for its hashes, which small container images do not have.
    private static void RefuseDuplicates(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray()) RefuseDuplicates(item);
        }
        if (element.ValueKind != JsonValueKind.Object) return;
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            if (!names.Add(property.Name)) throw new InvalidDataException($"the header is not valid JSON: it has two properties '{property.Name}'");
            RefuseDuplicates(property.Value);
        }
    }

    /// <summary>The length prefix and the padded JSON for F32 tensors.</summary>
    /// <exception cref="ArgumentException">A name, shape or count is invalid.</exception>
    public static byte[] Format(
        IReadOnlyDictionary<string, string> metadata,
        IReadOnlyList<(string Name, int[] Shape, float[] Values)> tensors)
    {
        using MemoryStream stream = new();
        stream.Write(stackalloc byte[PrefixBytes]);
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject(MetadataKey);
                foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }

            HashSet<string> names = new(StringComparer.Ordinal) { MetadataKey };
            long offset = 0;
            foreach ((string name, int[] shape, float[] values) in tensors)
            {
                if (!names.Add(name))
                    throw new ArgumentException($"tensor name {Quote(name)} is reserved or given twice", nameof(tensors));
                CheckShape(name, shape, values.Length);
                json.WriteStartObject(name);
                json.WriteString("dtype", "F32");
                json.WriteStartArray("shape");
                foreach (int dimension in shape)
                    json.WriteNumberValue(dimension);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                offset += (long)values.Length * sizeof(float);
                json.WriteNumberValue(offset);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (stream.Length % Alignment != 0)
            stream.WriteByte((byte)' ');
        if (stream.Length - PrefixBytes > MaxBytes)
            throw new ArgumentException($"the header takes {stream.Length - PrefixBytes} bytes, at most {MaxBytes} can be read back", nameof(tensors));
        byte[] header = stream.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)(header.Length - PrefixBytes));
        return header;
    }

    /// <summary>Formats a name from a file for a one-line message.</summary>
    public static string Quote(string name) => $"'{OneLine(name.Length <= 100 ? name : name[..100] + "...")}'";

    private static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));

    private static SafeTensorsHeader FromJson(JsonElement root, long dataLength)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"the header is a JSON {root.ValueKind}, expected an object");

        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        List<SafeTensorsEntry> entries = [];
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.NameEquals(MetadataKey))
                ReadMetadata(property.Value, metadata);
            else
                entries.Add(ReadEntry(property.Name, property.Value));
        }

        // An empty tensor shares its offset with the next one and must come before it.
        entries.Sort((a, b) => (a.Offset, a.ByteLength).CompareTo((b.Offset, b.ByteLength)));
        long end = 0;
        foreach (SafeTensorsEntry entry in entries)
        {
            if (entry.Offset != end)
                throw new InvalidDataException($"tensor {Quote(entry.Name)} starts at data byte {entry.Offset}, expected {end} (no gap, no overlap)");
            end += entry.ByteLength;
        }

        if (end != dataLength)
            throw new InvalidDataException($"the tensors take {end} bytes of data, but the file holds {dataLength}");
        return new SafeTensorsHeader(entries, metadata);
    }

    private static void ReadMetadata(JsonElement element, Dictionary<string, string> metadata)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException($"{MetadataKey} is a JSON {element.ValueKind}, expected an object");
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String)
                throw new InvalidDataException($"{MetadataKey} entry {Quote(property.Name)} is a JSON {property.Value.ValueKind}, expected a string");
            metadata.Add(property.Name, property.Value.GetString()!);
        }
    }

    private static SafeTensorsEntry ReadEntry(string name, JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw Refuse(name, $"is described by a JSON {element.ValueKind}, expected an object");
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (property.Name is not ("dtype" or "shape" or "data_offsets"))
                throw Refuse(name, $"has the unknown key {Quote(property.Name)}, expected dtype, shape and data_offsets");
        }

        string dtypeName = Member(name, element, "dtype", JsonValueKind.String).GetString()!;
        int bits = ElementBits(dtypeName) ?? throw Refuse(name, $"has the unknown dtype {Quote(dtypeName)}");

        JsonElement shape = Member(name, element, "shape", JsonValueKind.Array);
        if (shape.GetArrayLength() > MaxRank)
            throw Refuse(name, $"has {shape.GetArrayLength()} dimensions, at most {MaxRank} are supported");
        int[] dimensions = [.. shape.EnumerateArray().Select(dimension => (int)Integer(name, "dimension", dimension, int.MaxValue))];

        JsonElement offsets = Member(name, element, "data_offsets", JsonValueKind.Array);
        if (offsets.GetArrayLength() != 2)
            throw Refuse(name, $"has {offsets.GetArrayLength()} data_offsets, expected 2");
        long begin = Integer(name, "data offset", offsets[0], long.MaxValue);
        long end = Integer(name, "data offset", offsets[1], long.MaxValue);
        if (end < begin)
            throw Refuse(name, $"ends at data byte {end}, before its start at {begin}");

        UInt128 bitCount = (UInt128)bits;
        foreach (int dimension in dimensions)
            bitCount = Multiply(name, bitCount, dimension);
        if (bitCount != (UInt128)(end - begin) * 8)
        {
            string shapeText = string.Join(", ", dimensions);
            throw Refuse(name, $"has {end - begin} bytes, but {dtypeName} of shape [{shapeText}] takes {(double)bitCount / 8:0.###}");
        }

        return new SafeTensorsEntry(name, dtypeName, dimensions, begin, end - begin);
    }

    // The types of safetensors 0.6; null for an unknown type.
    private static int? ElementBits(string dtype) => dtype switch
    {
        "F4" => 4,
        "F6_E2M3" or "F6_E3M2" => 6,
        "BOOL" or "U8" or "I8" or "F8_E5M2" or "F8_E4M3" or "F8_E8M0" => 8,
        "I16" or "U16" or "F16" or "BF16" => 16,
        "I32" or "U32" or "F32" => 32,
        "C64" or "F64" or "I64" or "U64" => 64,
        _ => null,
    };

    private static UInt128 Multiply(string name, UInt128 bitCount, int dimension)
    {
        // A product over 2^64 bits is already too large; this check keeps the next product within 128 bits.
        UInt128 product = bitCount * (UInt128)dimension;
        return product <= ulong.MaxValue ? product : throw Refuse(name, "has a shape whose size overflows");
    }

    private static JsonElement Member(string name, JsonElement element, string key, JsonValueKind kind)
    {
        if (!element.TryGetProperty(key, out JsonElement value))
            throw Refuse(name, $"has no {key}");
        return value.ValueKind == kind ? value : throw Refuse(name, $"has a {key} of JSON kind {value.ValueKind}, expected {kind}");
    }

    private static long Integer(string name, string what, JsonElement element, long maximum)
    {
        if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out long value) || value < 0 || value > maximum)
            throw Refuse(name, $"has the {what} {Quote(element.GetRawText())}, expected an integer from 0 to {maximum}");
        return value;
    }

    private static void CheckShape(string name, int[] shape, int count)
    {
        if (shape.Length > MaxRank)
            throw new ArgumentException($"tensor {Quote(name)} has {shape.Length} dimensions, at most {MaxRank} are supported", nameof(shape));
        Int128 product = 1;
        foreach (int dimension in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dimension, nameof(shape));
            product = Int128.Min(product * dimension, long.MaxValue);
        }

        if (product != count)
            throw new ArgumentException($"tensor {Quote(name)} has {count} values, but its shape [{string.Join(", ", shape)}] takes {product}", nameof(shape));
    }

    private static InvalidDataException Refuse(string name, string why) => new($"tensor {Quote(name)} {why}");
}
