using System.Runtime.ExceptionServices;
using Mmrr.Nn;

namespace Mmrr.Training.Data;

/// <summary>A data set of image files, fitted to the requested square.</summary>
internal abstract class ImageFileSource(DataOptions options) : DataSource(options)
{
    /// <summary>The folder of normal images, in layouts with one folder per kind.</summary>
    protected const string Good = "good";

    // The test share of earlier versions.
    private const double TestedByPlace = 0.2;

    private readonly Dictionary<string, string> hashes = [];
    private int? channels = options.Channels;
    private int? bits = options.Bits;

    /// <summary>Whether some of <see cref="NormalFiles"/> become test images; then at least two are eligible.</summary>
    protected abstract bool DrawsTest { get; }

    /// <inheritdoc/>
    public override ImageSet LoadTrain()
    {
        var (loaded, shared) = LoadTraining();
        return new ImageSet(Options.Size, Options.Size, shared, Samples(loaded, shared));
    }

    /// <inheritdoc/>
    public override ImageSet LoadTest()
    {
        var (found, samples) = Load(TestEntries());
        return TestSet(Options.Root, found, samples);
    }

    /// <inheritdoc/>
    public override DataRecord Record(ImageSet train)
    {
        IEnumerable<Entry> tested = DrawsTest ? Divided().Where(e => e.Part == ImagePart.Test) : [];
        return new DataRecord
        {
            Files = new Dictionary<string, string>(),
            Images =
            [
                .. train.Samples.Select(s => new RecordedImage(s.Name, s.Part, s.Hash) { Kind = s.Kind }),
                .. tested.Concat(Hashed(TestFilesThatThereAre())).OrderBy(e => e.Place)
                    .Select(e => new RecordedImage(e.Name, ImagePart.Test, e.Hash) { Kind = e.Kind }),
            ],
        };
    }

