using System.CommandLine;
using System.Globalization;
using Mmrr.App.Output;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;
using Mmrr.Training.Runs;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr train</c>: trains a model on normal images, all phases; or resumes or repeats a run.</summary>
internal static class TrainCommand
{
    /// <summary>The command.</summary>
    /// <param name="onlyChecks">Whether it ends where it would begin to train.</param>
    public static Command Create(bool onlyChecks = false)
    {
        var source = new DataArguments();
        var (data, root, normal, abnormal) = source;
        var preset = CommonOptions.OneOf(
            new Option<string>("--preset")
            {
                HelpName = "NAME",
                Description = $"Defaults for a budget: {string.Join(", ", Preset.All.Keys)}.",
                DefaultValueFactory = _ => "tiny"
            },
            [.. Preset.All.Keys]);
        var device = CommonOptions.Device();
        var threads = CommonOptions.Threads();
        var precision = CommonOptions.Precision();
        var output = new Option<string?>("--out") { HelpName = "DIR", Description = "Folder of the run; a new folder under runs/ when not given." };
        var minutes = CommonOptions.Ranged(
            new Option<double?>("--minutes") { HelpName = "M", Description = "Minutes for all phases; the preset's when not given." }, 0.01, 100_000);
        var epochs = CommonOptions.Ranged(
            new Option<int?>("--epochs") { HelpName = "N", Description = "Epochs per phase, in place of --minutes." }, 1, 1_000_000);
        var seed = CommonOptions.Ranged(
            new Option<long?>("--seed") { HelpName = "N", Description = "Seed of the split, the order, the weights and the noise; 0 when not given." },
            long.MinValue, long.MaxValue);
        var batch = CommonOptions.Ranged(
            new Option<int?>("--batch") { HelpName = "N", Description = "Images per step; when not given, the preset's, fewer for large images." }, 1, 4096);
        var learningRate = CommonOptions.Ranged(
            new Option<double?>("--lr") { HelpName = "X", Description = "Learning rate; when not given, the preset's, with paper the method's." }, 1e-9, 10);
        var beta2 = CommonOptions.Ranged(
            new Option<double?>("--beta2") { HelpName = "X", Description = "RAdam's second decay; the preset's when not given." }, 0.5, 0.999999);
        var patience = CommonOptions.Ranged(
            new Option<int?>("--patience")
            {
                HelpName = "N",
                Description = "Epochs without a lower validation loss after which the next one halves the learning rate; 500, as in the paper, when not given."
            },
            0, 1_000_000);
        var plateau = CommonOptions.Ranged(
            new Option<double?>("--plateau-threshold")
            {
                HelpName = "X",
                Description = "Relative decrease above which a validation loss counts as lower; 0.0001 when not given."
            },
            0, 0.99);
        var average = CommonOptions.Ranged(
            new Option<double?>("--average")
            {
                HelpName = "DECAY",
                Description = "Validate and keep moving averages of the weights with this decay per step, such as 0.999; 0 (none) when not given."
            },
            0, 0.999999);
        var width = CommonOptions.Ranged(
            new Option<int?>("--width") { HelpName = "N", Description = "Channels inside the networks, a multiple of 16; the preset's when not given." },
            16, 1024);
        var size = CommonOptions.Ranged(
            new Option<int?>("--size")
            {
                HelpName = "N",
                Description = "Side that images are resized to, in pixels; 32 for mnist, fmnist and cifar10, else the preset's, when not given."
            },
            8, 4096);
        var crop = new Option<bool>("--crop") { Description = "Take the centre square of images that are not square, instead of stretching them." };
        var align = new Option<bool>("--align")
        {
            Description = "Find the part in each image, rotate it to a common position and cut it out; for rotated parts on a uniform background."
        };
        var tile = CommonOptions.Ranged(
            new Option<int?>("--tile")
            {
                HelpName = "N",
                Description = "Keep the size of the images, and train and score on overlapping tiles with this side in pixels."
            },
            8, 4096);
        var resolutions = CommonOptions.Ranged(
            new Option<int?>("--resolutions") { HelpName = "N", Description = "Resolutions of the U-Nets; when not given, 4, or 5 from 128 pixels on." }, 1, 8);
        var augment = new Option<string>("--augment")
        {
            HelpName = "LIST",
            Description = $"A list of {Augmentation.Words}: changes under which an image stays normal.",
            DefaultValueFactory = _ => "none"
        };
        var normalize = new Option<bool>("--normalize")
        {
            Description = "Give every image the same mean and contrast before the networks see it, against drifting light."
        };
        var range = RangeOption.Create();
        var noEmbedding = new Option<bool>("--no-embedding") { Description = "Mask the image itself (Table 2 of the paper)." };
        var mask = CommonOptions.OneOf(
            new Option<string>("--mask")
            {
                HelpName = "KIND",
                Description = "Kind of mask: learned, constant or bernoulli (Table 3 of the paper).",
                DefaultValueFactory = _ => "learned"
            },
            "learned", "constant", "bernoulli");
        var inputs = new Option<string?>("--refine-inputs")
        {
            HelpName = "LIST",
            Description = "Inputs of f_ref: a list of x, xhat, e, etilde, m, eps; the preset's when not given."
        };
        var levels = CommonOptions.Levels("the best of docs/results.md for the layout");
        var rule = CommonOptions.Rule("paper for the preset paper, else deviation for mvtec, folder and csv, and neighbours for the others");
        var falseAlarm = CommonOptions.FalseAlarm();
        var saveEvery = CommonOptions.Ranged(
            new Option<double?>("--save-every")
            {
                HelpName = "S",
                Description = "Seconds between two saves of the training state; 0 saves after every step. 30 or more when not given."
            },
            0, 86_400);
        var resume = new Option<string?>("--resume") { HelpName = "RUN", Description = "Resume this run where it stopped. Takes no other option." };
        var config = new Option<string?>("--config")
        {
            HelpName = "FILE",
            Description = "Repeat a run from its run.json. Takes only --out, --device, --threads and --precision."
        };
        var command = new Command("train", "Train on normal images.")
        {
            data, root, normal, abnormal, preset, device, threads, precision, output, minutes, epochs, seed, batch, learningRate, beta2, patience, plateau,
            average, width, size, crop, align, tile, resolutions, augment, normalize, range, noEmbedding, mask, inputs, levels, rule, falseAlarm, saveEvery,
            resume, config,
        };
        var methods = new MethodOptions(command, noEmbedding, mask, inputs);
        CommonOptions.ThreadsNeedTheCpu(command, device, threads);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(resume) is { } interrupted)
            {
                RefuseBeside(parsed, resume);
                return Resume(interrupted);
            }
            if (parsed.GetValue(config) is { } configuration)
            {
                RefuseBeside(parsed, config, output, device, threads, precision);
                var saved = TrainingOptions.Read(configuration);
                if (Given(parsed, device)) saved = saved with { Device = parsed.GetValue(device)! };
                if (Given(parsed, threads)) saved = saved with { Threads = parsed.GetValue(threads) };
                if (Given(parsed, precision)) saved = saved with { Precision = CommonOptions.PrecisionOf(parsed, precision) };
                return Begin(saved, parsed.GetValue(output));
            }
            string kind = source.Check(parsed) ?? throw new UsageException("train needs --data and --root, or --resume RUN, or --config FILE");
            if (parsed.GetValue(minutes) is not null && parsed.GetValue(epochs) is not null)
                throw new UsageException("--minutes and --epochs contradict each other; give one");
            var method = methods.Of(parsed);
            var fit = parsed.GetValue(tile) is not null ? ImageFit.Tile
                : parsed.GetValue(crop) ? ImageFit.Crop
                : parsed.GetValue(align) ? ImageFit.Align
                : ImageFit.Stretch;
            if (fit is (ImageFit.Tile or ImageFit.Crop) && parsed.GetValue(align))
                throw new UsageException(
                    $"--align and --{(fit == ImageFit.Tile ? "tile" : "crop")} contradict each other: --align cuts out the part that it finds; give one");
            if (fit == ImageFit.Tile && parsed.GetValue(crop))
                throw new UsageException("--tile and --crop contradict each other: tiles cover the whole image; give one");
            if (fit == ImageFit.Tile && parsed.GetValue(size) is not null)
                throw new UsageException("--tile and --size contradict each other: tiles are cut from the images as they are; give one");
            if (fit == ImageFit.Tile && CommonOptions.RuleOf(parsed, rule, method) == ScoreRule.Neighbours)
                throw new UsageException(CommonOptions.TilesHaveNoNeighbours);
            if (fit != ImageFit.Stretch && DataSource.DefaultSize(kind) == 32)
                throw new UsageException(
                    $"--{fit.ToString().ToLowerInvariant()} belongs to image files "
                    + $"({string.Join(", ", DataSource.Kinds.Where(k => DataSource.DefaultSize(k) != 32))}), not to {kind}");
            var preferred = TrainingOptions.For(
                kind, parsed.GetValue(root)!, parsed.GetValue(preset)!, parsed.GetValue(tile) ?? parsed.GetValue(size), method.Name);
            var model = methods.Apply(parsed, preferred.Model with
            {
                Fit = fit,
                Normalize = parsed.GetValue(normalize),
                Width = parsed.GetValue(width) ?? preferred.Model.Width,
                Resolutions = parsed.GetValue(resolutions) ?? preferred.Model.Resolutions,
                Embedding = !parsed.GetValue(noEmbedding),
                Mask = Enum.Parse<MaskKind>(parsed.GetValue(mask)!, ignoreCase: true),
                RefinementInputs = parsed.GetValue(inputs) is { } list ? ParseInputs(list) : preferred.Model.RefinementInputs,
            });
            var options = preferred with
            {
                Normal = source.NormalOf(parsed),
                Abnormal = parsed.GetValue(abnormal) is { } folder ? Path.GetFullPath(folder) : null,
                Device = parsed.GetValue(device)!,
                Threads = parsed.GetValue(threads),
                Precision = CommonOptions.PrecisionOf(parsed, precision),
                Minutes = parsed.GetValue(epochs) is not null ? null : parsed.GetValue(minutes) ?? preferred.Minutes,
                Epochs = parsed.GetValue(epochs),
                Seed = parsed.GetValue(seed) ?? 0,
                Batch = parsed.GetValue(batch) ?? preferred.Batch,
                LearningRate = parsed.GetValue(learningRate) ?? preferred.LearningRate,
                Beta2 = parsed.GetValue(beta2) ?? preferred.Beta2,
                Patience = parsed.GetValue(patience) ?? preferred.Patience,
                PlateauThreshold = parsed.GetValue(plateau) ?? preferred.PlateauThreshold,
                Average = parsed.GetValue(average) ?? 0,
                Augment = ParseAugmentation(parsed.GetValue(augment)!, model).ToString(),
                Levels = CommonOptions.LevelsOf(parsed, levels, method) ?? preferred.Levels,
                Rule = CommonOptions.RuleOf(parsed, rule, method) ?? preferred.Rule,
                FalseAlarm = parsed.GetValue(falseAlarm) ?? preferred.FalseAlarm,
                SaveEvery = parsed.GetValue(saveEvery),
                Model = model,
            };
            return onlyChecks ? ExitCode.Success : Begin(options, parsed.GetValue(output), images => RangeChoice.Of(images, parsed.GetValue(range)));
        });
        return command;
    }

    /// <summary>Prints the last line of a training that was stopped.</summary>
    public static int Interrupted(RunFolder run)
    {
        Console.WriteLine($"interrupted and saved; resume with: mmrr train --resume {run.Path}");
        return ExitCode.Interrupted;
    }

    private static int Begin(TrainingOptions options, string? output, Func<IEnumerable<Sample>, PixelRange>? range = null)
    {
        // A category may be several folders deep; the run is still a single folder.
        string normal = string.Concat(options.Normal.Select(c => char.IsLetterOrDigit(c) || c is '.' or '_' ? c : '-')).Trim('-');
        string name = string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Data}{(normal.Length > 0 ? "-" : "")}{normal}{(options.Model.Method is { } method ? $"-{method}" : "")}"
            + $"-{options.Preset}-{DateTime.Now:yyyyMMdd-HHmmss}");
        var (run, finished) = new TrainingSession(new TerminalTraining()).Begin(options, output ?? Path.Combine("runs", name), range, orBeside: output is null);
        return Ended(run, finished);
    }

    private static int Resume(string path)
    {
        var run = RunFolder.Open(path);
        if (!run.IsFinished) return Ended(run, new TrainingSession(new TerminalTraining()).Resume(run));
        Console.WriteLine($"{run.Path}: the run is finished; there is nothing to resume");
        return ExitCode.Success;
    }

    private static int Ended(RunFolder run, bool finished)
    {
        if (!finished) return Interrupted(run);
        Console.WriteLine($"run: {run.Path}");
        return ExitCode.Success;
    }

    private static void RefuseBeside(ParseResult parsed, Option option, params Option[] allowed)
    {
        if (parsed.CommandResult.Command.Options.FirstOrDefault(o => o != option && !allowed.Contains(o) && Given(parsed, o)) is not { } other) return;
        string beside = allowed.Length == 0 ? "no other option" : $"only {string.Join(", ", allowed.Select(o => o.Name))}";
        throw new UsageException($"{option.Name} takes {beside}: the run's own configuration applies; got {other.Name}");
    }

    private static bool Given(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    private static Augmentation ParseAugmentation(string text, MmrrOptions model)
    {
        try
        {
            var augmentation = Augmentation.Parse(text);
            augmentation.CheckBeside(model);
            return augmentation;
        }
        catch (ArgumentException e)
        {
            throw new UsageException(
                $"--augment{(model.Normalize ? " and --normalize" : "")}{(model.Fit == ImageFit.Align ? " and --align" : "")}: {e.Message}");
        }
    }

    private static List<RefinementInput> ParseInputs(string text)
    {
        List<RefinementInput> inputs =
        [
            .. text.Split(',', StringSplitOptions.TrimEntries).Select(word => word switch
            {
                "x" => RefinementInput.Image,
                "xhat" => RefinementInput.Restored,
                "e" => RefinementInput.Embedding,
                "etilde" => RefinementInput.Restricted,
                "m" => RefinementInput.Mask,
                "eps" => RefinementInput.Noise,
                _ => throw new UsageException($"--refine-inputs: unknown '{word}'; expected a list of x, xhat, e, etilde, m, eps"),
            }),
        ];
        return inputs.Distinct().Count() == inputs.Count ? inputs : throw new UsageException($"--refine-inputs: '{text}' names an input twice");
    }
}
