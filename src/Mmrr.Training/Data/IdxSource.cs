using System.Buffers.Binary;

namespace Mmrr.Training.Data;

/// <summary>MNIST and Fashion-MNIST: IDX files, gzipped or not.</summary>
internal sealed class IdxSource(DataOptions options, IReadOnlyList<string> names) : ClassSource(options, names)
{
    private const int ImageMagic = 2051;
    private const int LabelMagic = 2049;

    /// <inheritdoc/>
    protected override string Folder => Options.Root;

    /// <inheritdoc/>
    protected override IReadOnlyList<string[]> TrainFiles => Files("train");

    /// <inheritdoc/>
    protected override IReadOnlyList<string[]> TestFiles => Files("t10k");

    /// <inheritdoc/>
    protected override IEnumerable<LabelledImages> ReadTrain() => [Read(TrainFiles)];

    /// <inheritdoc/>
    protected override IEnumerable<LabelledImages> ReadTest() => [Read(TestFiles)];

    private static string[][] Files(string prefix) =>
        [[$"{prefix}-images-idx3-ubyte", $"{prefix}-images.idx3-ubyte"], [$"{prefix}-labels-idx1-ubyte", $"{prefix}-labels.idx1-ubyte"]];

    private (int[] Dimensions, byte[] Values) ReadIdx(string path, int magic, int rank)
    {
        byte[] bytes = ReadFile(path);
        int header = 4 * (rank + 1);
        if (bytes.Length < header)
            throw new InvalidDataException($"{path}: truncated: {bytes.Length} bytes; expected a header of {header}");
        int found = BinaryPrimitives.ReadInt32BigEndian(bytes);
        if (found != magic)
            throw new InvalidDataException($"{path}: IDX magic number {found}; expected {magic}");
        var dimensions = new int[rank];
        Int128 expected = 1;
        for (int i = 0; i < rank; i++)
        {
            dimensions[i] = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4 * (i + 1)));
            if (dimensions[i] < 1)
                throw new InvalidDataException($"{path}: dimension {i} is {dimensions[i]}; expected at least 1");
            expected *= dimensions[i];
        }

        int length = bytes.Length - header;
        if (length != expected)
        {
            string problem = length < expected ? "truncated" : "trailing data";
            throw new InvalidDataException($"{path}: {problem}: {length} bytes after the header; expected {expected}");
        }

        return (dimensions, bytes[header..]);
    }

    private LabelledImages Read(IReadOnlyList<string[]> files)
    {
        string imagePath = BinaryFile.Find(Folder, files[0]), labelPath = BinaryFile.Find(Folder, files[1]);
        var (shape, pixels) = ReadIdx(imagePath, ImageMagic, 3);
        var (count, labels) = ReadIdx(labelPath, LabelMagic, 1);
        if (count[0] != shape[0])
            throw new InvalidDataException($"{labelPath}: {count[0]} labels; expected {shape[0]}, the images of {imagePath}");
        CheckLabels(labelPath, labels);
        return new LabelledImages(labelPath, shape[1], shape[2], 1, pixels, labels);
    }
}
