namespace Mmrr.Training.Data;

/// <summary>A data set on disk from which the normal training images and the labelled test images are loaded.</summary>
/// <remarks>
/// Damaged or missing data is reported by <see cref="InvalidDataException"/>, <see cref="FileNotFoundException"/> or
/// <see cref="DirectoryNotFoundException"/> with one line that names the file or folder.
/// </remarks>
internal abstract class DataSource
{
    private readonly List<string> notes = [];

    /// <summary>Keeps the options for the derived class.</summary>
    protected DataSource(DataOptions options)
    {
        Options = options;
        if (options.ByPlace)
            Note(
                "the run is of an earlier version, without data.json: "
                + "its images are drawn again, and whether they are still its training images cannot be checked");
    }

    /// <summary>The layouts that <see cref="Open"/> knows.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["mnist", "fmnist", "cifar10", "mvtec", "folder", "csv"];

    /// <summary>The files in the loaded folders that are not in the set.</summary>
    public Omissions LeftOut { get; } = new();

    /// <summary>The requested data.</summary>
    protected DataOptions Options { get; }


    /// <summary>
    /// The default side in pixels of images of this layout: 32 for the class data sets, else 256, for which presets have their own sizes.
    /// </summary>
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
            throw new DirectoryNotFoundException(
                $"{options.Root}: {(File.Exists(options.Root) ? "a file; expected a folder (a list of files is read by --data csv)" : "no such folder")}");
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

    /// <summary>
    /// Loads the normal images that are not test images, at least one, each with its part: from the run's record where there is a run, else drawn by the
    /// seed.
    /// </summary>
    /// <exception cref="InvalidDataException">Recorded images are missing or changed.</exception>
    public abstract ImageSet LoadTrain();

    /// <summary>
    /// Loads the test images with their labels: at least one normal and one abnormal image. With a run, they are those of its record that are unchanged.
    /// </summary>
    public abstract ImageSet LoadTest();

    /// <summary>The record of the data that a run keeps.</summary>
    /// <param name="train">The set from <see cref="LoadTrain"/>.</param>
    public abstract DataRecord Record(ImageSet train);

    /// <summary>Remarks on the loaded images, one line each: what has changed since the run began, and what was left out.</summary>
    public IEnumerable<string> Remarks() => LeftOut.Describe() is { } leftOut ? [.. notes, leftOut] : notes;

    /// <summary>Adds a remark, once however often it is found.</summary>
    protected void Note(string line)
    {
        if (!notes.Contains(line)) notes.Add(line);
    }

    /// <summary>Makes a test set, after checking that it has normal and abnormal images.</summary>
    /// <param name="origin">File or folder to name in the message.</param>
    /// <param name="channels">Channels of every sample.</param>
    /// <param name="samples">The test images.</param>
    protected ImageSet TestSet(string origin, int channels, Sample[] samples)
    {
        string[] unmarked = [.. samples.Where(s => s.Abnormal && s.Regions is { Areas.Count: 0 }).Select(s => s.Name)];
        NoteMasks("abnormal image", unmarked, "nothing");
        string[] full = [.. samples.Where(s => s.Regions is { } r && r.Areas.Sum(a => (long)a) == (long)r.Height * r.Width).Select(s => s.Name)];
        NoteMasks("image", full, "every pixel");
        foreach (bool abnormal in (ReadOnlySpan<bool>)[false, true])
        {
            if (!Array.Exists(samples, s => s.Abnormal == abnormal))
                throw new InvalidDataException(
                    $"{origin}: the test set has no {(abnormal ? "abnormal" : "normal")} image{string.Concat(notes.Select(n => $"; {n}"))}");
        }

        return new ImageSet(Options.Size, Options.Size, channels, samples);
    }

    private void NoteMasks(string what, string[] names, string marked)
    {
        if (names.Length == 1) Note($"1 {what} has a mask that marks {marked}: {names[0]}");
        else if (names.Length > 1) Note($"{names.Length} {what}s have a mask that marks {marked}: {names[0]} and others");
    }

    /// <summary>Opens a folder of other test images for a run, see <see cref="OtherTestSource"/>.</summary>
    /// <param name="options">The run's data.</param>
    /// <param name="folder">The folder.</param>
    /// <exception cref="DirectoryNotFoundException">The folder is missing.</exception>
    public static DataSource OpenTest(DataOptions options, string folder) => new OtherTestSource(options, folder);

    private static ArgumentException UnknownKind(string kind) =>
        new($"unknown kind of data '{kind}'; expected one of {string.Join(", ", Kinds)}");
}
