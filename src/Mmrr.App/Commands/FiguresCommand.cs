using System.CommandLine;
using Mmrr.App.Data;
using Mmrr.App.Reports;
using Mmrr.App.Runs;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr figures</c>: the paper's Figures 4 to 35 for any images, a PNG each.</summary>
internal static class FiguresCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "Folder of the run." };
        var images = new Option<string[]>("--images") { Description = "Image files and folders.", Required = true, AllowMultipleArgumentsPerToken = true };
        var output = new Option<string?>("--out") { Description = "Folder of the PNGs; RUN/figures when not given." };
        var levels = CommonOptions.Levels();
        var device = CommonOptions.Device();
        var threads = CommonOptions.Threads();
        var command = new Command("figures", "Draw images with their embedding, and their masks and restorations at every level.") { run, images, output, levels, device, threads };
        command.SetAction(parsed =>
        {
            var folder = RunFolder.Open(parsed.GetValue(run)!);
            string target = parsed.GetValue(output) ?? folder.PathOf("figures");
            if (File.Exists(target)) throw new UsageException($"--out {target}: is a file, expected a folder");
            var calibration = Calibration.Find(folder.Path);
            using var opened = Device.Open(parsed.GetValue(device)!, parsed.GetValue(threads));
            using var model = Checkpoint.Load(folder.Path, opened);
            int count = parsed.GetValue(levels) ?? calibration?.Levels ?? EvaluateCommand.DefaultLevels(folder.Options);
            return Draw(model, parsed.GetValue(images)!, target, count);
        });
        return command;
    }

    private static int Draw(MmrrModel model, string[] paths, string target, int levels)
    {
        bool unreadable = false;
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (string file in ScoreCommand.Files(paths))
        {
            PreparedImage image;
            try
            {
                var raster = ImageFile.Read(file);
                image = PreparedImage.From(model.Options, raster.Pixels, raster.Height, raster.Width, raster.Channels);
            }
            catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine($"mmrr: {e.Message.ReplaceLineEndings(" ")}");
                unreadable = true;
                continue;
            }
            // Which tile is the worst is only known after scoring.
            int tile = model.Options.Fit == ImageFit.Tile ? TiledScoring.Score(model, [image], levels, maps: false)[0].WorstTile : 0;
            var sheet = LevelSheet.Render(LevelGrid.Compute(model, ReportPictures.Seen(image, tile, model.Options), levels));
            Directory.CreateDirectory(target);
            string path = Path.Combine(target, Name(file, taken));
            ImageFile.WritePng(path, sheet.Pixels.Span, sheet.Height, sheet.Width, sheet.Channels);
            Console.WriteLine(path);
        }
        if (taken.Count == 0 && !unreadable) throw new UsageException($"--images: there is no image file in {string.Join(", ", paths)}");
        return unreadable ? ExitCode.BadInput : ExitCode.Success;
    }

    /// <summary>The image's name; with its folder's, and then with numbers, where another image has it.</summary>
    private static string Name(string file, HashSet<string> taken)
    {
        string name = Path.GetFileNameWithoutExtension(file), folder = Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(file))) ?? "";
        string result = name;
        for (int i = 1; !taken.Add(result); i++) result = i == 1 ? $"{folder}-{name}" : $"{folder}-{name}-{i}";
        return $"{result}.png";
    }
}
