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
        var scores = ScoreAll(model, set, samples, levels, maps, progress);
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

    private static Scores ScoreAll(MmrrModel model, ImageSet set, Sample[] samples, int levels, bool maps, Action<int, int> progress)
    {
        int pixels = set.Height * set.Width, length = pixels * set.Channels;
        var all = new Scores(
            new double[samples.Length], new double[samples.Length], new float[maps ? samples.Length * pixels : 0], new float[maps ? samples.Length * pixels : 0]);
        for (int first = 0; first < samples.Length; first += ReportEvery)
        {
            int n = Math.Min(ReportEvery, samples.Length - first);
            var images = new float[n * length];
            for (int i = 0; i < n; i++) ImagePixels.ToFloats(samples[first + i].Pixels, images.AsSpan(i * length, length));
            var some = Scoring.Score(model, images, levels, maps);
            some.Refined.CopyTo(all.Refined, first);
            some.Restored.CopyTo(all.Restored, first);
            some.RefinedMap.CopyTo(all.RefinedMap, maps ? first * pixels : 0);
            some.RestoredMap.CopyTo(all.RestoredMap, maps ? first * pixels : 0);
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
