using System.Runtime.ExceptionServices;
using Mmrr.Nn;

namespace Mmrr.App.Data;

/// <summary>A data set of image files, fitted to the square that was asked for.</summary>
internal abstract class ImageFileSource(DataOptions options) : DataSource(options)
{
    private int? channels = options.Channels;
    private int? bits = options.Bits;

    /// <inheritdoc/>
    public override ImageSet LoadTrain()
    {
        var (loaded, shared) = LoadTraining();
        return new ImageSet(Options.Size, Options.Size, shared, Samples(loaded, shared));
    }

    /// <inheritdoc/>
    public override ImageSet LoadTest()
    {
        var files = TestFiles();
        int shared = channels is { } known && bits is not null ? known : LoadTraining().Channels;
        return TestSet(Options.Root, shared, Samples(Load(files), shared));
    }

    /// <summary>
    /// As <see cref="ImageFolder.Files"/>, of a folder that must be there.
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">The folder is missing.</exception>
    protected string[] List(string folder)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"{folder}: no such folder");
        return ImageFolder.Files(folder, LeftOut);
    }

    /// <summary>Like <see cref="List"/>, but a folder without any image is an error.</summary>
    /// <exception cref="InvalidDataException">There is no image.</exception>
    protected string[] ListSome(string folder)
    {
        string[] names = List(folder);
        if (names.Length == 0)
            throw new InvalidDataException($"{folder}: no image in this folder; {ImageFolder.Expected}");
        return names;
    }

    /// <summary>The normal training images, at least one.</summary>
    protected abstract IReadOnlyList<Entry> TrainFiles();

    /// <summary>The test images.</summary>
    protected abstract IReadOnlyList<Entry> TestFiles();

    private static Sample[] Samples(Loaded[] loaded, int channels) =>
        Array.ConvertAll(loaded, l => l.Sample with { Pixels = ImagePixels.WithChannels(l.Sample.Pixels, l.Channels, channels) });

    private static byte[] ReadMask(string path, string imagePath, RasterImage image)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: no such file; expected the mask of {imagePath}");
        var mask = ImageFile.Read(path);
        if (mask.Height != image.Height || mask.Width != image.Width)
        {
            throw new InvalidDataException(
                $"{path}: mask of {mask.Width}x{mask.Height}; expected {image.Width}x{image.Height}, the size of {imagePath}");
        }

        return mask.Pixels.Bits == 8 ? Defective(mask.Pixels.Bytes, mask.Channels) : Defective(mask.Pixels.Words, mask.Channels);
    }

    /// <summary>Every value but 0 is a defect: masks are stored as 0 and 255, as 0 and 1, or as the numbers of kinds.</summary>
    private static byte[] Defective<T>(T[] mask, int channels)
        where T : IEquatable<T>
    {
        var result = new byte[mask.Length / channels];
        for (int i = 0; i < result.Length; i++)
            result[i] = (byte)(mask.AsSpan(i * channels, channels).IndexOfAnyExcept(default(T)!) < 0 ? 0 : 1);

        return result;
    }

    /// <summary>Loads the training images, which decide channels and depth where the options do not.</summary>
    /// <exception cref="InvalidDataException">Some have eight bits and some more: what range they have in common nobody could guess.</exception>
    private (Loaded[] Images, int Channels) LoadTraining()
    {
        var files = TrainFiles();
        var loaded = Load(files);
        channels ??= loaded.Max(l => l.Channels);
        if (bits is null && Array.Find(loaded, l => l.Sample.FileBits != loaded[0].Sample.FileBits) is { } other)
        {
            int at = Array.IndexOf(loaded, other);
            var (eight, more) = other.Sample.FileBits == 8 ? (at, 0) : (0, at);
            throw new InvalidDataException($"{files[eight].Path}: has 8 bits a value, and {files[more].Path} has more; a set has pictures of one depth: convert those of the other");
        }

        bits ??= loaded[0].Sample.FileBits;
        return (loaded, channels.Value);
    }

    private Loaded[] Load(IReadOnlyList<Entry> entries)
    {
        var loaded = new Loaded[entries.Count];
        var errors = new Exception?[entries.Count];
        Parallel.For(0, entries.Count, (i, state) =>
        {
            try
            {
                loaded[i] = Load(entries[i]);
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

    private Loaded Load(Entry entry)
    {
        var image = ImageFile.Read(entry.Path);
        var (pixels, height, width) = PreparedImage.Fit(Options.Fit, Options.Size, image.Pixels.WithBits(bits ?? image.Pixels.Bits), image.Height, image.Width, image.Channels);
        byte[]? mask = null;
        DefectRegions? regions = null;
        if (entry.MaskPath is not null)
        {
            byte[] full = ReadMask(entry.MaskPath, entry.Path, image);
            mask = FitMask(full, image.Height, image.Width);
            regions = DefectRegions.Find(full, image.Height, image.Width);
        }
        else if (entry.EmptyMask)
        {
            mask = new byte[height * width];
            regions = DefectRegions.None(image.Height, image.Width);
        }
        return new Loaded(new Sample(entry.Name, height, width, pixels, entry.Abnormal, entry.Kind, mask) { Regions = regions, FileBits = image.Pixels.Bits }, image.Channels);
    }

    private byte[] FitMask(byte[] mask, int height, int width)
    {
        if (Options.Fit == ImageFit.Tile)
            return mask;
        var region = ImageRegion.Of(Options.Fit, height, width);
        return MaskResampling.Resize(region.Cut<byte>(mask, width, 1), region.Height, region.Width, Options.Size, Options.Size);
    }

    /// <summary>An image file to load.</summary>
    /// <param name="Name">Name of the sample.</param>
    /// <param name="Path">File to read.</param>
    /// <param name="Abnormal">Its label.</param>
    /// <param name="Kind">Its kind.</param>
    /// <param name="MaskPath">Mask file that must exist, or null.</param>
    /// <param name="EmptyMask">Whether an image without mask file gets a mask of zeros.</param>
    protected sealed record Entry(string Name, string Path, bool Abnormal, string Kind, string? MaskPath = null, bool EmptyMask = false);

    /// <summary>A sample that still has the channels of its own file.</summary>
    private sealed record Loaded(Sample Sample, int Channels);
}
