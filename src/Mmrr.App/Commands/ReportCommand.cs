using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Mmrr.App.Output;
using Mmrr.App.Reports;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr report</c>: one page about a run.</summary>
internal static class ReportCommand
{
    private const int DefaultSweep = 200;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "Folder of the run." };
        var output = new Option<string?>("--out") { HelpName = "FILE", Description = "The page; RUN/report.html when not given." };
        var images = new Option<string[]>("--images")
        {
            HelpName = "NAME",
            Description = "Images shown level by level, named as in scores.csv; typical ones when not given.",
            AllowMultipleArgumentsPerToken = true
        };
        var sweep = CommonOptions.Ranged(
            new Option<int?>("--sweep-images")
            {
                HelpName = "N",
                Description = $"Number of test images for AUROC against the number of levels: {DefaultSweep} when not given, 0 omits it."
            },
            0, 1_000_000);
        var device = CommonOptions.Device();
        var threads = CommonOptions.Threads();
        var command = new Command("report", "Write one page about a run: figures, plots, pictures, configuration.")
        {
            run, output, images, sweep, device, threads
        };
        CommonOptions.ThreadsNeedTheCpu(command, device, threads);
        command.SetAction(parsed =>
        {
            var folder = RunFolder.Open(parsed.GetValue(run)!);
            string path = parsed.GetValue(output) ?? folder.PathOf("report.html");
            if (Directory.Exists(path)) throw new UsageException($"--out {path}: is a folder, expected a file");
            if (Path.GetExtension(path).ToUpperInvariant() is not (".HTML" or ".HTM"))
                throw new UsageException($"--out {path}: expected a name that ends in .html");
            if (parsed.GetValue(output) is null) OutputPlace.CheckInRun(folder.Path, path, "use --out FILE to write the page elsewhere");
            OutputPlace.Check("--out", path);
            Write(
                folder, path, parsed.GetValue(images) ?? [], parsed.GetValue(sweep) ?? DefaultSweep,
                () => Device.Open(parsed.GetValue(device)!, parsed.GetValue(threads)));
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>Writes a run's page and prints its path and what it lacks.</summary>
    /// <param name="run">The run.</param>
    /// <param name="path">The page.</param>
    /// <param name="images">Names of the images to show level by level; typical ones if there are none.</param>
    /// <param name="sweepImages">Number of test images for AUROC against the number of levels; 0 for none.</param>
    /// <param name="open">Opens the device; called only if there is something to compute.</param>
    public static void Write(RunFolder run, string path, string[] images, int sweepImages, Func<Device> open)
    {
        var data = ReportData.Read(run);
        var missing = new List<string>();
        if (data.Evaluation is null)
            missing.Add($"The test set has not been scored: there are no figures, ROC curve or pictures of misses. Run mmrr evaluate {run.Path} to get them.");
        ReportPictures? pictures = null;
        LevelSweep? sweep = null;
        if (data.Scores is { Count: > 0 } scores)
        {
            sweepImages = data.Evaluation is null || !run.AnomalyMethod.HasLevels ? 0 : Math.Min(sweepImages, scores.Count);
            if (!data.HasModel)
            {
                missing.Add("Pictures are left out: a checkpoint is missing.");
            }
            else
            {
                sweep = sweepImages == 0 ? null : LevelSweep.Find(run, sweepImages);
                if (Samples(data, missing) is { } samples)
                {
                    var method = run.Method(data.Calibration).At(data.Levels);
                    using var device = open();
                    using var model = Checkpoint.Load(run.Path, device);
                    run.CheckModel(model.Options);
                    pictures = ReportPictures.Draw(model, samples, scores, method, data.Decision?.Heatmap, images);
                    if (sweepImages >= 2) sweep ??= Sweep(run, model, samples, sweepImages);
                }
            }
        }
        if (images.Length > 0 && pictures is null) throw new UsageException($"--images: {missing[^1]}");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        RunReport.Save(path, data, pictures, sweep, missing);
        foreach (string sentence in missing) Complaint.Write(sentence);
        Console.WriteLine($"report: {path}");
    }

    /// <summary>The scored images; null, with a sentence in the list, where the data is missing or has changed.</summary>
    private static IReadOnlyList<Sample>? Samples(ReportData data, List<string> missing)
    {
        try
        {
            var source = data.Evaluation?.Test is { } test ? DataSource.OpenTest(data.Run.Data, test) : DataSource.Open(data.Run.Data);
            var samples = (data.Evaluation is null ? source.LoadTrain() : source.LoadTest()).Samples;
            foreach (string line in source.Remarks()) Complaint.Write(line);
            var known = samples.Select(s => s.Name).ToHashSet();
            int gone = data.Scores!.Count(s => !known.Contains(s.Name));
            if (gone == data.Scores!.Count) throw new InvalidDataException($"{data.Run.Options.Root}: none of the scored images exists any more");
            if (gone > 0) missing.Add($"{gone} of the {data.Scores.Count} scored images are no longer in the data: they are not shown.");
            return samples;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            missing.Add($"Pictures are left out, since the images cannot be read: {e.Message.ReplaceLineEndings(" ")}");
            return null;
        }
    }

    private static LevelSweep Sweep(RunFolder run, AnomalyModel model, IReadOnlyList<Sample> samples, int images)
    {
        Stopwatch watch = Stopwatch.StartNew(), sinceLine = Stopwatch.StartNew();
        bool terminal = Screen.ErrorTakesCodes;
        var sweep = LevelSweep.Compute(run, model, samples, images, done =>
        {
            if (sinceLine.Elapsed.TotalSeconds < (terminal ? 0.2 : 15)) return;
            sinceLine.Restart();
            string line = string.Create(
                CultureInfo.InvariantCulture, $"AUROC by number of levels: {done:P0}  {Screen.Duration(watch.Elapsed * ((1 - done) / done))} left");
            if (terminal) Console.Error.Write($"\r{line}\u001b[K");
            else Console.WriteLine(line);
        });
        if (terminal) Console.Error.Write("\r\u001b[K");
        return sweep;
    }
}
