namespace Mmrr.Training.Data;

/// <summary>
/// A folder of test images other than a run's own: those in <c>good</c> are normal, those in another sub-folder are of the kind named by it, those in the
/// folder itself are abnormal. Without <c>good</c> the normal images are the run's own normal test images. A folder <c>test</c> next to <c>ground_truth</c>
/// has masks as in MVTec's layout. Images that training has seen are left out.
/// </summary>
internal sealed class OtherTestSource : ImageFileSource
{
    private readonly string folder;
    private readonly string? category;

    /// <summary>Checks that the folder exists.</summary>
    /// <param name="options">The run's data.</param>
    /// <param name="folder">The folder.</param>
    public OtherTestSource(DataOptions options, string folder)
        : base(options)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"{folder}: {(File.Exists(folder) ? "a file; expected a folder" : "no such folder")}");
        this.folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        string? above = Path.GetDirectoryName(this.folder);
        category = above is not null && Path.GetFileName(this.folder) == "test" && Directory.Exists(Path.Combine(above, "ground_truth")) ? above : null;
    }

    /// <inheritdoc/>
    protected override bool DrawsTest => false;

    /// <inheritdoc/>
    public override ImageSet LoadTest()
    {
        var entries = TestFiles();
        var seen = Options.Record?.TrainingContents() ?? [];
        string[] hashes = seen.Count == 0 ? [] : ContentHash.OfFiles([.. entries.Select(e => e.Path)]);
        bool[] fresh = [.. entries.Select((_, i) => hashes.Length == 0 || !seen.Contains(hashes[i]))];
        foreach (var (i, entry) in entries.Index())
        {
            if (!fresh[i])
                LeftOut.Add("that training has seen", entry.Path, entry.Name);
        }

        var (channels, samples) = Load([.. entries.Where((_, i) => fresh[i])]);
        if (!Array.Exists(samples, s => !s.Abnormal))
        {
            if (entries.Any(e => !e.Abnormal) || !HasOwnNormal())
                throw new InvalidDataException($"{folder}: no normal test image, in {Path.Combine(folder, Good)} or held out by the run itself");
            var own = Open(Options);
            Sample[] normal = [.. own.LoadTest().Samples.Where(s => !s.Abnormal)];
            Note($"{folder} has no folder '{Good}': the {normal.Length} normal images are the run's own test images");
            foreach (string line in own.Remarks()) Note(line);
            samples = [.. normal, .. samples];
        }

        return TestSet(folder, channels, samples);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Entry> NormalFiles() => throw new InvalidOperationException("only test images are read from this folder");

    /// <inheritdoc/>
    protected override IReadOnlyList<Entry> TestFiles()
    {
        string prefix = Path.GetFileName(folder);
        string[] names = ListSome(folder);
        RefuseGood(folder, names.Where(name => !IsGood(name)));
        return Array.ConvertAll(names, name =>
        {
            bool normal = IsGood(name);
            return new Entry(
                $"{prefix}/{name}", Path.Combine(folder, name), !normal, normal ? Good : KindOf(name),
                category is null || normal ? null : MvtecSource.MaskOf(category, name), EmptyMask: category is not null);
        });
    }

    // Data sets with many images per file always have them; others, unless the record has no test images.
    private bool HasOwnNormal() => Options.Record is not { Files.Count: 0, HasTest: false };

    private static bool IsGood(string name) => name.StartsWith($"{Good}/", StringComparison.OrdinalIgnoreCase);
}
