using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Mmrr.App.Output;

namespace Mmrr.App.Verification;

/// <summary>The options of <c>verify</c>.</summary>
internal sealed record VerificationOptions
{
    /// <summary>The device's name.</summary>
    public required string Device { get; init; }

    /// <summary>Tiny shapes, one round.</summary>
    public required bool Quick { get; init; }

    /// <summary>Rounds of timings, <c>mmrr</c> and PyTorch alternately.</summary>
    public required int Rounds { get; init; }

    /// <summary>Minutes after which nothing is started and what runs is ended; null for no limit.</summary>
    public required double? Limit { get; init; }

    /// <summary>The Python interpreter, for PyTorch.</summary>
    public required string Python { get; init; }

    /// <summary>The folder of the report.</summary>
    public required string Output { get; init; }
}

/// <summary>Runs the tests, the timings and the profile on a device and keeps a report, which is rewritten after each program.</summary>
internal sealed class VerificationRun(VerificationOptions options, VerificationReport report)
{
    // The paper's width; the batch of its preset.
    private static readonly string[] s_model = ["--width", "128", "--batch", "64"];
    private static readonly string[] s_tinyModel = ["--width", "16", "--size", "8", "--levels", "2", "--batch", "1", "--mask-levels", "2", "--steps", "1"];
    private static readonly string[] s_tinyKernels = ["--width", "16", "--size", "8", "--batch", "1", "--mask-levels", "2"];

    private readonly Stopwatch _watch = Stopwatch.StartNew();

    // The remaining time of the limit.
    private TimeSpan? Left => options.Limit is { } minutes ? TimeSpan.FromSeconds(Math.Max(0, (minutes * 60) - _watch.Elapsed.TotalSeconds)) : null;

    /// <summary>
    /// Every case of <c>mmrr bench</c>, in as few processes as the shapes allow, since each process compiles its kernels. Masks and group normalisation are
    /// the same in both precisions.
    /// </summary>
    private string[][] Cases(string precision)
    {
        string[] kernels = precision == "float32" ? ["conv", "mask", "groupnorm"] : ["conv"];
        return options.Quick
            ? [["step", "score", .. s_tinyModel], [.. kernels, .. s_tinyKernels]]
            : [["step", "score", .. s_model, "--steps", "10"], [.. kernels, "--batch", "64"], ["conv", "--width", "128", "--size", "256", "--batch", "4"]];
    }

    private string[] Precisions => report.WhyNoTf32 is null ? ["float32", "tf32"] : ["float32"];

    /// <summary>The PyTorch programs for comparison that the bundle contains: the model, and the kernels that it leaves out.</summary>
    private static IEnumerable<string> PeerFiles =>
        new[] { "torch_gpu.py", "torch_kernels.py" }.Select(name => Path.Combine(AppContext.BaseDirectory, name)).Where(File.Exists);

    /// <summary>The versions of PyTorch and CUDA, where this Python has PyTorch and it finds a GPU; else null.</summary>
    public static string? FindPyTorch(string python)
    {
        if (!PeerFiles.Any()) return null;
        try
        {
            const string Ask = "import torch; print(torch.__version__, 'CUDA', torch.version.cuda) if torch.cuda.is_available() else exit(1)";
            var run = ChildProgram.Run(python, ["-c", Ask], new Dictionary<string, string>(), _ => { });
            return run.ExitCode == 0 && run.Lines.Count > 0 ? run.Lines[^1] : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // no such program
        }
    }

    /// <summary>Runs the test programs.</summary>
    public void Tests()
    {
        foreach (string program in TestProgram.Find())
        {
            Say($"tests: {Path.GetFileName(program)}");
            if (!Begins(Path.GetFileName(program))) return;
            var outcome = TestProgram.Run(program, options.Device, options.Quick, Left);
            report.Tests.Add(outcome);
            if (outcome.Failed > 0)
                report.Failures.AddRange(outcome.FailedNames.DefaultIfEmpty("errors outside of the tests").Select(name => $"{outcome.Project}: {name}"));
            report.Save(options.Output);
        }
    }

