namespace Mmrr.Training.Data;

/// <summary>
/// A folder of normal images, with sub-folders. With a second folder of abnormal images, about a fifth of the normal ones is kept out of training, see
/// <see cref="PartDraw"/>, and used as test images with them.
/// </summary>
internal sealed class FolderSource : ImageFileSource
{
    /// <summary>Checks that the two folders do not overlap.</summary>
    public FolderSource(DataOptions options)
        : base(options)
    {
        if (options.Abnormal is null)
            return;
        if (!Directory.Exists(options.Abnormal))
            throw new DirectoryNotFoundException($"{options.Abnormal}: no such folder");
        if (RealPath.Contains(options.Root, options.Abnormal) || RealPath.Contains(options.Abnormal, options.Root))
            throw new InvalidDataException($"{options.Abnormal}: the abnormal images must not share a folder tree with the normal ones in {options.Root}");
        RefuseGood(options.Abnormal, List(options.Abnormal));
    }

    /// <inheritdoc/>
    protected override bool DrawsTest => Options.Abnormal is not null;

    /// <inheritdoc/>
    protected override IReadOnlyList<Entry> NormalFiles()
    {
        string[] names = ListSome(Options.Root);
        if (DrawsTest && names.Length < 2)
            throw new InvalidDataException($"{Options.Root}: {names.Length} normal image; expected at least 2, one to train on and one to test");
        return Array.ConvertAll(names, name => new Entry(name, Path.Combine(Options.Root, name), false, "good"));
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Entry> TestFiles()
    {
        if (Options.Abnormal is not { } abnormal)
            throw new InvalidDataException($"{Options.Root}: a folder without --abnormal has no test set");
        string prefix = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(abnormal)));
        return Array.ConvertAll(ListSome(abnormal), name => new Entry($"{prefix}/{name}", Path.Combine(abnormal, name), true, KindOf(name)));
    }
}
