using System.Globalization;
using Mmrr.Nn;

namespace Mmrr.Training.Data;

/// <summary>Images of one data file with their labels.</summary>
/// <param name="Path">File the labels came from.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Channels">1 or 3.</param>
/// <param name="Pixels">[N, H, W, C].</param>
/// <param name="Labels">[N], 0..9.</param>
internal sealed record LabelledImages(string Path, int Height, int Width, int Channels, byte[] Pixels, byte[] Labels);

/// <summary>A set of ten labelled classes used one against all: one class is normal, the other nine are abnormal.</summary>
internal abstract class ClassSource : DataSource
{
    private readonly Dictionary<string, string> hashes = [];
    private readonly IReadOnlyList<string> names;
    private readonly int normal;

    /// <summary>Finds the normal class among the names.</summary>
    protected ClassSource(DataOptions options, IReadOnlyList<string> names)
        : base(options)
    {
        this.names = names;
        normal = ClassNames.Parse(names, options.Normal, options.Root);
    }

    /// <summary>The folder of the files.</summary>
    protected abstract string Folder { get; }

    /// <summary>The training files, each with its possible names.</summary>
    protected abstract IReadOnlyList<string[]> TrainFiles { get; }

    /// <summary>The test files, likewise.</summary>
    protected abstract IReadOnlyList<string[]> TestFiles { get; }

    /// <inheritdoc/>
    public override ImageSet LoadTrain()
    {
        var (channels, samples) = Load(ReadTrain(), normalOnly: true);
        if (samples.Length == 0)
            throw new InvalidDataException($"{Options.Root}: no training image of class '{names[normal]}'");
        if (Options.Record is not { } record)
        {
            ImagePart[] drawn = Sampling.Parts(samples.Length, Options.Seed, Options.PaperSplit);
            return new ImageSet(Options.Size, Options.Size, channels, [.. samples.Select((s, i) => s with { Part = drawn[i] })]);
        }

        Check(record, TrainFiles);
        var parts = record.Images.ToLookup(i => i.Name, i => i.Part);
        return new ImageSet(
            Options.Size, Options.Size, channels, [.. samples.Where(s => parts.Contains(s.Name)).Select(s => s with { Part = parts[s.Name].First() })]);
    }

    /// <inheritdoc/>
    public override ImageSet LoadTest()
    {
        var (channels, samples) = Load(ReadTest(), normalOnly: false);
        if (Options.Record is { } record)
        {
            Check(record, TestFiles);
            foreach (string[] file in TrainFiles)
            {
                if (record.Files.TryGetValue(file[0], out string? known) && HashIfThere(file) is var hash && hash != known)
                    Note($"{(hash.Length == 0 ? "missing" : "changed")} since training began: {Path.Combine(Folder, file[0])} (training)");
            }
        }

        return TestSet(Options.Root, channels, [.. samples.Select(s => s with { Part = ImagePart.Test })]);
    }

    /// <inheritdoc/>
    public override DataRecord Record(ImageSet train) => new()
    {
        Files = TrainFiles.Concat(TestFiles)
            .Select(file => (Name: file[0], Hash: HashIfThere(file)))
            .Where(f => f.Hash.Length > 0)
            .ToDictionary(f => f.Name, f => f.Hash),
        Images = [.. train.Samples.Select(s => new RecordedImage(s.Name, s.Part, ""))],
    };

    /// <summary>Reads the training files, in order.</summary>
    protected abstract IEnumerable<LabelledImages> ReadTrain();

    /// <summary>Reads the test files, in order.</summary>
    protected abstract IEnumerable<LabelledImages> ReadTest();

    /// <summary>Reads a file and decompresses it.</summary>
    protected byte[] ReadFile(string path)
    {
        byte[] bytes = BinaryFile.Read(path);
        if (!hashes.ContainsKey(path))
            hashes[path] = ContentHash.Of(bytes);
        return bytes;
    }

    /// <summary>Throws if a label is not in 0..9.</summary>
    /// <param name="path">File the labels came from.</param>
    /// <param name="labels">[N].</param>
    protected static void CheckLabels(string path, ReadOnlySpan<byte> labels)
    {
        int bad = labels.IndexOfAnyExceptInRange((byte)0, (byte)9);
        if (bad >= 0)
            throw new InvalidDataException($"{path}: label {labels[bad]} at index {bad}; expected 0..9");
    }

    private string Hash(string[] file)
    {
        string path = BinaryFile.Find(Folder, file);
        if (!hashes.ContainsKey(path))
            _ = ReadFile(path);
        return hashes[path];
    }

    private string HashIfThere(string[] file)
    {
        try
        {
            return Hash(file);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private void Check(DataRecord record, IReadOnlyList<string[]> files)
    {
        foreach (string[] file in files)
        {
            if (!record.Files.TryGetValue(file[0], out string? known))
                Note($"{Path.Combine(Folder, file[0])} did not exist when training began");
            else if (Hash(file) != known)
                throw new InvalidDataException(
                    $"{BinaryFile.Find(Folder, file)}: the images are not those that the run began with: the file's content has changed");
        }
    }

    private (int Channels, Sample[] Samples) Load(IEnumerable<LabelledImages> files, bool normalOnly)
    {
        int channels = 0;
        int offset = 0;
        var samples = new List<Sample>();
        foreach (var file in files)
        {
            channels = Options.Channels ?? file.Channels;
            int[] chosen = [.. Enumerable.Range(0, file.Labels.Length).Where(i => !normalOnly || file.Labels[i] == normal)];
            var loaded = new Sample[chosen.Length];
            var resampling = new Resampling(file.Height, file.Width, Options.Size, Options.Size);
            int length = file.Height * file.Width * file.Channels;
            int first = offset;
            Parallel.For(0, chosen.Length, k =>
            {
                int i = chosen[k];
                byte[] pixels = resampling.Resize<byte>(file.Pixels.AsSpan(i * length, length), file.Channels);
                string name = (first + i).ToString(CultureInfo.InvariantCulture);
                int label = file.Labels[i];
                loaded[k] = new Sample(
                    name, Options.Size, Options.Size, ImagePixels.WithChannels(pixels, file.Channels, Options.Channels ?? file.Channels),
                    label != normal, names[label]);
            });
            samples.AddRange(loaded);
            offset += file.Labels.Length;
        }

        return (channels, [.. samples]);
    }
}
