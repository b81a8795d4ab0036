using System.Globalization;
using Mmrr.Nn;

namespace Mmrr.App.Data;

/// <summary>Images of one data file with their labels.</summary>
/// <param name="Path">File the labels came from.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Channels">1 or 3.</param>
/// <param name="Pixels">[N, H, W, C].</param>
/// <param name="Labels">[N], 0..9.</param>
internal sealed record LabelledImages(string Path, int Height, int Width, int Channels, byte[] Pixels, byte[] Labels);

/// <summary>A set of ten labelled classes used one against all: one class is normal, the nine others are abnormal.</summary>
internal abstract class ClassSource : DataSource
{
    private readonly IReadOnlyList<string> names;
    private readonly int normal;

    /// <summary>Finds the normal class among the names.</summary>
    protected ClassSource(DataOptions options, IReadOnlyList<string> names)
        : base(options)
    {
        this.names = names;
        normal = ClassNames.Parse(names, options.Normal, options.Root);
    }

    /// <inheritdoc/>
    public override ImageSet LoadTrain()
    {
        var (channels, samples) = Load(ReadTrain(), normalOnly: true);
        if (samples.Length == 0)
            throw new InvalidDataException($"{Options.Root}: no training image of class '{names[normal]}'");
        return new ImageSet(Options.Size, Options.Size, channels, samples);
    }

    /// <inheritdoc/>
    public override ImageSet LoadTest()
    {
        var (channels, samples) = Load(ReadTest(), normalOnly: false);
        return TestSet(Options.Root, channels, samples);
    }

    /// <summary>Reads the training files, in order.</summary>
    protected abstract IEnumerable<LabelledImages> ReadTrain();

    /// <summary>Reads the test files, in order.</summary>
    protected abstract IEnumerable<LabelledImages> ReadTest();

    /// <summary>Throws when a label is not one of 0..9.</summary>
    /// <param name="path">File the labels came from.</param>
    /// <param name="labels">[N].</param>
    protected static void CheckLabels(string path, ReadOnlySpan<byte> labels)
    {
        int bad = labels.IndexOfAnyExceptInRange((byte)0, (byte)9);
        if (bad >= 0)
            throw new InvalidDataException($"{path}: label {labels[bad]} at index {bad}; expected 0..9");
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
                loaded[k] = new Sample(name, Options.Size, Options.Size, ImagePixels.WithChannels(pixels, file.Channels, Options.Channels ?? file.Channels), label != normal, names[label]);
            });
            samples.AddRange(loaded);
            offset += file.Labels.Length;
        }

        return (channels, [.. samples]);
    }
}
