using System.Buffers.Binary;
using System.IO.Compression;
using Mmrr.Kernels;
using Mmrr.Nn;

namespace Mmrr.Samples;

/// <summary>Images and labels from IDX files, gzipped or not.</summary>
internal sealed class Digits
{
    public const int Classes = 10;

    private readonly byte[] _images; // [Count, Size, Size]
    private readonly byte[] _labels; // [Count]

    private Digits(byte[] images, byte[] labels, int size)
    {
        _images = images;
        _labels = labels;
        Size = size;
    }

    public int Count => _labels.Length;

    public int Size { get; }

    /// <summary>Null where the folder has no such files.</summary>
    /// <exception cref="InvalidDataException">They are damaged.</exception>
    public static Digits? Find(string folder, string set)
    {
        if (Read(folder, $"{set}-images-idx3-ubyte") is not { } images || Read(folder, $"{set}-labels-idx1-ubyte") is not { } labels) return null;
        int count = labels.Length - 8, size = images.Length > 16 ? BinaryPrimitives.ReadInt32BigEndian(images.AsSpan(8)) : 0;
        return count > 0 && images.Length - 16 == (long)count * size * size && labels.AsSpan(8).IndexOfAnyExceptInRange((byte)0, (byte)(Classes - 1)) < 0
            ? new Digits(images[16..], labels[8..], size)
            : throw new InvalidDataException($"{folder}: the {set} files do not hold square images and as many labels from 0 to {Classes - 1}");
    }

    public byte Label(int index) => _labels[index];

    /// <summary>Some images, with values in [−1, 1].</summary>
    /// <returns>[N, Size, Size, 1].</returns>
    public Tensor Images(Device device, ReadOnlySpan<int> indices)
    {
        int pixels = Size * Size;
        var values = new float[indices.Length * pixels];
        for (int i = 0; i < indices.Length; i++) ImagePixels.ToFloats(_images.AsSpan(indices[i] * pixels, pixels), values.AsSpan(i * pixels, pixels));
        return Tensor.From(device, new Shape(indices.Length, Size, Size, 1), values);
    }

    /// <summary>1 at the label, else 0.</summary>
    /// <returns>[N, 1, 1, Classes].</returns>
    public Tensor Targets(Device device, ReadOnlySpan<int> indices)
    {
        var labels = new int[indices.Length];
        for (int i = 0; i < labels.Length; i++) labels[i] = _labels[indices[i]];
        using var rows = SoftmaxCrossEntropy.OneHot(device, labels, Classes);
        return rows.Share(new Shape(labels.Length, 1, 1, Classes));
    }

    private static byte[]? Read(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        if (File.Exists(path)) return File.ReadAllBytes(path);
        if (!File.Exists(path + ".gz")) return null;
        using var file = new GZipStream(File.OpenRead(path + ".gz"), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return bytes.ToArray();
    }
}
