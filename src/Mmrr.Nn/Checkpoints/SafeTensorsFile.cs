using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Mmrr.Nn.Checkpoints;

/// <summary>
/// A safetensors file: 8 bytes of header length (little-endian), a JSON header, then the tensors' bytes back to back
/// (https://huggingface.co/docs/safetensors). Nothing in the file is ever executed.
/// </summary>
/// <remarks>
/// <see cref="Open"/> checks the whole header against the file's size before any value is read. The file stays open
/// until <see cref="Dispose"/>; on Windows, dispose it before <see cref="Write"/> replaces the same path.
/// </remarks>
public sealed class SafeTensorsFile : IDisposable
{
    private const int ChunkBytes = 1 << 16;

    private readonly string _path;
    private readonly SafeFileHandle _handle;
    private readonly long _dataStart;
    private readonly Dictionary<string, SafeTensorsEntry> _byName;

    private SafeTensorsFile(string path, SafeFileHandle handle, long dataStart, SafeTensorsHeader header)
    {
        _path = path;
        _handle = handle;
        _dataStart = dataStart;
        _byName = header.Entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        Entries = header.Entries;
        Metadata = header.Metadata;
    }

    /// <summary>The tensors, in the order of their bytes in the file.</summary>
    public IReadOnlyList<SafeTensorsEntry> Entries { get; }

    /// <summary>The header's <c>__metadata__</c> strings; empty when the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its header; reads no values.</summary>
    /// <param name="path">The file to open.</param>
    /// <exception cref="InvalidDataException">The file is not a well-formed safetensors file; the message states the file and the reason.</exception>
    /// <exception cref="IOException">The file cannot be opened or read.</exception>
    public static SafeTensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            long fileLength = RandomAccess.GetLength(handle);
            if (fileLength < SafeTensorsHeader.PrefixBytes)
                throw new InvalidDataException($"{path}: {fileLength} bytes is too short for a safetensors file, expected at least 8");

            Span<byte> prefix = stackalloc byte[SafeTensorsHeader.PrefixBytes];
            ReadExactly(path, handle, prefix, 0);
            ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (headerLength > SafeTensorsHeader.MaxBytes)
                throw new InvalidDataException($"{path}: header length {headerLength} is over the limit of {SafeTensorsHeader.MaxBytes} bytes");
            long dataStart = prefix.Length + (long)headerLength;
            if (dataStart > fileLength)
                throw new InvalidDataException($"{path}: header length {headerLength} runs past the end of the file ({fileLength} bytes)");

