using System.Globalization;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;

namespace Mmrr.Training.Fitting;

/// <summary>The common part of new, repeated and resumed runs: from the data to the finished or stopped run.</summary>
/// <param name="host">Receives messages and may stop training.</param>
internal sealed class TrainingSession(ITrainingHost host)
{
    /// <summary>Trains a new run; the channels and the range are determined from the images and stored in it.</summary>
    /// <param name="options">The run's options, except for these.</param>
    /// <param name="output">Its folder.</param>
    /// <param name="range">Returns the range for the training images; null for that of the options.</param>
    /// <param name="orBeside">As <see cref="RunFolder.Create"/> takes it.</param>
    /// <returns>The run, and whether it is finished; if not, it was stopped.</returns>
    public (RunFolder Run, bool Finished) Begin(
        TrainingOptions options, string output, Func<IEnumerable<Sample>, PixelRange>? range = null, bool orBeside = false)
    {
        OutputPlace.CheckRun(output, options.Root, options.Abnormal);
        using var device = DeviceChoice.Open(options.Device, options.Threads, options.Precision);
        var (source, set) = Load(options.DataOptions with { Channels = null, Bits = range is null ? options.Model.Range.Bits : null });
        options = options with { Format = TrainingOptions.CurrentFormat, Model = options.Model with { Channels = set.Channels } };
        if (range is not null) options = options with { Model = options.Model with { Range = range(TrainingData.TrainingImages(set)) } };
        TrainingMemory.EnsureRoom(device, options.Model, options.Batch);
        var data = source.Record(set);
        // The images of a list may be anywhere.
        if (File.Exists(options.Root) && Path.GetDirectoryName(options.Root) is { } listed)
            OutputPlace.CheckRun(output, data.Images.Select(i => Path.GetDirectoryName(Path.Combine(listed, i.Name))).Distinct());
        if (data.Leak() is { } leak) host.Remark(leak);
        var run = RunFolder.Create(output, options, data, orBeside);
        try
        {
            using var held = run.Lock();
            return (run, Train(run, device, set));
        }
        catch (Exception e) when (e is (DeviceMemoryException or IOException or UnauthorizedAccessException) && Step(run) == 0)
        {
            run.Discard();
            throw;
        }
    }

    /// <summary>Resumes a run from its last saved state, or from the start if there is none.</summary>
    /// <returns>Whether it is finished; if not, it was stopped.</returns>
    public bool Resume(RunFolder run)
    {
        using var held = run.Lock();
        string state = run.PathOf(TrainingState.FileName);
        // The state is written before the files derived from it.
        if (!File.Exists(state) && (File.Exists(run.PathOf(TrainingHistory.FileName)) || Directory.EnumerateFiles(run.Path, "*.safetensors").Any()))
            throw new UsageException($"{run.Path}: training began in it, but there is no {TrainingState.FileName} to resume from");
        using var device = DeviceChoice.Open(run.Options.Device, run.Options.Threads, run.Options.Precision);
        return Train(run, device, Load(run.Data).Set);
    }

    private (DataSource Source, ImageSet Set) Load(DataOptions options)
    {
        var source = DataSource.Open(options);
        var set = source.LoadTrain();
        int count = set.Samples.Count;
        string few = count == 1 ? "one normal image is" : "two normal images are";
        if (count < 3)
            throw new InvalidDataException($"{options.Root}: {few} too few; three are needed: for training, validation and the threshold");
        foreach (string line in source.Remarks()) host.Remark(line);
        return (source, set);
    }

