using System.ComponentModel;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mmrr.App.Output;
using Mmrr.Nn.Checkpoints;
using Mmrr.Study.Cells;
using Mmrr.Study.Clusters;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr study FILE submit</c>: one task of a cluster for each cell that is not done.</summary>
internal static class SubmitCommand
{
    /// <summary>The command.</summary>
    /// <param name="file">The argument of the study.</param>
    /// <param name="output">The option of its folder.</param>
    public static Command Create(Argument<string> file, Option<string> output)
    {
        var slurm = new Option<bool>("--slurm") { Description = "A job array, submitted with sbatch." };
        var kubernetes = new Option<bool>("--kubernetes") { Description = "The manifest of an Indexed Job, for kubectl apply." };
        var dry = new Option<bool>("--dry-run") { Description = "Print the script or the manifest and do nothing else." };
        var root = StudyCommand.Root();
        var partition = new Option<string?>("--partition") { HelpName = "NAME", Description = "Slurm's partition; the cluster's default when not given." };
        var cpus = CommonOptions.Ranged(new Option<int?>("--cpus") { HelpName = "N", Description = "Cores of a task; 2 when not given." }, 1, 1024);
        var gpus = CommonOptions.Ranged(new Option<int?>("--gpus") { HelpName = "N", Description = "GPUs of a task; none when not given." }, 0, 16);
        var minutes = CommonOptions.Ranged(
            new Option<int?>("--time") { HelpName = "M", Description = "Time limit of a task in minutes; from the estimate when not given." }, 1, 100_000);
        var atOnce = CommonOptions.Ranged(
            new Option<int?>("--at-once") { HelpName = "N", Description = "Most tasks at once; no limit when not given." }, 1, 100_000);
        var tool = new Option<string>("--tool")
        {
            HelpName = "COMMAND",
            Description = "The program on the nodes; words with spaces in \"quotes\".",
            DefaultValueFactory = _ => "mmrr"
        };
        var container = new Option<string?>("--container")
        {
            HelpName = "IMAGE",
            Description = "Image that has the program: run by apptainer with --slurm; required with --kubernetes."
        };
        var volume = new Option<string?>("--volume")
        {
            HelpName = "CLAIM:PATH",
            Description = "The volume claim that all pods share and its path; the study, the data and --out are below that path."
        };
        var command = new Command("submit", "Write and submit a job with one task for each cell that is not done: --slurm or --kubernetes.")
        {
            output, root, slurm, kubernetes, dry, partition, cpus, gpus, minutes, atOnce, tool, container, volume,
        };
        command.SetAction(parsed =>
        {
            bool toSlurm = parsed.GetValue(slurm);
            if (toSlurm == parsed.GetValue(kubernetes)) throw new UsageException("submit needs either --slurm or --kubernetes");
            if (toSlurm && parsed.GetValue(volume) is not null) throw new UsageException("--volume belongs to --kubernetes");
            if (!toSlurm && parsed.GetValue(partition) is not null) throw new UsageException("--partition belongs to --slurm");
            // A line end would begin a line of its own in the script.
            foreach (var token in parsed.Tokens)
            {
                if (token.Value.Any(char.IsControl)) throw new UsageException($"{token.Value.ReplaceLineEndings("\\n")}: a control character in an argument");
            }
            var (study, folder, cells) = StudyCommand.Read(parsed);
            int[] indices = [.. cells.Where(c => !folder.IsDone(c)).Select(c => c.Index)];
            if (indices.Length == 0)
            {
                Console.WriteLine($"{study.Name}: all cells are done; there is nothing to submit");
                return ExitCode.Success;
            }
            string path = Path.GetFullPath(parsed.GetValue(file)!), place = Path.GetFullPath(folder.Path), data = Path.GetFullPath(parsed.GetValue(root)!);
            var estimate = new TimeEstimate(folder, cells);
            int limit = parsed.GetValue(minutes) ?? JobRequest.LimitFor(indices.Max(i => estimate.Of(cells[i])));
            int cores = parsed.GetValue(cpus) ?? 2;
            var request = new JobRequest(
                study.Name, indices, cells.Count, limit,
                [
                    .. CommandLineParser.SplitCommandLine(parsed.GetValue(tool)!),
                    "study", path, "run", "--out", place, "--root", data, "--device", parsed.GetValue(gpus) > 0 ? "cuda" : "cpu",
                    .. parsed.GetValue(gpus) > 0 ? [] : new[] { "--threads", cores.ToString(CultureInfo.InvariantCulture) },
                ],
                parsed.GetValue(container), cores, parsed.GetValue(gpus) ?? 0, parsed.GetValue(atOnce));
            string tables = Path.Combine(place, study.Name);
            string text = toSlurm
                ? SlurmScript.Of(request, parsed.GetValue(partition), Path.Combine(place, "logs"))
                : Manifest(request, parsed.GetValue(volume), path, place, data);
            if (parsed.GetValue(dry))
            {
                Console.Write(text);
                return ExitCode.Success;
            }
            folder.Prepare();
            Directory.CreateDirectory(tables);
            string written = Path.Combine(tables, toSlurm ? "slurm.sh" : "job.yaml");
            AtomicFile.Write(written, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
            Console.WriteLine(toSlurm ? $"{Submit(written)}: {indices.Length} tasks of {written}" : $"written; submit it with: kubectl apply -f {written}");
            return ExitCode.Success;
        });
        return command;
    }

    private static string Manifest(JobRequest request, string? volume, params string[] paths)
    {
        if (request.Container is null) throw new UsageException("--kubernetes needs --container IMAGE");
        int colon = volume?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        if (colon < 1 || !volume![(colon + 1)..].StartsWith('/'))
            throw new UsageException($"--kubernetes needs --volume CLAIM:PATH with an absolute path{(volume is null ? "" : $"; got {volume}")}");
        string claim = volume[..colon], mount = volume[(colon + 1)..];
        if (!DnsName.IsSubdomain(claim)) throw new UsageException($"--volume: the claim is '{claim}', expected {DnsName.Expected}");
        if (mount.TrimEnd('/').Length == 0 || mount.Contains(':', StringComparison.Ordinal))
            throw new UsageException($"--volume: the path is '{mount}', expected a folder below / without a colon");
        // Pods are named after the job and their index.
        if (request.Name.Length > DnsName.LongestLabel - 1 - $"{request.Cells - 1}".Length)
            throw new UsageException(
                $"the name of the study has {request.Name.Length} characters, too many for Kubernetes: "
                + $"with a hyphen and the index of a cell, {DnsName.LongestLabel} at most");
        foreach (string path in paths)
        {
            if (!RealPath.Contains(mount, path)) throw new UsageException($"{path}: not below {mount}, the path of --volume: the pods would not see it");
        }
        return KubernetesJob.Of(request, claim, mount);
    }

    /// <summary>Submits a script; returns what <c>sbatch</c> said.</summary>
    private static string Submit(string script)
    {
        try
        {
            using var sbatch = Process.Start(new ProcessStartInfo("sbatch", [script]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var error = sbatch.StandardError.ReadToEndAsync();
            string output = sbatch.StandardOutput.ReadToEnd().Trim();
            sbatch.WaitForExit();
            string problem = error.GetAwaiter().GetResult().Trim().ReplaceLineEndings(" ");
            return sbatch.ExitCode == 0 ? output : throw new UsageException($"sbatch ended with {sbatch.ExitCode}: {problem}; the script is {script}");
        }
        catch (Win32Exception)
        {
            throw new UsageException($"sbatch: not found; submit {script} where Slurm is");
        }
    }
}