    /// <summary>Runs every case of <c>mmrr bench</c>, alternating with PyTorch where it is installed.</summary>
    public void Bench()
    {
        var measurements = new Measurements();
        for (int round = 1; round <= options.Rounds; round++)
        {
            foreach (string precision in Precisions)
            {
                foreach (string[] arguments in Cases(precision))
                    Measure($"round {round}", ["bench", .. arguments, "--device", options.Device, "--precision", precision]);
            }
            if (report.PyTorch is null) continue;
            foreach (string peer in PeerFiles)
            {
                string what = $"{Path.GetFileName(peer)}, round {round}";
                if (!Begins(what)) continue;
                Say($"{options.Python} {what}");
                Failing(what, ChildProgram.Run(options.Python, [peer, "--quick", .. s_model], new Dictionary<string, string>(), line =>
                {
                    Console.WriteLine(line);
                    measurements.Add(line);
                }, Left));
                Keep();
            }
        }

        void Measure(string what, string[] arguments)
        {
            Mmrr(what, arguments, measurements.Add);
            Keep();
        }

        void Keep()
        {
            report.Take(measurements);
            report.Save(options.Output);
        }
    }

    /// <summary>Runs <c>mmrr profile</c> in each precision.</summary>
    public void Profile()
    {
        foreach (string precision in Precisions)
        {
            var run = Mmrr("profile", ["profile", .. options.Quick ? s_tinyModel : s_model, "--device", options.Device, "--precision", precision], _ => { });
            report.Profiles[precision] = run.Lines;
            report.Save(options.Output);
        }
    }

    /// <summary>Compares the operations and kernels of a small model with the software card's, in each precision.</summary>
    public void Kernels()
    {
        foreach (string precision in Precisions)
        {
            string what = $"kernels, {precision}";
            if (!Begins(what)) return;
            Say($"{what}: a small model on {options.Device} beside the software card");
            try
            {
                var compared = SoftwareComparison.Of(options.Device, Enum.Parse<MatrixPrecision>(precision, ignoreCase: true));
                report.Software[precision] = compared;
                report.Failures.AddRange(compared.Failures().Select(failure => $"{what}: {failure}"));
            }
#pragma warning disable CA1031 // Whatever a device throws: what was measured before is kept.
            catch (Exception e) when (e is not OutOfMemoryException)
#pragma warning restore CA1031
            {
                report.Failures.Add($"{what}: {e.GetBaseException().Message}");
            }
            report.Save(options.Output);
        }
    }

    /// <summary>Trains on one class of Fashion-MNIST and evaluates it.</summary>
    /// <param name="root">The folder of the four IDX files.</param>
    /// <param name="normal">The class.</param>
    /// <param name="minutes">The budget of training.</param>
    /// <param name="precision">As <c>--precision</c> takes it.</param>
    public void Train(string root, string normal, double minutes, string precision)
    {
        string run = Path.Combine(options.Output, "run");
        string[] where = ["--device", options.Device, "--precision", precision];
        string[] train =
        [
            "train", "--data", "fmnist", "--root", root, "--normal", normal,
            "--preset", options.Quick ? "tiny" : "paper", "--minutes", minutes.ToString(CultureInfo.InvariantCulture), .. where, "--out", run
        ];
        string[] evaluate = ["evaluate", run, .. where, .. options.Quick ? ["--levels", "2", "--limit", "100"] : (string[])["--levels", "60"]];
        var trained = Mmrr("training", train, _ => { });
        if (trained.ExitCode != 0 || Mmrr("evaluation", evaluate, _ => { }).ExitCode != 0) return;
        using var evaluation = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(run, "evaluation.json")));
        string[][] history = [.. File.ReadLines(Path.Combine(run, "history.csv")).Select(line => line.Split(','))];
        int phase = Array.IndexOf(history[0], "phase"), step = Array.IndexOf(history[0], "step");
        long[] steps = [.. history[1..].GroupBy(row => row[phase]).Select(rows => rows.Max(row => long.Parse(row[step], CultureInfo.InvariantCulture)))];
        report.Training = new TrainedClass($"mmrr {string.Join(' ', train)}", minutes, steps, trained.Seconds, evaluation.RootElement.Clone());
    }

    private ProgramOutcome Mmrr(string what, string[] arguments, Action<string> take)
    {
        string command = $"mmrr {string.Join(' ', arguments)}";
        if (!Begins(command)) return new ProgramOutcome(ExitCode.Failed, [], "", 0);
        Say($"{what}: {command}");
        return Failing(command, ChildProgram.Mmrr(arguments, line =>
        {
            Console.WriteLine(line);
            take(line);
        }, Left));
    }

    // Reports a failure where the time is up.
    private bool Begins(string what)
    {
        if (Left is not { } left || left > TimeSpan.Zero) return true;
        report.Failures.Add($"`{what}`: not run, the time was up");
        return false;
    }

    private ProgramOutcome Failing(string what, ProgramOutcome run)
    {
        if (run.ExitCode != 0) report.Failures.Add($"`{what}`: exit code {run.ExitCode}, {run.LastError}");
        return run;
    }

    private static void Say(string what) => Console.WriteLine($"== {what}");
}