    private bool Train(RunFolder run, Device device, ImageSet set)
    {
        var options = run.Options;
        host.Note(string.Create(
            CultureInfo.InvariantCulture,
            $"{Named(options.Model)}{set.Samples.Count} normal images "
            + $"{(options.Model.Fit == ImageFit.Tile ? $"in {set.Samples.Sum(s => TileDraw.Count(s, set.Height))} tiles " : "")}"
            + $"[{set.Height}, {set.Width}, {set.Channels}], width {options.Model.Width}, batch {options.Batch}, "
            + $"learning rate {options.LearningRate}, {device.Name} ({device.Description})"));
        var values = options.Model.Range;
        if (values != PixelRange.Bytes) host.Note($"values from {values.Low} to {values.High} of {values.Bits} bits become -1 to 1");
        var account = new ImageAccount(values);
        foreach (var sample in set.Samples) account.Add(sample, sample.Prepared, set.Channels);
        foreach (string line in account.Remarks()) host.Remark(line);
        try
        {
            using (var model = AnomalyMethods.Of(options.Model).Create(device, options.Model))
            using (var watch = host.Watch())
            {
                if (!new Trainer(model, run, set, watch).Run(watch.Stop)) return false;
            }
            Finish(run, device, set);
            return true;
        }
        catch (DeviceMemoryException e)
        {
            throw new DeviceMemoryException(
                $"training stopped: {e.Message}; a smaller --batch needs less (the saved state is complete, of step {Step(run)})", e);
        }
    }

    /// <summary>
    /// Recomputes the statistics and the threshold of a trained run for other levels or another rule, from its normal images. Until both are complete the
    /// run keeps the old ones.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="device">The device.</param>
    /// <param name="levels">The new levels.</param>
    /// <param name="rule">The new rule.</param>
    /// <param name="falseAlarm">The false-alarm rate of the threshold.</param>
    /// <param name="others">Scores further normal images for the threshold; null for none.</param>
    /// <exception cref="InvalidDataException">The training of the run is not finished.</exception>
    public Calibration Measure(
        RunFolder run, Device device, LevelSchedule levels, ScoreRule rule, double falseAlarm, Func<Scorer, IReadOnlyList<NormalScore>>? others)
    {
        run.CheckFinished();
        using var held = run.Lock();
        return Measure(run, device, Load(run.Data).Set, levels, rule, falseAlarm, others);
    }

    /// <summary>
    /// The work after both phases before a run counts as finished. A run stopped here is resumed here: the state, which records that both phases are
    /// finished, is deleted last.
    /// </summary>
    private void Finish(RunFolder run, Device device, ImageSet set)
    {
        host.Calibrated(Measure(run, device, set, run.Options.ScoreLevels, run.Options.Rule, run.Options.FalseAlarm, others: null));
        File.Delete(run.PathOf(TrainingState.FileName));
    }

    private Calibration Measure(
        RunFolder run, Device device, ImageSet set, LevelSchedule levels, ScoreRule rule, double falseAlarm,
        Func<Scorer, IReadOnlyList<NormalScore>>? others)
    {
        NormalStatistics statistics;
        using (var model = Checkpoint.Load(run.Path, device)) statistics = NormalStatistics.Of(model, NormalSquares.Draw(set, run.Options), levels, rule);
        host.Note(
            $"scores: rule {rule.Name()}{(levels == LevelSchedule.None ? "" : $", levels {levels}")}; "
            + $"statistics of {statistics.Images} normal {(run.Options.Model.Fit == ImageFit.Tile ? "tiles" : "images")} that were trained on");
        using var scorer = Scorer.Load(run.Path, device, new ScoreMethod(levels, rule, statistics));
        var images = TrainingData.CalibrationImages(set).Select(s => (s.Name, s.Prepared));
        NormalScore[] scores = [.. Calibrator.Score(scorer, images)];
        RefuseBroken(scores);
        var calibration = Calibrator.Make(scores, others?.Invoke(scorer) ?? [], levels, rule, falseAlarm);
        statistics.Save(run.Path, calibration);
        return calibration;
    }

    // The method of the paper is what a run is of where nothing is said.
    private static string Named(MmrrOptions model) => model.Method is { } method ? $"{method}: " : "";

    /// <summary>Rejects normal images whose scores are not finite.</summary>
    /// <exception cref="InvalidDataException">There is such an image; the message names it.</exception>
    public static void RefuseBroken(IEnumerable<NormalScore> scores)
    {
        if (scores.FirstOrDefault(s => !s.IsFinite) is { } broken)
            throw new InvalidDataException(FormattableString.Invariant(
                $"{broken.Image}: its score is {broken.Score}; a threshold needs finite scores of normal images"));
    }

    /// <summary>Saved steps of both phases.</summary>
    private static long Step(RunFolder run) => RunSummary.Of(run).Steps;
}
