namespace Mmrr.App.Data;

/// <summary>
/// A folder of normal images, with sub-folders. With a second folder of abnormal images, a fifth of the normal ones,
/// drawn by the seed, is kept out of training and tested together with those.
/// </summary>
internal sealed class FolderSource : ImageFileSource
{
    /// <summary>The share of the normal images that is kept out of training where there are abnormal ones.</summary>
    public const double HeldOut = 0.2;

    /// <summary>Checks that the two folders are apart.</summary>
    public FolderSource(DataOptions options)
        : base(options)
    {
        if (options.Abnormal is null)
            return;
        if (!Directory.Exists(options.Abnormal))
            throw new DirectoryNotFoundException($"{options.Abnormal}: no such folder");
        if (Contains(options.Root, options.Abnormal) || Contains(options.Abnormal, options.Root))
            throw new InvalidDataException($"{options.Abnormal}: the abnormal images must not share a folder tree with the normal ones in {options.Root}");
        if (List(options.Abnormal).FirstOrDefault(InGood) is { } good)
        {
            throw new InvalidDataException(
                $"{Path.Combine(options.Abnormal, good)}: lies in a folder 'good' below the abnormal images; are they normal? Then name the folders of the defects only, or move them; if they are not, rename that folder");
        }
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Entry> TrainFiles()
    {
        string[] names = ListSome(Options.Root);
        return Options.Abnormal is null ? Normal(names) : Normal(HoldOut(names).Train);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Entry> TestFiles()
    {
        if (Options.Abnormal is not { } abnormal)
            throw new InvalidDataException($"{Options.Root}: a folder without --abnormal has no test set");
        string prefix = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(abnormal)));
        var entries = new List<Entry>(Normal(HoldOut(ListSome(Options.Root)).Test));
        foreach (string name in ListSome(abnormal))
        {
            string kind = name.Contains('/', StringComparison.Ordinal) ? name[..name.IndexOf('/', StringComparison.Ordinal)] : "abnormal";
            entries.Add(new Entry($"{prefix}/{name}", Path.Combine(abnormal, name), true, kind));
        }

        return entries;
    }

    private static bool InGood(string name) => name.Split('/').SkipLast(1).Contains("good", StringComparer.OrdinalIgnoreCase);

    private static bool Contains(string folder, string other)
    {
        string relative = Path.GetRelativePath(folder, other);
        return relative == "." || !(relative == ".." || relative.StartsWith($"..{Path.DirectorySeparatorChar}", StringComparison.Ordinal) || Path.IsPathRooted(relative));
    }

    private (string[] Train, string[] Test) HoldOut(string[] names)
    {
        if (names.Length < 2)
            throw new InvalidDataException($"{Options.Root}: {names.Length} normal image; expected at least 2, one to train on and one to test");
        var (train, test) = Sampling.Split(names.Length, HeldOut, Options.Seed);
        return (Array.ConvertAll(train, i => names[i]), Array.ConvertAll(test, i => names[i]));
    }

    private Entry[] Normal(string[] names) =>
        Array.ConvertAll(names, name => new Entry(name, Path.Combine(Options.Root, name), false, "good"));
}
