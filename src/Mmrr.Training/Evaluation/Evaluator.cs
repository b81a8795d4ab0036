using System.Diagnostics;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Metrics;
using Mmrr.Training.Runs;

namespace Mmrr.Training.Evaluation;

/// <summary>Scores a run's test set and writes <c>evaluation.json</c>, <c>scores.csv</c>, <c>levels.csv</c> and <c>examples.png</c>.</summary>
internal static class Evaluator
{
    /// <summary>Evaluates a run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="calibration">Its threshold and colours, if it has them.</param>
    /// <param name="device">The device.</param>
    /// <param name="method">How it scores.</param>
    /// <param name="test">A folder of other test images, see <see cref="OtherTestSource"/>; null for the run's own.</param>
    /// <param name="keep">Whether the files are written.</param>
    /// <param name="limit">Number of images, drawn by the run's seed with the classes in proportion; null for all.</param>
    /// <param name="progress">Called with (images done, total images).</param>
    /// <param name="remark">Called with each remark on the images, one line each.</param>
    /// <returns>The figures, and the reason why the files could not be written, else null.</returns>
    public static (EvaluationResult Result, string? NotKept) Run(
        RunFolder run, Calibration? calibration, Device device, ScoreMethod method, string? test, bool keep, int? limit, Action<int, int> progress,
        Action<string> remark)
    {
        using var model = Checkpoint.Load(run.Path, device);
        run.CheckModel(model.Options);
        var source = test is null ? DataSource.Open(run.Data) : DataSource.OpenTest(run.Data, test);
        var set = source.LoadTest();
        foreach (string line in source.Remarks()) remark(line);
        int[] chosen = limit is { } n ? Sampling.Stratified(set.Samples, n, run.Options.Seed) : [.. Enumerable.Range(0, set.Samples.Count)];
        Sample[] samples = [.. chosen.Select(i => set.Samples[i])];
        if (samples.All(s => s.Abnormal) || !samples.Any(s => s.Abnormal))
            throw new UsageException($"--limit {limit}: the images drawn are all of one kind; AUROC needs normal and abnormal ones");
        var account = new ImageAccount(model.Options.Range);
        var watch = Stopwatch.StartNew();
        var scores = TestScores.Compute(model, samples, method, calibration, account, progress);
        double seconds = watch.Elapsed.TotalSeconds;
        foreach (string line in account.Remarks()) remark(line);
        var (own, kinds) = scores.Figures();
        var result = new EvaluationResult(
            samples.Length, samples.Count(s => !s.Abnormal), method.Levels, own.Rule, seconds,
            $"{device.Name} ({device.Description})", own.WithRefinement, own.WithoutRefinement, kinds, scores.OtherFigures(),
            new IntervalMethod("stratified bootstrap over the images, percentiles", Bootstrap.Resamples, Bootstrap.Confidence, Bootstrap.Seed))
        { Method = model.Options.Method, Test = test is null ? null : Path.GetFullPath(test) };
        if (!keep) return (result, null);
        try
        {
            // The pictures take time: if the program is stopped meanwhile, the old scores stay with the old figures.
            ExampleSheet.Save(run.PathOf("examples.png"), model, samples, method, method.Decision(calibration)?.Heatmap);
            scores.Save(run);
            result.Save(run);
            return (result, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // For example a full disk: the figures are printed all the same.
            return (result, e.Message);
        }
    }
}
