using System.CommandLine;
using System.Globalization;
using Mmrr.App.Output;
using Mmrr.App.Profiling;
using Mmrr.Nn;
using Mmrr.Ptx.Machine.Counting;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;

namespace Mmrr.App.Commands;

/// <summary>
/// <c>mmrr profile</c>: the time of a training step and of a scoring pass, kernel by kernel, and how close each kernel comes to the machine's limits.
/// </summary>
internal static class ProfileCommand
{
    private const int WarmUps = 3;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var trace = new Option<string?>("--trace")
        {
            HelpName = "FILE",
            Description = "Also write the kernels to this file, for Perfetto or chrome://tracing."
        };
        var against = new Option<string?>("--against")
        {
            HelpName = "FILE",
            Description = "Also compare with this file, a trace of an earlier profile, kernel by kernel."
        };
        var command = new Command("profile", "Profile training steps and a scoring pass, kernel by kernel.") { trace, against };
        var options = new WorkloadOptions(command, 3, "Profiled repetitions; the fastest is shown.");
        command.SetAction(parsed =>
        {
            string? path = parsed.GetValue(trace), earlier = parsed.GetValue(against);
            if (path is not null) ChromeTrace.CheckWritable(path, earlier);
            var before = earlier is null ? null : KeptProfile.Read(earlier);
            using var device = options.Open(parsed);
            using var model = options.Model(parsed, device);
            int batch = options.Batch(parsed);
            TrainingMemory.EnsureRoom(device, model.Options, batch);
            var now = ProfileCase.Of(model, batch, options.MaskLevels(parsed), options.Steps(parsed));
            if (before is not null && before.Case.Method != now.Method)
                throw new UsageException($"--against {earlier}: of the method {NameOf(before.Case.Method)}, not of {NameOf(now.Method)}");
            string[] changes = before is null ? [] : [.. before.Case.ChangesTo(now)];
            if (changes.Length > 0) Complaint.Write($"--against {earlier}: of another case: {string.Join("; ", changes)}");
            if (device.Kind == DeviceKind.Ptx)
            {
                if ((path is null ? earlier is null ? null : "--against" : "--trace") is { } timed)
                    throw new UsageException($"{timed} needs times, and the device ptx has none: it counts");
                Count(model, batch, now.MaskLevels);
                return ExitCode.Success;
            }
            var limits = MachineLimits.Measure(device);
            Console.WriteLine($"{Processor.Describe(device)}{(device.Precision == MatrixPrecision.Tf32 ? ", convolutions in TF32" : "")}");
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"limits: {limits.Arithmetic.Rate / 1e9:F1} GFLOP/s of multiply-adds{limits.Arithmetic.Doubt}, "
                + $"{limits.Memory.Rate / 1e9:F1} GB/s read and written{limits.Memory.Doubt}, measured now"));
            var runs = new List<(string Title, WorkloadRun Run)>();
            foreach (var create in KernelExecution.Workloads(model, batch, now.MaskLevels))
            {
                WorkloadOptions.Sized(() =>
                {
                    using var workload = create();
                    runs.Add((workload.Title, Fastest(workload, now.Steps)));
                    Show(workload, runs[^1].Run, limits);
                });
            }
            Console.WriteLine();
            foreach (string note in KernelTable.Notes) Console.WriteLine(note);
            if (before is not null) Compare(earlier!, before, runs);
            if (path is not null) ChromeTrace.Write(path, now, runs);
            return ExitCode.Success;
        });
        return command;
    }

    // On `ptx` nothing is timed: what a card would need at least follows from what was executed.
    private static void Count(AnomalyModel model, int batch, int levels)
    {
        Console.WriteLine(Processor.Describe(model.Device));
        foreach (var create in KernelExecution.Workloads(model, batch, levels))
        {
            WorkloadOptions.Sized(() =>
            {
                using var workload = create();
                Title(workload);
                KernelExecution.Print(workload, Card.Of("h100"));
            });
        }
    }

    private static WorkloadRun Fastest(ModelWorkload workload, int steps)
    {
        for (int i = 0; i < WarmUps; i++) workload.Run();
        return Enumerable.Range(0, steps).Select(_ => workload.Run(profiled: true)).MinBy(run => run.Seconds)!;
    }

    private static void Title(ModelWorkload workload)
    {
        var o = workload.Model.Options;
        Console.WriteLine();
        Write($"{workload.Title}: {workload.Batch} x {o.Size}x{o.Size}x{o.Channels}, width {o.Width}, {o.Resolutions} resolutions");
    }

    private static void Show(ModelWorkload workload, WorkloadRun run, MachineLimits limits)
    {
        Title(workload);
        foreach (string line in KernelTable.Lines(run, limits)) Console.WriteLine(line);
    }

    private static void Compare(string file, KeptProfile before, List<(string Title, WorkloadRun Run)> now)
    {
        Console.WriteLine();
        Console.WriteLine($"against {file}, of mmrr {before.Version}");
        Console.WriteLine(ComparisonTable.Note);
        foreach (var (old, (title, run)) in before.Runs.Zip(now))
        {
            Console.WriteLine(title);
            ComparisonTable.Print(old, RunProfile.Of(run));
        }
    }

    private static string NameOf(string? method) => method ?? MmrrOptions.MmrrMethod;

    private static void Write(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
