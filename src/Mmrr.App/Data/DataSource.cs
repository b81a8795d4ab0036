namespace Mmrr.App.Data;

/// <summary>A data set on disk from which the normal training images and the labelled test images are loaded.</summary>
/// <remarks>
/// Damaged or missing data is reported by <see cref="InvalidDataException"/>, <see cref="FileNotFoundException"/> or
/// <see cref="DirectoryNotFoundException"/> with one line that names the file or folder.
/// </remarks>
internal abstract class DataSource
{
    /// <summary>Keeps the options for the derived class.</summary>
    protected DataSource(DataOptions options) => Options = options;

    /// <summary>The layouts that <see cref="Open"/> knows.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["mnist", "fmnist", "cifar10", "mvtec", "folder", "csv"];

    /// <summary>What lay in the folders that were loaded and is not in the set.</summary>
    public Omissions LeftOut { get; } = new();

    /// <summary>What was asked for.</summary>
    protected DataOptions Options { get; }

    /// <summary>Side in pixels that images of this kind are resized to unless told otherwise: 32 or 256.</summary>
    /// <exception cref="ArgumentException">The kind is not one of <see cref="Kinds"/>.</exception>
    public static int DefaultSize(string kind) => kind switch
    {
        "mnist" or "fmnist" or "cifar10" => 32,
        "mvtec" or "folder" or "csv" => 256,
        _ => throw UnknownKind(kind),
    };

    /// <summary>Opens a data set. Files are read by <see cref="LoadTrain"/> and <see cref="LoadTest"/>.</summary>
    /// <exception cref="ArgumentException">Unknown kind, or a size or channel count out of range.</exception>
    /// <exception cref="DirectoryNotFoundException">A folder is missing.</exception>
    /// <exception cref="InvalidDataException">The normal class is unknown, or the folders overlap.</exception>
    public static DataSource Open(DataOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Size, 1);
        if (options.Channels is not (null or 1 or 3))
            throw new ArgumentException($"channels must be 1 or 3, not {options.Channels}");
        _ = DefaultSize(options.Kind);
        if (options.Kind != "csv" && !Directory.Exists(options.Root))
            throw new DirectoryNotFoundException($"{options.Root}: {(File.Exists(options.Root) ? "a file; expected a folder (a list of files is read by --data csv)" : "no such folder")}");
        return options.Kind switch
        {
            "mnist" => new IdxSource(options, ClassNames.Digits),
            "fmnist" => new IdxSource(options, ClassNames.Fashion),
            "cifar10" => new Cifar10Source(options),
            "mvtec" => new MvtecSource(options),
            "folder" => new FolderSource(options),
            "csv" => new CsvSource(options),
            _ => throw UnknownKind(options.Kind),
        };
    }

    /// <summary>Loads the training images: those of the normal class only, at least one.</summary>
    public abstract ImageSet LoadTrain();

    /// <summary>Loads all test images with their labels: at least one normal and one abnormal image.</summary>
    public abstract ImageSet LoadTest();

    /// <summary>Makes a set, after checking that a test set can tell normal from abnormal.</summary>
    /// <param name="origin">File or folder that the message names.</param>
    /// <param name="channels">Channels of every sample.</param>
    /// <param name="samples">The test images.</param>
    protected ImageSet TestSet(string origin, int channels, Sample[] samples)
    {
        foreach (bool abnormal in (ReadOnlySpan<bool>)[false, true])
        {
            if (!Array.Exists(samples, s => s.Abnormal == abnormal))
                throw new InvalidDataException($"{origin}: the test set has no {(abnormal ? "abnormal" : "normal")} image");
        }

        return new ImageSet(Options.Size, Options.Size, channels, samples);
    }

    private static ArgumentException UnknownKind(string kind) =>
        new($"unknown kind of data '{kind}'; expected one of {string.Join(", ", Kinds)}");
}