            byte[] json = new byte[headerLength];
            ReadExactly(path, handle, json, prefix.Length);
            SafeTensorsHeader header = SafeTensorsHeader.Parse(path, json, fileLength - dataStart);
            return new SafeTensorsFile(path, handle, dataStart, header);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Writes F32 tensors to a temporary file beside <paramref name="path"/> and renames it, so a failure keeps the old file. The bytes depend only on the
    /// input: tensors in the given order, metadata sorted by key (ordinal), header padded with spaces to a multiple of 8.
    /// </summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="metadata">The <c>__metadata__</c> strings; may be empty.</param>
    /// <param name="tensors">Names (unique), dimensions (at most 8, none negative) and finite values, as many as the dimensions' product.</param>
    /// <exception cref="ArgumentException">A tensor could not be read back because of its name, shape, count or a value.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(
        string path,
        IReadOnlyDictionary<string, string> metadata,
        IEnumerable<(string Name, int[] Shape, float[] Values)> tensors)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, Content(metadata, tensors));
    }

    /// <summary>What <see cref="Write"/> writes, checked.</summary>
    /// <exception cref="ArgumentException">As for <see cref="Write"/>.</exception>
    internal static Action<Stream> Content(
        IReadOnlyDictionary<string, string> metadata, IEnumerable<(string Name, int[] Shape, float[] Values)> tensors)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        ArgumentNullException.ThrowIfNull(tensors);

        // The header comes first and needs every shape; the list holds references, not copies of the values.
        List<(string Name, int[] Shape, float[] Values)> list = [.. tensors];
        byte[] header = SafeTensorsHeader.Format(metadata, list);
        return stream =>
        {
            stream.Write(header);
            byte[] chunk = new byte[ChunkBytes];
            foreach ((string name, _, float[] values) in list)
                WriteValues(stream, name, values, chunk);
        };
    }

    /// <summary>Reads one tensor's values.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <returns>The values, row-major, as many as the product of the entry's shape.</returns>
    /// <exception cref="InvalidDataException">The file has no such tensor, it is not F32, or a value is NaN or infinite.</exception>
    public float[] Read(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!_byName.TryGetValue(name, out SafeTensorsEntry? entry))
            throw new InvalidDataException($"{_path}: tensor {SafeTensorsHeader.Quote(name)} is missing, the file has {Entries.Count} others");
        CheckReadable(entry);
        return ReadValues(entry);
    }

    /// <summary>Reads every tensor's values; throws before reading any if a tensor is not F32.</summary>
    /// <returns>The values by tensor name, each row-major.</returns>
    /// <exception cref="InvalidDataException">A tensor is not F32, or a value is NaN or infinite.</exception>
    public Dictionary<string, float[]> ReadAll()
    {
        foreach (SafeTensorsEntry entry in Entries)
            CheckReadable(entry);
        return Entries.ToDictionary(entry => entry.Name, ReadValues, StringComparer.Ordinal);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _handle.Dispose();

    private void CheckReadable(SafeTensorsEntry entry)
    {
        if (entry.Dtype != "F32")
            throw Refuse(entry, $"has dtype {entry.Dtype}, only F32 is supported");
        if (entry.ByteLength / sizeof(float) > Array.MaxLength)
            throw Refuse(entry, $"has {entry.ByteLength / sizeof(float)} elements, at most {Array.MaxLength} are supported");
    }

    private float[] ReadValues(SafeTensorsEntry entry)
    {
        float[] values = new float[entry.ByteLength / sizeof(float)];
        byte[] chunk = new byte[Math.Min(ChunkBytes, entry.ByteLength)];
        long position = _dataStart + entry.Offset;
        int done = 0;
        while (done < values.Length)
        {
            Span<byte> bytes = chunk.AsSpan(0, (int)Math.Min(chunk.Length, (long)(values.Length - done) * sizeof(float)));
            ReadExactly(_path, _handle, bytes, position);
            position += bytes.Length;
            for (; !bytes.IsEmpty; bytes = bytes[sizeof(float)..])
            {
                float value = BinaryPrimitives.ReadSingleLittleEndian(bytes);
                if (!float.IsFinite(value))
                    throw Refuse(entry, $"holds {value} at element {done}, expected finite values");
                values[done++] = value;
            }
        }

        return values;
    }

    private InvalidDataException Refuse(SafeTensorsEntry entry, string why) =>
        new($"{_path}: tensor {SafeTensorsHeader.Quote(entry.Name)} {why}");

    // Values that Read would reject must not replace a good file.
    private static void WriteValues(Stream stream, string name, float[] values, byte[] chunk)
    {
        int fill = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
                throw new ArgumentException($"tensor {SafeTensorsHeader.Quote(name)} holds {values[i]} at element {i}, expected finite values", nameof(values));
            BinaryPrimitives.WriteSingleLittleEndian(chunk.AsSpan(fill), values[i]);
            fill += sizeof(float);
            if (fill == chunk.Length)
            {
                stream.Write(chunk);
                fill = 0;
            }
        }

        stream.Write(chunk, 0, fill);
    }

    private static void ReadExactly(string path, SafeFileHandle handle, Span<byte> bytes, long position)
    {
        while (!bytes.IsEmpty)
        {
            int count = RandomAccess.Read(handle, bytes, position);
            if (count == 0)
                throw new InvalidDataException($"{path}: the file ended at byte {position}, it was truncated while being read");
            bytes = bytes[count..];
            position += count;
        }
    }
}
