namespace Mmrr.Training.Data;

/// <summary>CIFAR-10, binary version: records of one label byte and a 32x32 image in planes R, G, B.</summary>
internal sealed class Cifar10Source : ClassSource
{
    private const int Side = 32;
    private const int Plane = Side * Side;
    private const int RecordLength = 1 + (3 * Plane);

    /// <summary>Opens the files in the root, or in its <c>cifar-10-batches-bin</c> where the archive was extracted there.</summary>
    public Cifar10Source(DataOptions options)
        : base(options, ClassNames.Cifar10)
    {
        string unpacked = Path.Combine(options.Root, "cifar-10-batches-bin");
        Folder = Directory.Exists(unpacked) ? unpacked : options.Root;
    }

    /// <inheritdoc/>
    protected override string Folder { get; }

    /// <inheritdoc/>
    protected override IReadOnlyList<string[]> TrainFiles => [.. Enumerable.Range(1, 5).Select(i => new[] { $"data_batch_{i}.bin" })];

    /// <inheritdoc/>
    protected override IReadOnlyList<string[]> TestFiles => [["test_batch.bin"]];

    /// <inheritdoc/>
    protected override IEnumerable<LabelledImages> ReadTrain() => TrainFiles.Select(Read);

    /// <inheritdoc/>
    protected override IEnumerable<LabelledImages> ReadTest() => TestFiles.Select(Read);

    private LabelledImages Read(string[] names)
    {
        string path = BinaryFile.Find(Folder, names);
        byte[] bytes = ReadFile(path);
        if (bytes.Length == 0 || bytes.Length % RecordLength != 0)
            throw new InvalidDataException($"{path}: {bytes.Length} bytes; expected a multiple of {RecordLength}, one record");
        int count = bytes.Length / RecordLength;
        var labels = new byte[count];
        var pixels = new byte[count * 3 * Plane];
        for (int i = 0; i < count; i++)
        {
            var record = bytes.AsSpan(i * RecordLength, RecordLength);
            labels[i] = record[0];
            var image = pixels.AsSpan(i * 3 * Plane, 3 * Plane);
            for (int p = 0; p < Plane; p++)
            {
                image[3 * p] = record[1 + p];
                image[(3 * p) + 1] = record[1 + Plane + p];
                image[(3 * p) + 2] = record[1 + (2 * Plane) + p];
            }
        }

        CheckLabels(path, labels);
        return new LabelledImages(path, Side, Side, 3, pixels, labels);
    }
}
