using System.Buffers.Binary;
using System.IO.Compression;

namespace Mmrr.Training.Data;

/// <summary>Finds and reads data files that may be gzipped.</summary>
internal static class BinaryFile
{
    /// <summary>The first of the names that exists in the folder, each tried plain and with <c>.gz</c>.</summary>
    /// <exception cref="FileNotFoundException">None of the files exists.</exception>
    public static string Find(string folder, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            foreach (string suffix in (ReadOnlySpan<string>)["", ".gz"])
            {
                string path = Path.Combine(folder, name + suffix);
                if (File.Exists(path))
                    return path;
            }
        }

        throw new FileNotFoundException($"{Path.Combine(folder, names[0])}: no such file, plain or with .gz");
    }

    /// <summary>All bytes of a file, decompressed where it is gzipped.</summary>
    /// <exception cref="InvalidDataException">The compressed data is damaged.</exception>
    public static byte[] Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);

        // By content, not by name: downloads are often decompressed without being renamed. No IDX or CIFAR-10 file starts with these two bytes.
        if (bytes is not [0x1f, 0x8b, ..])
            return bytes;
        try
        {
            using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            using var unpacked = new MemoryStream((int)Math.Min(2L * bytes.Length, Array.MaxLength));
            gzip.CopyTo(unpacked);

            // The stream does not detect a missing trailer; its last four bytes are the decompressed length.
            if (bytes.Length < 18 || BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(^4)) != (uint)unpacked.Length)
                throw new InvalidDataException("the length at its end does not match the data; it is truncated");
            return unpacked.ToArray();
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}: damaged gzip data: {e.Message}", e);
        }
    }
}
