using System.Diagnostics;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;
using Mmrr.Training.Metrics;

namespace Mmrr.Training.Baselines;

/// <summary>Simple methods on the data of a run: its training images, without those held out, and its test images, both as the networks see them.</summary>
internal static class BaselineComparison
{
    /// <summary>Loads the images and evaluates all methods on them.</summary>
    /// <param name="options">The data. Images to be tiled are used whole, stretched to the size of a tile: these methods need images of one size.</param>
    /// <param name="limit">Number of test images, drawn by the seed with the classes in proportion; null for all.</param>
    /// <param name="trainLimit">Number of normal images to learn from, drawn by the seed; null for all.</param>
    /// <param name="test">A folder of test images other than those of the data; null for the data's own.</param>
    /// <param name="remark">Called with each change in the data, one line each; null where an evaluation has just reported them.</param>
    /// <param name="range">The run's range of values; null for the range of a new run.</param>
    /// <exception cref="InvalidDataException">The data is damaged, or there are too few normal images.</exception>
    public static BaselineResult Run(
        DataOptions options, int? limit, int? trainLimit, string? test = null, Action<string>? remark = null, PixelRange? range = null)
    {
        options = options with { Fit = options.Fit == ImageFit.Tile ? ImageFit.Stretch : options.Fit };
        var source = DataSource.Open(options);
        var set = source.LoadTrain();
        var normal = Normal(options, set, trainLimit);
        var tests = test is null ? source : DataSource.OpenTest(options with { Channels = set.Channels, Bits = set.Samples[0].Pixels.Bits }, test);
        var all = tests.LoadTest();
        if (remark is not null)
        {
            foreach (string line in source.Remarks().Union(tests.Remarks())) remark(line);
        }
        var tested = limit is { } n ? Subset(all, Sampling.Stratified(all.Samples, n, options.Seed)) : all;
        var watch = Stopwatch.StartNew();
        var figures = Figures(normal, tested, range ?? RangeChoice.Of(normal.Samples), patches: DataSource.DefaultSize(options.Kind) != 32, options.Seed);
        return new BaselineResult(
            tested.Samples.Count, tested.Samples.Count(s => !s.Abnormal), normal.Samples.Count, options.Size, normal.Channels, options.Seed,
            watch.Elapsed.TotalSeconds, figures);
    }

    /// <summary>The image AUROC of every method.</summary>
    /// <param name="normal">Normal images, at least two.</param>
    /// <param name="tested">Test images, of both labels.</param>
    /// <param name="range">The values that become −1 and 1.</param>
    /// <param name="patches">Whether to include patch methods, for small defects.</param>
    /// <param name="seed">Seed of the draws.</param>
    public static IReadOnlyList<BaselineFigure> Figures(ImageSet normal, ImageSet tested, PixelRange range, bool patches, long seed)
    {
        bool[] abnormal = [.. tested.Samples.Select(s => s.Abnormal)];
        var plain = Score(normal, tested, range, normalised: false, patches, seed);
        var normalised = Score(normal, tested, range, normalised: true, patches, seed);
        var light = ImageRows.Of(tested, range, normalised: false).Select(row => ImageLight.Measure(row)).ToArray();
        return
        [
            .. plain.Zip(normalised, (p, n) => new BaselineFigure(p.Method, Auroc(p.Scores), Auroc(n.Scores))),
            new("brightness alone", Auroc([.. light.Select(l => l.Mean)]), null),
            new("contrast alone", Auroc([.. light.Select(l => l.Deviation)]), null),
        ];

        double Auroc(double[] scores) => RocCurve.Auroc(Ranking.Of(scores, abnormal));
    }

    private static List<MethodScores> Score(ImageSet normal, ImageSet tested, PixelRange range, bool normalised, bool patches, long seed)
    {
        float[][] known = ImageRows.Of(normal, range, normalised), unknown = ImageRows.Of(tested, range, normalised);
        ImageRows.SubtractMean(known, unknown);
        List<MethodScores> scores =
        [
            .. SpectralMethods.Score(known, unknown), .. NeighbourMethods.Score(known, unknown, seed),
            new OneClassSvm(known, seed).Score(unknown), new IsolationForest(known, seed).Score(unknown),
        ];
        if (!patches) return scores;
        (known, unknown) = (ImageRows.Of(normal, range, normalised, grey: true), ImageRows.Of(tested, range, normalised, grey: true));
        return [.. scores, .. PatchMethods.Score(known, unknown, tested.Width, seed)];
    }

    private static ImageSet Normal(DataOptions options, ImageSet set, int? limit)
    {
        int[] training = set.Samples.Count < 3 ? [] : [.. Enumerable.Range(0, set.Samples.Count).Where(i => set.Samples[i].Part == ImagePart.Training)];
        if (training.Length < 2)
        {
            throw new InvalidDataException(
                $"{options.Root}: {set.Samples.Count} normal images are too few; expected at least 4: two to learn from and two held out of training");
        }
        if (limit < training.Length) training = [.. Sampling.Permutation(training.Length, options.Seed).Take(limit.Value).Order().Select(i => training[i])];
        return Subset(set, training);
    }

    private static ImageSet Subset(ImageSet set, int[] chosen) => set with { Samples = [.. chosen.Select(i => set.Samples[i])] };
}
