using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mmrr.App.Data;
using Mmrr.App.Evaluation.Metrics;
using Mmrr.App.Runs;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.App.Evaluation;

/// <summary>Scores a run's test set and writes <c>evaluation.json</c>, <c>scores.csv</c> and <c>examples.png</c>.</summary>
internal static class Evaluator
{
    /// <summary>Images between two reports of progress.</summary>
    private const int ReportEvery = 64;

    /// <summary>Evaluates.</summary>
    /// <param name="run">The run.</param>
    /// <param name="device">Where.</param>
    /// <param name="levels">Mask levels.</param>
    /// <param name="limit">So many images, drawn by the run's seed with the classes in proportion; null for all.</param>
    /// <param name="progress">Hears (images done, images in all).</param>
    public static EvaluationResult Run(RunFolder run, Device device, int levels, int? limit, Action<int, int> progress)
    {
        using var model = Checkpoint.Load(run.Path, device);
        if (!model.Options.Equals(run.Options.Model)) throw new InvalidDataException($"{run.Path}: the checkpoints are of another model than run.json says");
        var set = DataSource.Open(run.Options.DataOptions).LoadTest();
        int[] chosen = limit is { } n ? Sampling.Stratified(set.Samples, n, run.Options.Seed) : [.. Enumerable.Range(0, set.Samples.Count)];
        Sample[] samples = [.. chosen.Select(i => set.Samples[i])];
        if (samples.All(s => s.Abnormal) || !samples.Any(s => s.Abnormal))
            throw new UsageException($"--limit {limit}: the images drawn are all of one kind; AUROC needs normal and abnormal ones");
        bool maps = samples.Any(s => s.Mask is not null);
        var watch = Stopwatch.StartNew();
        var scores = ScoreAll(model, samples, levels, maps, progress);
        bool[] abnormal = [.. samples.Select(s => s.Abnormal)];
        bool[] defective = maps ? [.. samples.SelectMany(s => s.Mask!.Select(m => m != 0))] : [];
        var result = new EvaluationResult(
            RocCurve.Auroc(scores.Refined, abnormal), RocCurve.Auroc(scores.Restored, abnormal),
            maps ? RocCurve.Auroc(scores.RefinedMap, defective) : null, maps ? RocCurve.Auroc(scores.RestoredMap, defective) : null,
            levels, samples.Length, abnormal.Count(a => !a), watch.Elapsed.TotalSeconds, $"{device.Name} ({device.Description})");
        SaveScores(run, samples, scores);
        ExampleSheet.Save(run.PathOf("examples.png"), model, samples, levels);
        result.Save(run);
        return result;
    }

    /// <summary>The scores of all samples; their maps one after the other.</summary>
    private static Scores ScoreAll(MmrrModel model, Sample[] samples, int levels, bool maps, Action<int, int> progress)
    {
        long pixels = maps ? samples.Sum(s => (long)s.Height * s.Width) : 0;
        if (pixels > Array.MaxLength) throw new UsageException($"{pixels} pixels in {samples.Length} test images are too many to compare; evaluate fewer with --limit");
        var all = new Scores(new double[samples.Length], new double[samples.Length], new float[pixels], new float[pixels]);
        int reportEvery = model.Options.Fit == ImageFit.Tile ? 1 : ReportEvery, offset = 0;
        for (int first = 0; first < samples.Length; first += reportEvery)
        {
            int n = Math.Min(reportEvery, samples.Length - first);
            var some = TiledScoring.Score(model, [.. samples.AsSpan(first, n).ToArray().Select(s => new PreparedImage(s.Pixels, s.Height, s.Width))], levels, maps);
            for (int i = 0; i < n; i++)
            {
                (all.Refined[first + i], all.Restored[first + i]) = (some[i].Refined, some[i].Restored);
                some[i].RefinedMap.CopyTo(all.RefinedMap, offset);
                some[i].RestoredMap.CopyTo(all.RestoredMap, offset);
                offset += some[i].RefinedMap.Length;
            }
            progress(first + n, samples.Length);
        }
        return all;
    }

    private static void SaveScores(RunFolder run, Sample[] samples, Scores scores)
    {
        var text = new StringBuilder("image,label,score,score_without_refinement\n");
        for (int i = 0; i < samples.Length; i++)
            text.Append(CultureInfo.InvariantCulture, $"{CsvField.Quote(samples[i].Name)},{(samples[i].Abnormal ? 1 : 0)},{scores.Refined[i]:R},{scores.Restored[i]:R}\n");
        AtomicFile.Write(run.PathOf("scores.csv"), stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
