using System.CommandLine;
using Mmrr.App.Inspection;
using Mmrr.App.Output;
using Mmrr.App.Reports;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Pictures;
using Mmrr.Training.Runs;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr figures</c>: the paper's Figures 4 to 35 for any images, one PNG per image.</summary>
internal static class FiguresCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "Folder of the run." };
        var images = new Option<string[]>("--images")
        {
            HelpName = "PATH",
            Description = "Image files and folders.",
            Required = true,
            AllowMultipleArgumentsPerToken = true
        };
        var output = new Option<string?>("--out") { HelpName = "DIR", Description = "Folder of the PNGs; RUN/figures when not given." };
        var levels = CommonOptions.Levels();
        var device = CommonOptions.Device();
        var threads = CommonOptions.Threads();
        var command = new Command("figures", "Draw images with their embedding, and their masks and restorations at every level.")
        {
            run, images, output, levels, device, threads
        };
        CommonOptions.ThreadsNeedTheCpu(command, device, threads);
        command.SetAction(parsed =>
        {
            var folder = RunFolder.Open(parsed.GetValue(run)!);
            string target = parsed.GetValue(output) ?? folder.PathOf("figures");
            if (parsed.GetValue(output) is null) OutputPlace.CheckInRun(folder.Path, target, "use --out DIR to write the figures elsewhere");
            OutputPlace.CheckFolder("--out", target, parsed.GetValue(images)!);
            var calibration = Calibration.Find(folder.Path);
            using var opened = Device.Open(parsed.GetValue(device)!, parsed.GetValue(threads));
            using var model = Checkpoint.Load(folder.Path, opened);
            folder.CheckModel(model.Options);
            var used = folder.Method(calibration).At(CommonOptions.LevelsOf(parsed, levels, folder.AnomalyMethod));
            return Draw(model, parsed.GetValue(images)!, target, used);
        });
        return command;
    }

    private static int Draw(AnomalyModel model, string[] paths, string target, ScoreMethod method)
    {
        bool failed = false;
        var omissions = new Omissions();
        foreach (var file in InputFiles.Walk(paths, omissions))
        {
            try
            {
                if (file.Problem is not null) throw new InvalidDataException(file.Problem);
                Console.WriteLine(ImageMemory.Use(file.Path, () => Draw(model, file, target, method)));
            }
            catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                Complaint.Write(e.Message);
                failed = true;
            }
        }
        if (omissions.Describe() is { } leftOut) Complaint.Write(leftOut);
        return failed ? ExitCode.BadInput : ExitCode.Success;
    }

    private static string Draw(AnomalyModel model, InputFile file, string target, ScoreMethod method)
    {
        var image = ImageFile.Read(file.Path).PreparedFor(model.Options);
        // The worst tile is known only after scoring.
        int tile = model.Options.Fit == ImageFit.Tile ? TiledScoring.Score(model, [image], method, maps: false)[0].Of(method.Rule).WorstTile : 0;
        var sheet = LevelSheet.Render(ReportPictures.Grid(model, image, tile, method.Levels));
        string path = Path.Combine(target, file.Picture);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        OwnOutput.WritePng(path, sheet.Pixels.Span, sheet.Height, sheet.Width, sheet.Channels);
        return path;
    }
}
