using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Data;

/// <summary>The real data sets, where they are: <c>shared/data</c> beside the checkout or <c>MMRR_DATA</c>.</summary>
public class RealDataTests
{
    private static readonly int[] MnistTrain = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949];
    private static readonly int[] MnistTest = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009];

    [Fact]
    public void MnistCounts()
    {
        string root = Folder("mnist");
        foreach (int label in (int[])[0, 1, 9])
            Assert.Equal(MnistTrain[label], Open("mnist", root, $"{label}", 8).LoadTrain().Samples.Count);
        var test = Open("mnist", root, "1", 28).LoadTest();
        Assert.Equal(1, test.Channels);
        Assert.Equal(MnistTest, Counts(test));
        Assert.Equal(MnistTest[1], test.Samples.Count(s => !s.Abnormal));
        Assert.Equal("7", test.Samples[0].Kind);
    }

    [Fact]
    public void FashionMnistCounts()
    {
        string root = Folder("fmnist");
        Assert.Equal(6000, Open("fmnist", root, "Sneaker", 8).LoadTrain().Samples.Count);
        Assert.Equal(Enumerable.Repeat(1000, 10), Counts(Open("fmnist", root, "7", 8).LoadTest()));
    }

    [Fact]
    public void Cifar10Counts()
    {
        string root = Folder("cifar10");
        var train = Open("cifar10", root, "ship", 32).LoadTrain();
        Assert.Equal(3, train.Channels);
        Assert.Equal(5000, train.Samples.Count);
        Assert.Equal(Enumerable.Repeat(1000, 10), Counts(Open("cifar10", root, "8", 8).LoadTest()));
    }

    [Fact]
    public void ScrewCountsAndMasks()
    {
        string root = Folder(Path.Combine("mvtec-layout", "mvtec"));
        var source = Open("mvtec", root, "screw", 64);
        var train = source.LoadTrain();
        Assert.Equal((320, 1), (train.Samples.Count, train.Channels));
        var test = source.LoadTest();
        Assert.Equal(
            [("good", 41), ("manipulated_front", 24), ("scratch_head", 24), ("scratch_neck", 25), ("thread_side", 23), ("thread_top", 23)],
            test.Samples.GroupBy(s => s.Kind).Select(g => (g.Key, g.Count())));
        Assert.All(test.Samples, s => Assert.Equal(s.Abnormal, s.Mask!.Contains((byte)1)));
    }

    /// <summary>The set's folder; skips the test where there is none.</summary>
    internal static string Folder(string name)
    {
        string? root = Environment.GetEnvironmentVariable("MMRR_DATA");
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); root is null && at is not null; at = at.Parent)
        {
            string candidate = Path.Combine(at.FullName, "shared", "data");
            root = Directory.Exists(candidate) ? candidate : null;
        }

        string folder = Path.Combine(root ?? "", name);
        if (root is null || !Directory.Exists(folder))
            Assert.Skip($"no {name} data: neither a folder shared/data above the tests nor MMRR_DATA has it");
        return folder;
    }

    private static DataSource Open(string kind, string root, string normal, int size) =>
        DataSource.Open(new DataOptions { Kind = kind, Root = root, Normal = normal, Size = size });

    private static IEnumerable<int> Counts(ImageSet set) =>
        set.Samples.GroupBy(s => s.Kind).Select(g => (Label: Label(g.Key), Count: g.Count())).OrderBy(g => g.Label).Select(g => g.Count);

    private static int Label(string kind) =>
        new[] { ClassNames.Digits, ClassNames.Fashion, ClassNames.Cifar10 }.Select(names => names.ToList().IndexOf(kind)).Max();
}
