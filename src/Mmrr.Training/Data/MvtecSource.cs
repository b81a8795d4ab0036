namespace Mmrr.Training.Data;

/// <summary>
/// MVTec AD layout of one category: <c>train/good</c>, <c>test/{good,defect}</c> and <c>ground_truth/defect</c> with a mask <c>NNN_mask.png</c> for every
/// defect image <c>NNN.*</c>; without <c>ground_truth</c> there are no masks. Sub-folders of a kind are read too; their masks are in sub-folders of the
/// same names.
/// </summary>
internal sealed class MvtecSource : ImageFileSource
{
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
    protected override bool DrawsTest => false;

    /// <inheritdoc/>
    protected override IReadOnlyList<Entry> NormalFiles()
    {
        LeaveOutBut([Good], Path.Combine(category, "train"));
        string folder = Path.Combine(category, "train", Good);
        return [.. ListSome(folder).Select(name => new Entry($"{Options.Normal}/train/{Good}/{name}", Path.Combine(folder, name), false, Good))];
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Entry> TestFiles()
    {
        string test = Path.Combine(category, "test");
        if (!Directory.Exists(test))
            throw new DirectoryNotFoundException($"{test}: no such folder");
        bool masks = Directory.Exists(Path.Combine(category, "ground_truth"));
        LeaveOutBut([.. Subfolders(test)], test);
        var entries = new List<Entry>();
        foreach (string kind in Subfolders(test))
        {
            bool abnormal = kind != Good;
            string folder = Path.Combine(test, kind);
            foreach (string name in List(folder))
            {
                string? mask = masks && abnormal ? MaskOf(category, $"{kind}/{name}") : null;
                entries.Add(new Entry($"{Options.Normal}/test/{kind}/{name}", Path.Combine(folder, name), abnormal, kind, mask, EmptyMask: masks));
            }
        }

        RefuseGood(test, entries.Where(e => e.Abnormal).Select(e => Path.GetRelativePath(test, e.Path).Replace(Path.DirectorySeparatorChar, '/')));
        return entries;
    }

    /// <summary>The path of the mask of an image.</summary>
    /// <param name="category">Folder of the category.</param>
    /// <param name="name">The image, relative to the category's <c>test</c>.</param>
    public static string MaskOf(string category, string name) => Path.Combine(category, "ground_truth", $"{Path.ChangeExtension(name, null)}_mask.png");

    /// <summary>Records the images of a folder that are in none of the sub-folders used.</summary>
    private void LeaveOutBut(string[] used, string folder)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (string name in List(folder).Where(name => !used.Contains(name.Split('/')[0]) || !name.Contains('/', StringComparison.Ordinal)))
            LeftOut.Add(
                "images outside of the layout's folders", Path.Combine(folder, name), Path.GetDirectoryName(name) is { Length: > 0 } other ? other : name);
    }

    private static IEnumerable<string> Subfolders(string folder) =>
        Directory.EnumerateDirectories(folder).Where(path => !OwnOutput.IsRun(path)).Select(path => Path.GetFileName(path))
            .Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal);
}
