using System.CommandLine;
using Mmrr.App.Output;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;
using Mmrr.Training.Runs;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr demo</c>: creates a synthetic inspection set, trains on it, evaluates, and writes pictures and a report.</summary>
internal static class DemoCommand
{
    private const string Category = "weave";

    // Epochs, not minutes, so that the demo is the same on every machine. At this learning rate, two and a half times as many restoration steps diverged
    // (loss 0.020 after 0.001; image AUROC 0.88 with the best weights before that).
    private const int Epochs = 36;

    // The images are 64 pixels wide; at 32 a step costs a quarter, which keeps the demo within minutes.
    private const int Size = 32;
    private const int Batch = 8;
    private const double LearningRate = 8e-3;

    private const int MostGoodImages = 10_000;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var output = new Option<string>("--out") { HelpName = "DIR", Description = "Folder for the set and the run.", DefaultValueFactory = _ => "demo" };
        var seed = CommonOptions.Ranged(
            new Option<long?>("--seed") { HelpName = "N", Description = "Seed of the images and of the training; 0 when not given." },
            long.MinValue, long.MaxValue);
        var good = CommonOptions.Ranged(
            new Option<int?>("--good") { HelpName = "N", Description = "Normal test images of each category; 40 when not given." }, 1, MostGoodImages);
        var dataOnly = new Option<bool>("--data-only") { Description = "Write the set without training." };
        var device = CommonOptions.Device();
        var command = new Command("demo", "Create a small inspection set, train on its normal images, find the defects.")
        {
            output, seed, good, dataOnly, device
        };
        command.SetAction(parsed =>
        {
            string folder = parsed.GetValue(output)!, data = Path.Combine(folder, "data"), runPath = Path.Combine(folder, "run");
            long first = parsed.GetValue(seed) ?? 0;
            if (Directory.Exists(runPath)) throw new UsageException($"{runPath}: the folder already holds a run; choose another --out");
            OutputPlace.CheckFolder("--out", folder, []);
            Mmrr.Device.Open(parsed.GetValue(device)!).Dispose();
            Console.WriteLine($"writing a synthetic inspection set to {data}");
            Write(data, first, parsed.GetValue(good) ?? 40);
            if (parsed.GetValue(dataOnly)) return ExitCode.Success;
            var options = TrainingOptions.For("mvtec", data, "tiny", Size) with
            {
                Normal = Category,
                Device = parsed.GetValue(device)!,
                Seed = first,
                Minutes = null,
                Epochs = Epochs,
                Batch = Batch,
                LearningRate = LearningRate,
            };
            var (run, finished) = new TrainingSession(new TerminalTraining()).Begin(options, runPath);
            if (!finished) return TrainCommand.Interrupted(run);
            using (var opened = Mmrr.Device.Open(options.Device, options.Threads))
            {
                if (!EvaluateCommand.Run(RunFolder.Open(run.Path), opened, null, null).Written) return ExitCode.BadInput;
            }
            Console.WriteLine($"pictures: {run.PathOf("examples.png")}");
            Console.WriteLine($"figures:  {run.PathOf("evaluation.json")}, {run.PathOf("scores.csv")}");
            // Without the sweep over the number of levels, which would take longer than the rest of the evaluation.
            ReportCommand.Write(
                RunFolder.Open(run.Path), run.PathOf("report.html"), [], sweepImages: 0, () => Mmrr.Device.Open(options.Device, options.Threads));
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>Writes the set; if that fails, an incomplete new set is removed.</summary>
    private static void Write(string data, long seed, int good)
    {
        bool existed = Directory.Exists(data);
        try
        {
            SyntheticInspection.Write(data, seed, good: good);
        }
        catch
        {
            if (!existed && Directory.Exists(data)) Directory.Delete(data, recursive: true);
            throw;
        }
    }
}