    /// <summary>As <see cref="ImageFolder.Files"/>, for a folder that must exist.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder is missing.</exception>
    protected string[] List(string folder)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"{folder}: no such folder");
        return ImageFolder.Files(folder, LeftOut);
    }

    /// <summary>As <see cref="List"/>, but a folder without images is an error.</summary>
    /// <exception cref="InvalidDataException">There is no image.</exception>
    protected string[] ListSome(string folder)
    {
        string[] names = List(folder);
        if (names.Length == 0)
            throw new InvalidDataException(
                $"{folder}: no image in this folder; {ImageFolder.Expected}{(LeftOut.Describe() is { } leftOut ? $" ({leftOut})" : "")}");
        return names;
    }

    /// <summary>The kind of defect of an image in a folder of abnormal images: the name of the sub-folder.</summary>
    protected static string KindOf(string name) =>
        name.Contains('/', StringComparison.Ordinal) ? name[..name.IndexOf('/', StringComparison.Ordinal)] : "abnormal";

    /// <summary>Rejects a folder <c>good</c> among abnormal images.</summary>
    /// <exception cref="InvalidDataException">There is such a folder.</exception>
    protected static void RefuseGood(string folder, IEnumerable<string> names)
    {
        string own = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        if (own.Equals(Good, StringComparison.OrdinalIgnoreCase))
            throw new InvalidDataException(
                $"{folder}: a folder 'good' is given as a folder of abnormal images; are they normal? If not, rename that folder");
        if (names.FirstOrDefault(name => name.Split('/').SkipLast(1).Contains(Good, StringComparer.OrdinalIgnoreCase)) is { } good)
        {
            throw new InvalidDataException(
                $"{Path.Combine(folder, good)}: lies in a folder 'good' below the abnormal images; are they normal? "
                + "Then give only the folders of defects, or move them; if not, rename that folder");
        }
    }

    /// <summary>The normal images that training draws from, at least one.</summary>
    protected abstract IReadOnlyList<Entry> NormalFiles();

    /// <summary>The images that are test images in any draw.</summary>
    protected abstract IReadOnlyList<Entry> TestFiles();

    /// <summary>Loads files and converts them to the set's channels.</summary>
    protected (int Channels, Sample[] Samples) Load(IReadOnlyList<Entry> entries)
    {
        int shared = channels is { } known && bits is not null ? known : LoadTraining().Channels;
        // Images to be tiled may have any size: each is read once to check it, and again when it is scored.
        return (shared, Samples(LoadFiles(entries, keep: Options.Fit != ImageFit.Tile), shared));
    }

    private Entry[] TrainEntries()
    {
        if (Options.Record is not { } record) return [.. Divided().Where(e => e.Part != ImagePart.Test).Select(AsNormal)];
        var normal = NormalFiles();
        var found = Hashed([.. normal, .. TestFilesThatThereAre()]);
        Func<ImagePart, bool> needed = part => part != ImagePart.Test;
        var recognition = Recognize(record, found, normal.Count, needed);
        if (recognition.Lost(needed) is { } lost)
            throw new InvalidDataException($"{Options.Root}: the images are not those that the run began with: {lost}");
        return [.. Known(record, recognition, found).Where(e => e.Part != ImagePart.Test).Select(AsNormal)];
    }

    private static Entry AsNormal(Entry entry) => entry with { Abnormal = false, Kind = Good, MaskPath = null, EmptyMask = false };

    private Entry[] TestEntries()
    {
        if (Options.Record is not { } record)
            return [.. (DrawsTest ? Divided().Where(e => e.Part == ImagePart.Test) : []).Concat(TestFiles())
                .OrderBy(e => e.Place).Select(e => e with { Part = ImagePart.Test })];
        var tested = TestFiles();
        var found = Hashed([.. NormalFilesThatThereAre(), .. tested]);
        int normal = found.Length - tested.Count;
        var recognition = Recognize(record, found, normal, needed: part => part == ImagePart.Test);
        if (record.Leak() is { } leak) Note(leak);
        if (record.HasTest) return [.. Known(record, recognition, found).Where(e => e.Part == ImagePart.Test)];
        Entry[] others = [.. found[normal..].Where((_, i) => recognition.IsNew(normal + i)).Select(e => e with { Part = ImagePart.Test })];
        Note($"there was no test image when training began: the {others.Length} that exist now are tested");
        return others;
    }

    /// <summary>The files of the recorded images, with their recorded names and in their recorded order.</summary>
    private static IEnumerable<Entry> Known(DataRecord record, Recognition recognition, Entry[] found) =>
        record.Images.Select((image, k) => (image, Place: recognition.Places[k]))
            .Where(k => k.Place >= 0).Select(k => found[k.Place] with { Name = k.image.Name, Part = k.image.Part });

    /// <summary>Compares the record with the existing files, and adds remarks.</summary>
    /// <param name="record">The record.</param>
    /// <param name="found">The normal images, then those that are test images in any draw.</param>
    /// <param name="normal">How many of them are normal images.</param>
    /// <param name="needed">The parts whose images must be readable.</param>
    private Recognition Recognize(DataRecord record, Entry[] found, int normal, Func<ImagePart, bool> needed)
    {
        var recognition = new Recognition(record.Images, [.. found.Select(e => (e.Name, e.Hash, e.Kind))]);
        foreach (string line in recognition.Describe(i => record.HasTest || i < normal)) Note(line);
        // Reading such a file again throws the reason.
        foreach (int i in recognition.Unreadable(needed)) ImageFile.ReadFromDisk(found[i].Path);
        return recognition;
    }

    /// <summary>The normal images, each with its drawn part.</summary>
    private Entry[] Divided()
    {
        var normal = NormalFiles();
        if (Options.ByPlace) return DividedByPlace(normal);
        Entry[] hashed = Hashed(normal);
        ImagePart[] parts = PartDraw.Draw([.. hashed.Select(e => (e.Hash, !e.Kept))], Options.Seed, DrawsTest, Options.PaperSplit);
        return [.. hashed.Select((e, i) => e with { Part = parts[i] })];
    }

    /// <summary>The normal images, divided as in earlier versions.</summary>
    private Entry[] DividedByPlace(IReadOnlyList<Entry> normal)
    {
        Entry[] divided = [.. normal];
        int[] free = [.. Enumerable.Range(0, divided.Length).Where(i => !divided[i].Kept)];
        int[] tested = DrawsTest ? [.. Sampling.Split(free.Length, TestedByPlace, Options.Seed).Second.Select(i => free[i])] : [];
        foreach (int i in tested) divided[i] = divided[i] with { Part = ImagePart.Test };
        int[] rest = [.. Enumerable.Range(0, divided.Length).Except(tested)];
        ImagePart[] parts = Sampling.Parts(rest.Length, Options.Seed, Options.PaperSplit);
        foreach (var (k, i) in rest.Index()) divided[i] = divided[i] with { Part = parts[k] };
        return divided;
    }

    private Entry[] TestFilesThatThereAre() => ThatThereAre(TestFiles);

    private Entry[] NormalFilesThatThereAre() => ThatThereAre(NormalFiles);

    private static Entry[] ThatThereAre(Func<IReadOnlyList<Entry>> files)
    {
        try
        {
            return [.. files()];
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            // These files were not requested: they must not fail the work on those that were.
            return [];
        }
    }

    private Entry[] Hashed(IReadOnlyList<Entry> entries)
    {
        string[] unknown = [.. entries.Select(e => e.Path).Where(path => !hashes.ContainsKey(path)).Distinct()];
        foreach (var (i, hash) in ContentHash.OfFiles(unknown).Index()) hashes[unknown[i]] = hash;
        return [.. entries.Select(e => e with { Hash = hashes[e.Path] })];
    }

    private static Sample[] Samples(Loaded[] loaded, int channels) =>
        Array.ConvertAll(loaded, l => l.Sample.Read is { } read
            ? l.Sample with { Read = () => ImagePixels.WithChannels(read(), l.Channels, channels) }
            : l.Sample with { Pixels = ImagePixels.WithChannels(l.Sample.Pixels, l.Channels, channels) });

    /// <summary>Loads the training images, which determine channels and depth where the options do not.</summary>
    /// <exception cref="InvalidDataException">Some images have eight bits and some more, so they have no common range.</exception>
    private (Loaded[] Images, int Channels) LoadTraining()
    {
        var files = TrainEntries();
        var loaded = LoadFiles(files);
        channels ??= loaded.Max(l => l.Channels);
        if (bits is null && Array.Find(loaded, l => l.Sample.FileBits != loaded[0].Sample.FileBits) is { } other)
        {
            int at = Array.IndexOf(loaded, other);
            var (eight, more) = other.Sample.FileBits == 8 ? (at, 0) : (0, at);
            throw new InvalidDataException(
                $"{files[eight].Path}: has 8 bits a value, and {files[more].Path} has more; all images of a set must have one depth; convert one kind");
        }

        bits ??= loaded[0].Sample.FileBits;
        return (loaded, channels.Value);
    }

    private Loaded[] LoadFiles(IReadOnlyList<Entry> entries, bool keep = true)
    {
        var loaded = new Loaded[entries.Count];
        var errors = new Exception?[entries.Count];
        Parallel.For(0, entries.Count, (i, state) =>
        {
            try
            {
                loaded[i] = ImageMemory.Use(entries[i].Path, () => LoadFile(entries[i], keep));
                if (!keep) ImageMemory.Release(loaded[i].Sample);
            }
            catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                // Break still runs every earlier index, so the error reported is always that of the first bad file.
                errors[i] = e;
                state.Break();
            }
        });
        if (Array.Find(errors, e => e is not null) is { } first)
            ExceptionDispatchInfo.Throw(first);
        return loaded;
    }

    private Loaded LoadFile(Entry entry, bool keep)
    {
        var image = ImageFile.ReadFromDisk(entry.Path);
        var fitted = Fitted(image);
        var (height, width) = (fitted.Height, fitted.Width);
        byte[]? mask = null;
        DefectRegions? regions = null;
        if (entry.MaskPath is not null)
        {
            byte[] full = MaskFile.Read(entry.MaskPath, entry.Path, image.Height, image.Width);
            mask = FitMask(full, image.Height, image.Width, fitted.Box);
            regions = DefectRegions.Find(full, image.Height, image.Width);
        }
        else if (entry.EmptyMask)
        {
            mask = new byte[height * width];
            regions = DefectRegions.None(image.Height, image.Width);
        }
        // The reader must not capture the pixels.
        int own = image.Channels;
        var sample = new Sample(entry.Name, height, width, keep ? fitted.Pixels : default, entry.Abnormal, entry.Kind, keep ? mask : null)
        {
            Part = entry.Part,
            Hash = entry.Hash,
            Regions = regions,
            FileBits = image.Pixels.Bits,
            Box = fitted.Box,
            Read = keep ? null : () => Again(entry.Path, height, width, own),
        };
        return new Loaded(sample, own);
    }

    private PixelValues Again(string path, int height, int width, int imageChannels) => ImageMemory.Use(path, () =>
    {
        var image = ImageFile.ReadFromDisk(path);
        var again = Fitted(image);
        return (again.Height, again.Width, image.Channels) == (height, width, imageChannels)
            ? again.Pixels
            : throw new InvalidDataException($"{path}: changed while it was evaluated");
    });

    private PreparedImage Fitted(RasterImage image) =>
        PreparedImage.Fit(Options.Fit, Options.Size, image.Pixels.WithBits(bits ?? image.Pixels.Bits), image.Height, image.Width, image.Channels);

    private byte[] FitMask(byte[] mask, int height, int width, PartBox? box)
    {
        if (Options.Fit == ImageFit.Tile)
            return mask;
        if (box is { } part)
            return MaskResampling.Cut(mask, height, width, part, Options.Size);
        var region = ImageRegion.Of(Options.Fit, height, width);
        return MaskResampling.Resize(region.Cut<byte>(mask, width, 1), region.Height, region.Width, Options.Size, Options.Size);
    }

    /// <summary>An image file to load.</summary>
    /// <param name="Name">Name of the sample.</param>
    /// <param name="Path">Path of the file.</param>
    /// <param name="Abnormal">Its label.</param>
    /// <param name="Kind">Its kind.</param>
    /// <param name="MaskPath">Mask file that must exist, or null.</param>
    /// <param name="EmptyMask">Whether an image without mask file gets a mask of zeros.</param>
    protected sealed record Entry(string Name, string Path, bool Abnormal, string Kind, string? MaskPath = null, bool EmptyMask = false)
    {
        /// <summary>Its position among the test images, where the layout has an order.</summary>
        public long Place { get; init; }

        /// <summary>Whether it must not be drawn as a test image.</summary>
        public bool Kept { get; init; }

        /// <summary>Its part in the run.</summary>
        public ImagePart Part { get; init; }

        /// <summary>Its <see cref="ContentHash"/>; empty where it was not computed.</summary>
        public string Hash { get; init; } = "";
    }

    /// <summary>A sample that still has the channels of its own file.</summary>
    private sealed record Loaded(Sample Sample, int Channels);
}
