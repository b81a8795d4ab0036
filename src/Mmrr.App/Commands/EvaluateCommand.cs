using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Mmrr.App.Output;
using Mmrr.Nn;
using Mmrr.Training.Evaluation;
using Mmrr.Training.Fitting;
using Mmrr.Training.Runs;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr evaluate</c>: scores a run's test set.</summary>
internal static class EvaluateCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "Folder of the run." };
        var levels = CommonOptions.Levels();
        var limit = CommonOptions.Ranged(
            new Option<int?>("--limit") { HelpName = "N", Description = "Number of test images, drawn by seed, the classes in proportion." }, 2, int.MaxValue);
        var test = new Option<string?>("--test")
        {
            HelpName = "DIR",
            Description = "Test images other than the run's: normal ones in DIR/good, kinds of defects in the other folders; "
                + "without DIR/good, the normal ones are the run's.",
        };
        var device = new Option<string?>("--device") { HelpName = "DEVICE", Description = "As for train; the run's own when not given." };
        var threads = CommonOptions.Threads();
        var precision = CommonOptions.Precision();
        var baselines = new Option<bool>("--baselines") { Description = "Evaluate simple methods on the same images too; writes baselines.json." };
        var command = new Command("evaluate", "Score a run's test set: figures, scores.csv, levels.csv, examples.png.")
        {
            run, levels, limit, test, device, threads, precision, baselines
        };
        CommonOptions.ThreadsNeedTheCpu(command, device, threads);
        command.SetAction(parsed =>
        {
            var folder = RunFolder.Open(parsed.GetValue(run)!);
            var used = CommonOptions.LevelsOf(parsed, levels, folder.AnomalyMethod);
            bool kept = OutputPlace.IsWritable(folder.Path);
            if (!kept)
                Complaint.Write(
                    $"{folder.Path}: no file can be created in it: the figures are printed, "
                    + "but evaluation.json, scores.csv, levels.csv and examples.png are unchanged");
            using var opened = DeviceChoice.Open(
                parsed.GetValue(device) ?? folder.Options.Device, parsed.GetValue(threads) ?? folder.Options.Threads,
                CommonOptions.PrecisionOf(parsed, precision));
            var (result, written) = Run(folder, opened, used, parsed.GetValue(limit), parsed.GetValue(test), kept);
            if (parsed.GetValue(baselines))
            {
                BaselinesCommand.OfRun(folder, parsed.GetValue(limit), null, parsed.GetValue(test), [.. result.Summary]);
            }
            return kept && written ? ExitCode.Success : ExitCode.BadInput;
        });
        return command;
    }

    /// <summary>Evaluates and prints the figures.</summary>
    /// <returns>The figures, and whether their files were written, or were not to be.</returns>
    public static (EvaluationResult Result, bool Written) Run(
        RunFolder run, Device device, LevelSchedule? levels, int? limit, string? test = null, bool keep = true)
    {
        var watch = Stopwatch.StartNew();
        var sinceLine = Stopwatch.StartNew();
        bool terminal = Screen.TakesCodes;
        var calibration = Calibration.Find(run.Path);
        var own = run.Method(calibration);
        var used = own.At(levels);
        var (result, notKept) = Evaluator.Run(run, calibration, device, used, test, keep, limit, (done, all) =>
        {
            if (sinceLine.Elapsed.TotalSeconds < (terminal ? 0.2 : 15)) return;
            sinceLine.Restart();
            string line = string.Create(
                CultureInfo.InvariantCulture, $"scored {done} of {all} images  {Screen.Duration(watch.Elapsed * ((double)(all - done) / done))} left");
            if (terminal) Console.Write($"\r{line}\u001b[K");
            else Console.WriteLine(line);
        }, Complaint.Write);
        if (terminal) Console.Write("\r\u001b[K");
        EvaluationTable.Print(result);
        if (CalibrationText.Missing(run.Path, calibration, own, used.Levels) is { } missing) Complaint.Write(missing);
        if (notKept is not null) Complaint.Write($"{notKept}; the figures above are not kept");
        return (result, notKept is null);
    }
}
