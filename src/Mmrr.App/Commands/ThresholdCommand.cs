using System.CommandLine;
using Mmrr.App.Inspection;
using Mmrr.App.Output;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;
using Mmrr.Training.Runs;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr threshold</c>: shows or sets a run's threshold, without training.</summary>
internal static class ThresholdCommand
{
    private const double MostValue = 1e12;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "Folder of the run." };
        var falseAlarm = CommonOptions.FalseAlarm();
        var value = CommonOptions.Ranged(
            new Option<double?>("--value") { HelpName = "X", Description = "The threshold itself, in place of a rate." }, -MostValue, MostValue);
        var calibrate = new Option<string?>("--calibrate")
        {
            HelpName = "DIR",
            Description = "Folder of additional normal images; they are used with those held out of training and replace images added before."
        };
        var levels = CommonOptions.Levels("the run's own");
        var rule = CommonOptions.Rule("the run's own; changing it or --levels measures the run's normal images again, without training");
        var device = CommonOptions.Device();
        var threads = CommonOptions.Threads();
        var precision = CommonOptions.Precision();
        var command = new Command("threshold", "Show or set the score above which a run calls an image anomalous.")
        {
            run, falseAlarm, value, calibrate, levels, rule, device, threads, precision,
        };
        CommonOptions.ThreadsNeedTheCpu(command, device, threads);
        command.SetAction(parsed =>
        {
            var folder = RunFolder.Open(parsed.GetValue(run)!);
            double? rate = parsed.GetValue(falseAlarm), threshold = parsed.GetValue(value);
            string? images = parsed.GetValue(calibrate);
            if (threshold is not null && rate is not null) throw new UsageException("--value and --false-alarm contradict each other; give one");
            if (threshold is not null && images is not null)
                throw new UsageException("--value and --calibrate contradict each other: normal images set the threshold by a rate; give one");
            var (wantedLevels, wantedRule) =
                (CommonOptions.LevelsOf(parsed, levels, folder.AnomalyMethod), CommonOptions.RuleOf(parsed, rule, folder.AnomalyMethod));
            bool measures = wantedLevels is not null || wantedRule is not null;
            if (threshold is not null && measures)
                throw new UsageException("--value contradicts --levels and --rule: they measure normal images, which set the threshold by a rate; give one");
            if (folder.Options.Model.Fit == ImageFit.Tile && wantedRule == ScoreRule.Neighbours) throw new UsageException(CommonOptions.TilesHaveNoNeighbours);
            foreach (var option in new Option[] { device, threads, precision })
            {
                if (images is null && !measures && parsed.GetResult(option) is { Implicit: false })
                    throw new UsageException($"{option.Name} belongs to --calibrate, --levels and --rule: without these, nothing is computed");
            }
            var old = Calibration.Find(folder.Path);
            if (old is null && images is null && !measures)
                throw new UsageException($"{folder.Path}: no {Calibration.FileName} in this run; mmrr threshold {folder.Path} --calibrate DIR creates one");
            if ((images is not null || threshold is not null || rate is not null || measures) && !OutputPlace.IsWritable(folder.Path))
                throw new UsageException($"{folder.Path}: {Calibration.FileName} cannot be written, no file can be created in the folder");
            double wanted = rate ?? old?.FalseAlarm ?? folder.Options.FalseAlarm;
            using var opened = images is not null || measures
                ? DeviceChoice.Open(parsed.GetValue(device)!, parsed.GetValue(threads), CommonOptions.PrecisionOf(parsed, precision))
                : null;
            if (images is not null && !Directory.Exists(images)) throw new DirectoryNotFoundException($"{images}: no such folder");
            Calibration calibration;
            if (measures)
            {
                var (usualLevels, usualRule) = old is null ? (folder.Options.ScoreLevels, folder.Options.Rule) : (old.Levels, old.Rule);
                if (old?.Added.Count > 0 && images is null)
                    Complaint.Write("images added earlier with --calibrate are left out; give --calibrate DIR with these options to add them again");
                // A failed message while the run is locked must not end the command.
                StandardOutput.HasMessagesOnly();
                Print(new TrainingSession(new TerminalTraining()).Measure(
                    folder, opened!, wantedLevels ?? usualLevels, wantedRule ?? usualRule, wanted,
                    images is null ? null : scorer => Score(folder, scorer, images)));
                return ExitCode.Success;
            }
            if (images is not null)
            {
                var method = folder.Method(old);
                using var scorer = Scorer.Load(folder.Path, opened!, method);
                calibration = Calibrator.Make(old?.HeldOut ?? [], Score(folder, scorer, images), method.Levels, method.Rule, wanted);
            }
            else
            {
                calibration = threshold is { } given ? old! with { Threshold = given, ThresholdWithoutRefinement = null, FalseAlarm = null }
                    : rate is null ? old!
                    : old!.Images.Any() ? Calibrator.Make(old.HeldOut, old.Added, old.Levels, old.Rule, wanted)
                    : throw new UsageException($"{folder.Path}: the threshold has no normal images; add some with --calibrate DIR");
            }
            if (calibration != old)
            {
                calibration.Save(folder.Path);
                StandardOutput.HasMessagesOnly();
            }
            Print(calibration);
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>Prints a threshold and, on standard error, warnings about it.</summary>
    public static void Print(Calibration calibration)
    {
        foreach (string line in CalibrationText.Describe(calibration)) Console.WriteLine(line);
        if (CalibrationText.Warning(calibration) is { } warning) Complaint.Write(warning);
    }

    private static List<NormalScore> Score(RunFolder run, Scorer scorer, string folder)
    {
        run.CheckModel(scorer.Options);
        // An unreadable file is an error: otherwise the threshold would silently be based on other images than requested.
        var omissions = new Omissions();
        var own = run.Data.Record?.Images.Select(i => i.Hash).Where(hash => hash.Length > 0).ToHashSet() ?? [];
        var account = new ImageAccount(scorer.Options.Range);
        List<NormalScore> scores = [.. Calibrator.Score(
            scorer, InputFiles.Walk([folder], omissions).Where(IsOther).Select(file => (file.Path, Read(file, scorer, account))))];
        if (omissions.Describe() is { } leftOut) Complaint.Write(leftOut);
        foreach (string line in account.Remarks()) Complaint.Write(line);
        TrainingSession.RefuseBroken(scores);
        return scores.Count > 0 ? scores : throw new InvalidDataException($"{folder}: no image in this folder that the run does not already have");

        // Images seen in training score lower than other normal images, and held-out images are already counted.
        bool IsOther(InputFile file)
        {
            if (file.Problem is not null || own.Count == 0 || !own.Contains(ContentHash.OfFile(file.Path))) return true;
            omissions.Add("that the run has already", file.Path, Path.GetFileName(file.Path));
            return false;
        }
    }

    private static PreparedImage Read(InputFile file, Scorer scorer, ImageAccount account)
    {
        if (file.Problem is not null) throw new InvalidDataException(file.Problem);
        return ImageMemory.Use(file.Path, () =>
        {
            var image = ImageFile.Read(file.Path);
            var prepared = image.PreparedFor(scorer.Options);
            account.Add(file.Path, image.Pixels.Bits, scorer.Options.Range.CountBeyond(prepared.Pixels, scorer.Options.Channels), prepared.Box);
            return prepared;
        });
    }
}
