using System.CommandLine;
using System.Reflection;
using Mmrr.App.Output;
using Mmrr.App.Verification;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;

namespace Mmrr.App.Commands;

/// <summary>
/// <c>mmrr verify</c>, the <c>verify</c> of a bundle of <c>scripts/gpu-bundle</c>: tests, timings and a profile on a device, in one report. Reports what is
/// missing where the tests are not in the same folder.
/// </summary>
internal static class VerifyCommand
{
    private const string Kernels = "kernels";

    private static readonly string[] s_parts = ["tests", "bench", "profile", Kernels];

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var device = new Option<string>("--device") { HelpName = "DEVICE", Description = "cuda, cuda:N, cpu, simt or ptx.", DefaultValueFactory = _ => "cuda" };
        var quick = new Option<bool>("--quick") { Description = "Tiny shapes, one round: checks that everything runs; minutes even on the simulator." };
        var only = new Option<string?>("--only")
        {
            HelpName = "LIST",
            Description = "A list of tests, bench, profile, kernels (cuda and ptx beside the software card); all when not given."
        };
        var rounds = CommonOptions.Ranged(
            new Option<int?>("--rounds") { HelpName = "N", Description = "Rounds of timings; medians are reported; 3 when not given." }, 1, 100);
        var limit = CommonOptions.Ranged(
            new Option<double?>("--limit")
            {
                HelpName = "M",
                Description = "Minutes after which running programs are ended and the results so far are kept; no limit when not given."
            },
            0.01, 100_000);
        var output = new Option<string>("--out") { HelpName = "DIR", Description = "Folder for verify.md and verify.json.", DefaultValueFactory = _ => "." };
        var python = new Option<string>("--python")
        {
            HelpName = "PROGRAM",
            Description = "Python interpreter, for PyTorch if it is installed.",
            DefaultValueFactory = _ => "python3"
        };
        var train = new Option<string?>("--train")
        {
            HelpName = "DIR",
            Description = "Instead of all that: train on a class of the Fashion-MNIST set in this folder (width 128, batch 64) and evaluate at 60 levels."
        };
        var minutes = CommonOptions.Ranged(new Option<double?>("--minutes") { HelpName = "M", Description = "For --train; 5 when not given." }, 0.01, 100_000);
        var normal = new Option<string>("--normal") { HelpName = "CLASS", Description = "Normal class for --train.", DefaultValueFactory = _ => "0" };
        var precision = CommonOptions.Precision();
        precision.Description = "Precision for --train; the timings are taken in both.";
        var command = new Command("verify", "For a bundle: test, time and profile MMRR on this machine's GPU; writes verify.md and verify.json.")
        {
            device, quick, only, rounds, limit, output, python, train, minutes, normal, precision
        };
        command.SetAction(parsed =>
        {
            foreach (var option in new Option[] { minutes, normal, precision })
            {
                if (parsed.GetValue(train) is null && Given(option)) throw new UsageException($"{option.Name} belongs to --train");
            }
            foreach (var option in new Option[] { only, rounds, python })
            {
                if (parsed.GetValue(train) is not null && Given(option))
                    throw new UsageException($"--train takes no {option.Name}: it replaces the tests, timings and profile");
            }
            bool Given(Option option) => parsed.GetResult(option) is { Implicit: false };
            string[] parts = parsed.GetValue(only)?.Split(',', StringSplitOptions.TrimEntries) ?? s_parts;
            if (parts.FirstOrDefault(part => !s_parts.Contains(part)) is { } unknown)
                throw new UsageException($"--only: unknown '{unknown}', expected a list of {string.Join(", ", s_parts)}");
            string? root = parsed.GetValue(train);
            var options = new VerificationOptions
            {
                Device = parsed.GetValue(device)!,
                Quick = parsed.GetValue(quick),
                Rounds = parsed.GetValue(rounds) ?? (parsed.GetValue(quick) ? 1 : 3),
                Limit = parsed.GetValue(limit),
                Python = parsed.GetValue(python)!,
                Output = Path.GetFullPath(parsed.GetValue(output)!),
            };
            OutputPlace.CheckFolder("--out", options.Output, []);
            if (root is null && parts.Contains("tests") && TestProgram.Find().Count == 0)
                throw new UsageException("there are no test programs in mmrr's folder; a bundle of scripts/gpu-bundle has them");
            var report = Begin(options, out bool suits);
            if (root is null && !suits && Given(only) && parts.Contains(Kernels))
                throw new UsageException($"--only kernels compares a cuda or ptx device with the software card, not {options.Device}");
            Directory.CreateDirectory(options.Output);
            var verification = new VerificationRun(options, report);
            if (root is not null)
            {
                verification.Train(Path.GetFullPath(root), parsed.GetValue(normal)!, parsed.GetValue(minutes) ?? 5, parsed.GetValue(precision)!);
            }
            else
            {
                if (parts.Contains("tests")) verification.Tests();
                if (parts.Contains("bench")) verification.Bench();
                if (parts.Contains("profile")) verification.Profile();
                if (suits && parts.Contains(Kernels)) verification.Kernels();
            }
            report.Save(options.Output);
            Console.WriteLine();
            Console.Write(VerificationTable.Text(report with { Profiles = [] }));
            Console.WriteLine($"\n{Path.Combine(options.Output, "verify.md")}, {Path.Combine(options.Output, "verify.json")}");
            foreach (string failure in report.Failures) Console.Error.WriteLine($"verify: {failure}");
            return report.Failures.Count == 0 ? ExitCode.Success : ExitCode.Failed;
        });
        return command;
    }

    /// <summary>Queries the device and closes it: the programs that follow open it themselves.</summary>
    private static VerificationReport Begin(VerificationOptions options, out bool suits)
    {
        using var device = Device.Open(options.Device);
        suits = SoftwareComparison.Suits(device);
        bool gpu = device.Kind == DeviceKind.Cuda;
        return new VerificationReport
        {
            Date = DateTime.UtcNow,
            Version = typeof(VerifyCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
            Device = device.Name,
            Description = device.Description,
            Gpu = gpu,
            Driver = gpu ? DriverVersion() : null,
            PyTorch = gpu ? VerificationRun.FindPyTorch(options.Python) : null,
            Quick = options.Quick,
            WhyNoTf32 = device.HasTf32 ? null : gpu ? "needs compute capability 8.0" : "needs a GPU",
        };
    }

    /// <summary>The driver version from the kernel module, "NVRM version: NVIDIA UNIX x86_64 Kernel Module 550.54.15 …".</summary>
    private static string? DriverVersion()
    {
        const string File = "/proc/driver/nvidia/version";
        return System.IO.File.Exists(File)
            ? System.IO.File.ReadLines(File).First().Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .FirstOrDefault(word => word.Contains('.') && char.IsDigit(word[0]))
            : null;
    }
}
