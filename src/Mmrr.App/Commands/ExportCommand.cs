using System.CommandLine;
using System.Globalization;
using Mmrr.App.Output;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Onnx;
using Mmrr.Training.Runs;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr export</c>: writes a run as a file that other programs can score with.</summary>
internal static class ExportCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "Folder of the run." };
        var onnx = new Option<string>("--onnx") { HelpName = "FILE", Description = "The ONNX file to write; an old one is replaced.", Required = true };
        var command = new Command("export", "Write a run as an ONNX file: images in, scores and maps out, in any language.") { run, onnx };
        command.SetAction(parsed =>
        {
            var folder = RunFolder.Open(parsed.GetValue(run)!);
            folder.CheckFinished();
            folder.CheckModel(Checkpoint.OptionsOf(folder.Path));
            string path = parsed.GetValue(onnx)!;
            OutputPlace.CheckFile("--onnx", path, Directory.GetFiles(folder.Path));
            var calibration = Calibration.Find(folder.Path);
            var method = folder.Method(calibration);
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            OnnxExport.Write(folder.Path, method, calibration, path);
            string threshold = method.Decision(calibration) is { } decision
                ? string.Create(CultureInfo.InvariantCulture, $"threshold {decision.Threshold:G6}")
                : "no threshold";
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{path}: {new FileInfo(path).Length / 1e6:F1} MB, rule {method.Rule.Name()}, levels {method.Levels}, {threshold}"));
            return ExitCode.Success;
        });
        return command;
    }
}
