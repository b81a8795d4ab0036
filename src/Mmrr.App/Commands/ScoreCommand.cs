using System.CommandLine;
using System.Globalization;
using System.Text;
using Mmrr.App.Inspection;
using Mmrr.App.Output;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Evaluation;
using Mmrr.Training.Fitting;
using Mmrr.Training.Runs;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr score</c>: scores image files with a run, as CSV on standard output.</summary>
internal static class ScoreCommand
{
    private const string Header =
        "image,score,score_without_refinement,threshold,anomalous,max_pixel_score,width,height,"
        + "paper_score,paper_score_without_refinement,deviation_score,deviation_score_without_refinement,neighbours_score,neighbours_score_without_refinement";

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "Folder of the run." };
        var paths = new Argument<string[]>("PATH") { Description = "Image files and folders.", Arity = ArgumentArity.OneOrMore };
        paths.Validators.Add(result =>
        {
            // An argument with any number of values also takes unknown options.
            if (result.Tokens.FirstOrDefault(t => t.Value.StartsWith("--", StringComparison.Ordinal) && !File.Exists(t.Value)) is { } unknown)
                result.AddError($"Unrecognized option '{unknown.Value}'.");
        });
        var output = new Option<string?>("--out") { HelpName = "DIR", Description = "Folder for scores.csv, and for the heatmaps." };
        var heatmaps = new Option<bool>("--heatmaps") { Description = "Write a heatmap of every image under --out." };
        var fail = new Option<bool>("--fail-on-anomaly") { Description = "Exit with code 3 if an image is anomalous." };
        var levels = CommonOptions.Levels();
        var device = CommonOptions.Device();
        var threads = CommonOptions.Threads();
        var precision = CommonOptions.Precision();
        var command = new Command("score", "Score image files: CSV on standard output.")
        {
            run, paths, output, heatmaps, fail, levels, device, threads, precision
        };
        CommonOptions.ThreadsNeedTheCpu(command, device, threads);
        command.SetAction(parsed =>
        {
            var folder = RunFolder.Open(parsed.GetValue(run)!);
            string[] inputs = parsed.GetValue(paths)!;
            string? target = parsed.GetValue(output);
            bool draw = parsed.GetValue(heatmaps);
            if (draw && target is null) throw new UsageException("--heatmaps needs --out DIR to write them to");
            if (target is not null) OutputPlace.CheckFolder("--out", target, draw ? inputs : []);
            var calibration = Calibration.Find(folder.Path);
            var own = folder.Method(calibration);
            var used = CommonOptions.LevelsOf(parsed, levels, folder.AnomalyMethod) ?? own.Levels;
            string? missing = CalibrationText.Missing(folder.Path, calibration, own, used);
            if (missing is not null && (draw || parsed.GetValue(fail))) throw new UsageException($"{(draw ? "--heatmaps" : "--fail-on-anomaly")}: {missing}");
            using var opened = DeviceChoice.Open(parsed.GetValue(device)!, parsed.GetValue(threads), CommonOptions.PrecisionOf(parsed, precision));
            using var scorer = Scorer.Load(folder.Path, opened);
            folder.CheckModel(scorer.Options);
            if (missing is not null) Complaint.Write(missing);
            if (target is not null) Directory.CreateDirectory(target);
            var writer = draw ? new HeatmapWriter(scorer, calibration!.Heatmap, Path.Combine(target!, "heatmaps")) : null;
            // With a file, the rows on standard output are a copy.
            var rows = target is null ? null : new MessageWriter(StandardOutput.Open(), "standard output");
            var console = rows ?? StandardOutput.Open();
            var (unreadable, anomalies) = (0, 0);
            var omissions = new Omissions();
            var account = new ImageAccount(scorer.Options.Range);
            if (target is null) Score(null);
            else AtomicFile.Write(Path.Combine(target, "scores.csv"), Score);
            writer?.Finish();
            if (omissions.Describe() is { } leftOut) Complaint.Write(leftOut);
            foreach (string line in account.Remarks()) Complaint.Write(line);
            // To a person only: elsewhere the scores and the exit code say it.
            if (target is not null && StandardOutput.ErrorIsTerminal)
                Complaint.Write($"{anomalies} of {account.Images} images are anomalous; scores.csv{(draw ? " and heatmaps" : "")} in {target}");
            return unreadable > 0 || writer is { Failed: true } || rows is { Failed: true, IsClosed: false } ? ExitCode.BadInput
                : anomalies > 0 && parsed.GetValue(fail) ? ExitCode.Anomaly
                : ExitCode.Success;

            void Score(Stream? copy)
            {
                using var file = copy is null ? null : new StreamWriter(copy, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
                Print(Header, console, file);
                foreach (var scored in new FileScorer(scorer, used).Score(InputFiles.Walk(inputs, omissions)))
                {
                    if (scored.Score is null)
                    {
                        Complaint.Write(scored.Problem!);
                        unreadable++;
                        continue;
                    }
                    Print(Row(scored, calibration?.Threshold), console, file);
                    account.Add(scored.File.Path, scored.Bits, scored.Score.ClippedPixels, scored.Score.Box);
                    if (scored.Score.Anomalous == true) anomalies++;
                    writer?.Write(scored);
                }
            }
        });
        return command;
    }

    private static void Print(string line, TextWriter console, StreamWriter? file)
    {
        console.WriteLine(line);
        file?.WriteLine(line);
    }

    private static string Row(ScoredFile file, double? threshold)
    {
        var score = file.Score!;
        string decision = score.Anomalous is { } anomalous ? string.Create(CultureInfo.InvariantCulture, $"{threshold:R},{(anomalous ? 1 : 0)}") : ",";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{CsvField.Quote(file.File.Path)},{score.Score:R},{score.ScoreWithoutRefinement:R},{decision},{score.MaxPixelScore:R},{file.Width},{file.Height},")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"{score.PaperScore:R},{score.PaperScoreWithoutRefinement:R},{score.DeviationScore:R},{score.DeviationScoreWithoutRefinement:R},")
            + string.Create(CultureInfo.InvariantCulture, $"{score.NeighboursScore:R},{score.NeighboursScoreWithoutRefinement:R}");
    }
}
