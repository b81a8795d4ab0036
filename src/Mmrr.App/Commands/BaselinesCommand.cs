using System.CommandLine;
using Mmrr.App.Output;
using Mmrr.Nn;
using Mmrr.Training.Baselines;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr baselines</c>: the image AUROC of simple methods on a data set, or on that of a run.</summary>
internal static class BaselinesCommand
{
    // The size of train with its default preset, tiny.
    private static int InspectionSize => Preset.All["tiny"].InspectionSize;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var run = new Argument<string?>("RUN")
        {
            Description = "Folder of a run whose data, size and seed are used; in place of --data.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var source = new DataArguments();
        var (data, root, normal, abnormal) = source;
        string sides = $"32 for mnist, fmnist and cifar10, else {InspectionSize}, when not given";
        var size = CommonOptions.Ranged(Number<int>("--size", $"Side that images are resized to, in pixels; {sides}."), PatchMethods.Side, 4096);
        var seed = CommonOptions.Ranged(Number<long>("--seed", "Seed of the split and of the draws; 0 when not given."), long.MinValue, long.MaxValue);
        var limit = CommonOptions.Ranged(Number<int>("--limit", "Number of test images, drawn by seed, the classes in proportion."), 2, int.MaxValue);
        var trainLimit = CommonOptions.Ranged(
            Number<int>("--train-limit", "Number of normal images to learn from, drawn by seed; all when not given."), 2, int.MaxValue);
        var json = new Option<string?>("--json") { HelpName = "FILE", Description = "Write the figures to this file; those of RUN are also kept in RUN." };
        var command = new Command("baselines", "Image AUROC of simple methods on the same images: mean, PCA, neighbours, densities, brightness.")
        {
            run, data, root, normal, abnormal, size, seed, limit, trainLimit, json,
        };
        command.SetAction(parsed =>
        {
            string? path = parsed.GetValue(json);
            if (Directory.Exists(path)) throw new UsageException($"--json {path}: is a folder, expected a file");
            if (path is not null) OutputPlace.CheckFile("--json", path, FilesRead(parsed.GetValue(run), parsed.GetValue(root), parsed.GetValue(abnormal)));
            if (path is not null) StandardOutput.HasMessagesOnly();
            BaselineResult result;
            bool kept = true;
            if (parsed.GetValue(run) is { } folder)
            {
                var options = new Option[] { data, root, normal, abnormal, size, seed };
                if (Array.Find(options, o => parsed.GetResult(o) is { Implicit: false }) is { } other)
                    throw new UsageException($"RUN takes no {other.Name}: the run's own configuration applies");
                (result, kept) = OfRun(RunFolder.Open(folder), parsed.GetValue(limit), parsed.GetValue(trainLimit), null);
            }
            else
            {
                string kind = source.Check(parsed) ?? throw new UsageException("baselines needs RUN, or --data and --root");
                result = BaselineComparison.Run(
                    new DataOptions
                    {
                        Kind = kind,
                        Root = Path.GetFullPath(parsed.GetValue(root)!),
                        Normal = source.NormalOf(parsed),
                        Abnormal = parsed.GetValue(abnormal) is { } other ? Path.GetFullPath(other) : null,
                        Size = parsed.GetValue(size) ?? (DataSource.DefaultSize(kind) == 32 ? 32 : InspectionSize),
                        Seed = parsed.GetValue(seed) ?? 0,
                    },
                    parsed.GetValue(limit), parsed.GetValue(trainLimit), remark: Complaint.Write);
                BaselineTable.Print(result);
            }
            if (path is not null)
            {
                if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } above) Directory.CreateDirectory(above);
                result.Save(path);
            }
            return kept || path is not null ? ExitCode.Success : ExitCode.BadInput;
        });
        return command;
    }

    private static IEnumerable<string?> FilesRead(string? run, string? root, string? abnormal)
    {
        if (run is null || !Directory.Exists(run)) return [root, abnormal];
        var options = RunFolder.Open(run).Options;
        return [.. Directory.EnumerateFiles(run).Where(file => Path.GetFileName(file) != BaselineResult.FileName), options.Root, options.Abnormal];
    }

    /// <summary>Evaluates the simple methods on a run's data, prints their figures and keeps them in the run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="limit">Number of test images, the same as in an evaluation with this limit; null for all.</param>
    /// <param name="trainLimit">Number of normal images to learn from; null for all that the run was trained on.</param>
    /// <param name="test">A folder of test images other than the run's; null for the run's own.</param>
    /// <param name="networks">Image AUROC of the run on the same images, by name, printed above the others.</param>
    /// <returns>The figures, and whether they could be kept in the run.</returns>
    public static (BaselineResult Result, bool Kept) OfRun(
        RunFolder run, int? limit, int? trainLimit, string? test, params ReadOnlySpan<(string Name, double ImageAuroc)> networks)
    {
        bool kept = OutputPlace.IsWritable(run.Path);
        if (!kept) Complaint.Write($"{run.Path}: no file can be created in it: the figures are printed, but {BaselineResult.FileName} is unchanged");
        var result = BaselineComparison.Run(run.Data, limit, trainLimit, test, networks.IsEmpty ? Complaint.Write : null, run.Options.Model.Range);
        if (kept) result.Save(run.PathOf(BaselineResult.FileName));
        StandardOutput.HasMessagesOnly();
        BaselineTable.Print(result, networks);
        if (run.Options.Model.Fit == ImageFit.Tile) Console.WriteLine("the run sees tiles; simple methods see whole images, stretched to the size of a tile");
        return (result, kept);
    }

    private static Option<T?> Number<T>(string name, string description)
        where T : struct => new(name) { HelpName = "N", Description = description };
}
