using System.Buffers.Binary;
using System.IO.Compression;
using Mmrr.Training.Data;

namespace Mmrr.App.Tests.Data;

/// <summary>A folder that is deleted with its files at the end of a test, and small data files to put there.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("mmrr-data-").FullName;

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine([Path, .. name.Split('/')]);

    public void Dispose() => Directory.Delete(Path, recursive: true);

    public string Write(string name, ReadOnlySpan<byte> bytes)
    {
        string path = this[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>Writes a PNG of one colour, grey where the colour is.</summary>
    public string WritePlain(string name, int height, int width, params byte[] color)
    {
        var pixels = new byte[height * width * color.Length];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = color[i % color.Length];
        return WritePicture(name, height, width, color.Length, pixels);
    }

    public string WritePicture(string name, int height, int width, int channels, byte[] pixels) =>
        Write(name, ImageFile.EncodePng(pixels, height, width, channels));

    public static byte[] Idx(int magic, int[] dimensions, byte[] values)
    {
        var bytes = new byte[(4 * (dimensions.Length + 1)) + values.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, magic);
        for (int i = 0; i < dimensions.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 * (i + 1)), dimensions[i]);
        values.CopyTo(bytes, 4 * (dimensions.Length + 1));
        return bytes;
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return packed.ToArray();
    }
}
