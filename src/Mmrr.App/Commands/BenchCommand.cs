using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Mmrr.App.Output;
using Mmrr.App.Profiling;
using Mmrr.Training.Fitting;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr bench</c>: times training steps, scoring and the most important kernels; one line of key=value figures per case.</summary>
internal static class BenchCommand
{
    // The batch of the mask where --batch is not given.
    private const int MaskBatch = 64;

    // Of one image where no others are given: the camera's picture, and the networks of the presets.
    private const int LatencySize = 64;
    private const int FewestWarmUps = 2;
    private static readonly int[] s_latencyWidths = [16, 32];
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(1.5);

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var what = new Argument<string[]>("CASE")
        {
            HelpName = "CASE",
            Description = "One or more of step, score, latency, conv, product, mask, groupnorm.",
            Arity = ArgumentArity.OneOrMore
        };
        what.AcceptOnlyFromAmong("step", "score", "latency", "conv", "product", "mask", "groupnorm");
        var command = new Command(
            "bench", "Time training steps, scoring, the score of one image, convolutions, matrix products, masks or group normalisation.") { what };
        var options = new WorkloadOptions(command, 5, "Timed repetitions of step, score and latency; the median is printed.");
        command.SetAction(parsed =>
        {
            options.RefuseIdle(parsed, parsed.GetValue(what)!);
            using var device = options.Open(parsed);
            foreach (string name in parsed.GetValue(what)!) WorkloadOptions.Sized(() => Time(name, options, parsed, device));
            return ExitCode.Success;
        });
        return command;
    }

    private static void Time(string name, WorkloadOptions options, ParseResult parsed, Device device)
    {
        switch (name)
        {
            case "conv":
                KernelBench.Convolutions(device, options.Batch(parsed), options.Width(parsed), options.Size(parsed));
                break;
            case "product":
                KernelBench.Products(device, options.Size(parsed));
                break;
            case "mask":
                KernelBench.Masks(device, options.Batch(parsed, MaskBatch), options.MaskLevels(parsed), options.Size(parsed));
                break;
            case "groupnorm":
                KernelBench.GroupNorms(device, options.Batch(parsed), options.Width(parsed), options.Size(parsed));
                break;
            case "latency":
                foreach (int width in options.Width(parsed) is { } only ? [only] : s_latencyWidths)
                {
                    using var model = options.Model(parsed, device, width, options.Size(parsed) ?? LatencySize);
                    using var score = ModelWorkload.Score(model, batch: 1, options.MaskLevels(parsed));
                    Latency(score, options.Steps(parsed));
                }
                break;
            case "step":
                using (var model = options.Model(parsed, device))
                {
                    TrainingMemory.EnsureRoom(device, model.Options, options.Batch(parsed));
                    foreach (int phase in model.Phases.Select(p => p.Number))
                    {
                        using var step = ModelWorkload.Step(model, options.Batch(parsed), phase);
                        Median(step, options.Steps(parsed));
                    }
                }
                break;
            default:
                using (var model = options.Model(parsed, device))
                {
                    using var score = ModelWorkload.Score(model, options.Batch(parsed), options.MaskLevels(parsed));
                    Median(score, options.Steps(parsed));
                }
                break;
        }
    }

    private static void Median(ModelWorkload workload, int steps)
    {
        double median = Times(workload, steps)[steps / 2];
        Write(workload.Name, workload, string.Create(CultureInfo.InvariantCulture, $"median_s={median:F4} images_per_s={workload.Batch / median:F2}"));
    }

    // One image after the other: what a camera waits for, and the longest that it waited.
    private static void Latency(ModelWorkload score, int steps)
    {
        double[] times = Times(score, steps);
        Write("latency", score, string.Create(
            CultureInfo.InvariantCulture, $"schedule={score.Name} median_ms={1e3 * times[steps / 2]:F2} slowest_ms={1e3 * times[^1]:F2}"));
    }

    // Seconds of each run, ascending, of a process as it is after its first seconds: until then the runtime compiles what runs often once more, on a core that
    // the workers want.
    private static double[] Times(ModelWorkload workload, int steps)
    {
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < FewestWarmUps || watch.Elapsed < s_warmUp; i++) workload.Run();
        return [.. Enumerable.Range(0, steps).Select(_ => workload.Run().Seconds).Order()];
    }

    private static void Write(string name, ModelWorkload workload, string figures)
    {
        var (device, o) = (workload.Model.Device, workload.Model.Options);
        Console.WriteLine(
            $"engine=mmrr {(o.Method is { } method ? $"method={method} " : "")}case={name} "
            + $"width={o.Width} batch={workload.Batch} channels={o.Channels} size={o.Size} levels={o.Resolutions} "
            + $"{KernelBench.Where(device)} {figures}");
    }
}
