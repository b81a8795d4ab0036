namespace Mmrr.App.Data;

/// <summary>
/// MVTec AD layout of one category: <c>train/good</c>, <c>test/{good,defect}</c> and <c>ground_truth/defect</c> with a
/// mask <c>NNN_mask.png</c> for every defect image <c>NNN.*</c>; or without <c>ground_truth</c>, then there are no masks.
/// </summary>
internal sealed class MvtecSource : ImageFileSource
{
    private const string Good = "good";
    private readonly string category;

    /// <summary>Finds the category under the root.</summary>
    public MvtecSource(DataOptions options)
        : base(options)
    {
        category = Path.Combine(options.Root, options.Normal);
        if (options.Normal.Length == 0 || !Directory.Exists(category))
        {
            string known = string.Join(", ", Subfolders(options.Root));
            throw new DirectoryNotFoundException($"{options.Root}: no category '{options.Normal}'; there is {(known.Length > 0 ? known : "none")}");
        }
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Entry> TrainFiles()
    {
        string folder = Path.Combine(category, "train", Good);
        return [.. ListSome(folder, recursive: false).Select(name => new Entry($"{Options.Normal}/train/{Good}/{name}", Path.Combine(folder, name), false, Good))];
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Entry> TestFiles()
    {
        string test = Path.Combine(category, "test");
        if (!Directory.Exists(test))
            throw new DirectoryNotFoundException($"{test}: no such folder");
        bool masks = Directory.Exists(Path.Combine(category, "ground_truth"));
        var entries = new List<Entry>();
        foreach (string kind in Subfolders(test))
        {
            bool abnormal = kind != Good;
            string folder = Path.Combine(test, kind);
            foreach (string name in List(folder, recursive: false))
            {
                string? mask = masks && abnormal
                    ? Path.Combine(category, "ground_truth", kind, $"{Path.GetFileNameWithoutExtension(name)}_mask.png")
                    : null;
                entries.Add(new Entry($"{Options.Normal}/test/{kind}/{name}", Path.Combine(folder, name), abnormal, kind, mask, EmptyMask: masks));
            }
        }

        return entries;
    }

    private static IEnumerable<string> Subfolders(string folder) =>
        Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)).Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal);
}
