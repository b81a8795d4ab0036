using System.CommandLine;
using System.Globalization;
using Mmrr.App.Data;
using Mmrr.App.Decisions;
using Mmrr.App.Profiling;
using Mmrr.App.Runs;
using Mmrr.App.Training;
using Mmrr.Nn;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr train</c>: trains a model on normal images, both phases.</summary>
internal static class TrainCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var data = CommonOptions.OneOf(new Option<string>("--data") { Description = $"Layout of the data: {string.Join(", ", DataSource.Kinds)}.", Required = true }, [.. DataSource.Kinds]);
        var root = new Option<string>("--root") { Description = "Folder of the data; with --data csv, the list.", Required = true };
        var normal = new Option<string?>("--normal") { Description = "The normal class: a label, a class name, or a category of an mvtec folder." };
        var abnormal = new Option<string?>("--abnormal") { Description = "With --data folder: a folder of abnormal images, to evaluate on." };
        var preset = CommonOptions.OneOf(
            new Option<string>("--preset") { Description = $"Defaults for a budget: {string.Join(", ", Preset.All.Keys)}.", DefaultValueFactory = _ => "tiny" }, [.. Preset.All.Keys]);
        var device = CommonOptions.Device();
        var threads = CommonOptions.Threads();
        var precision = CommonOptions.Precision();
        var output = new Option<string?>("--out") { Description = "Folder of the run; a new one under runs/ when not given." };
        var minutes = CommonOptions.Ranged(new Option<double?>("--minutes") { Description = "Budget of both phases." }, 0.01, 100_000);
        var epochs = CommonOptions.Ranged(new Option<int?>("--epochs") { Description = "Epochs of each phase, in place of --minutes." }, 1, 1_000_000);
        var seed = new Option<long>("--seed") { Description = "Seed of the split, the order, the weights and the noise." };
        var batch = CommonOptions.Ranged(new Option<int?>("--batch") { Description = "Images of a step." }, 1, 4096);
        var learningRate = CommonOptions.Ranged(new Option<double?>("--lr") { Description = "Learning rate." }, 1e-9, 10);
        var beta2 = CommonOptions.Ranged(new Option<double?>("--beta2") { Description = "RAdam's second decay." }, 0.5, 0.999999);
        var width = CommonOptions.Ranged(new Option<int?>("--width") { Description = "Channels inside the networks, a multiple of 16." }, 16, 1024);
        var size = CommonOptions.Ranged(new Option<int?>("--size") { Description = "Side that images are resized to, in pixels." }, 8, 4096);
        var crop = new Option<bool>("--crop") { Description = "Take the centre square of images that are not square, in place of stretching them." };
        var tile = CommonOptions.Ranged(new Option<int?>("--tile") { Description = "Keep the images' size, and train and score on overlapping tiles of so many pixels a side." }, 8, 4096);
        var resolutions = CommonOptions.Ranged(new Option<int?>("--resolutions") { Description = "Resolutions of the U-Nets." }, 1, 8);
        var augment = new Option<string>("--augment") { Description = "A list of flip, rotate (up to 30 degrees), brightness.", DefaultValueFactory = _ => "none" };
        var noEmbedding = new Option<bool>("--no-embedding") { Description = "Mask the image itself (Table 2 of the paper)." };
        var mask = CommonOptions.OneOf(
            new Option<string>("--mask") { Description = "learned, constant or bernoulli (Table 3 of the paper).", DefaultValueFactory = _ => "learned" }, "learned", "constant", "bernoulli");
        var inputs = new Option<string>("--refine-inputs") { Description = "What f_ref reads: a list of x, xhat, e, etilde, m, eps.", DefaultValueFactory = _ => "x,e,m,eps" };
        var falseAlarm = CommonOptions.FalseAlarm();
        var command = new Command("train", "Train on normal images.")
        {
            data, root, normal, abnormal, preset, device, threads, precision, output, minutes, epochs, seed, batch, learningRate, beta2, width, size, crop, tile, resolutions, augment,
            noEmbedding, mask, inputs, falseAlarm,
        };
        command.SetAction(parsed =>
        {
            string kind = parsed.GetValue(data)!;
            var defaults = Preset.All[parsed.GetValue(preset)!];
            if (parsed.GetValue(minutes) is not null && parsed.GetValue(epochs) is not null) throw new UsageException("--minutes and --epochs contradict each other; give one");
            bool labelled = kind is not ("folder" or "csv");
            if (labelled && parsed.GetValue(normal) is null) throw new UsageException($"--data {kind} needs --normal CLASS");
            if (!labelled && parsed.GetValue(normal) is not null)
                throw new UsageException(kind == "csv" ? "--data csv takes no --normal: the list says which images are normal" : "--data folder takes no --normal: all of its images are normal");
            if (kind != "folder" && parsed.GetValue(abnormal) is not null) throw new UsageException($"--abnormal belongs to --data folder, not to {kind}");
            var fit = parsed.GetValue(tile) is not null ? ImageFit.Tile : parsed.GetValue(crop) ? ImageFit.Crop : ImageFit.Stretch;
            if (fit == ImageFit.Tile && parsed.GetValue(crop)) throw new UsageException("--tile and --crop contradict each other: tiles cover the whole image; give one");
            if (fit == ImageFit.Tile && parsed.GetValue(size) is not null) throw new UsageException("--tile and --size contradict each other: tiles are cut from the images as they are; give one");
            if (fit != ImageFit.Stretch && DataSource.DefaultSize(kind) == 32)
                throw new UsageException($"--{fit.ToString().ToLowerInvariant()} belongs to image files ({string.Join(", ", DataSource.Kinds.Where(k => DataSource.DefaultSize(k) != 32))}), not to {kind}");
            int side = parsed.GetValue(tile) ?? parsed.GetValue(size) ?? (DataSource.DefaultSize(kind) == 32 ? 32 : defaults.InspectionSize);
            var model = new MmrrOptions
            {
                Channels = 1,
                Size = side,
                Fit = fit,
                Width = parsed.GetValue(width) ?? defaults.Width,
                Resolutions = parsed.GetValue(resolutions) ?? Preset.ResolutionsFor(side),
                Embedding = !parsed.GetValue(noEmbedding),
                Mask = Enum.Parse<MaskKind>(parsed.GetValue(mask)!, ignoreCase: true),
                RefinementInputs = ParseInputs(parsed.GetValue(inputs)!),
            };
            model.Validate();
            var augmentation = ParseAugmentation(parsed.GetValue(augment)!);
            bool counted = parsed.GetValue(epochs) is not null;
            var options = new TrainingOptions
            {
                Data = kind,
                Root = Path.GetFullPath(parsed.GetValue(root)!),
                Normal = parsed.GetValue(normal) ?? "",
                Abnormal = parsed.GetValue(abnormal) is { } folder ? Path.GetFullPath(folder) : null,
                Preset = parsed.GetValue(preset)!,
                Device = parsed.GetValue(device)!,
                Threads = parsed.GetValue(threads),
                Precision = CommonOptions.PrecisionOf(parsed, precision),
                Minutes = counted ? null : parsed.GetValue(minutes) ?? defaults.Minutes,
                Epochs = parsed.GetValue(epochs),
                Seed = parsed.GetValue(seed),
                Batch = parsed.GetValue(batch) ?? defaults.BatchFor(side),
                LearningRate = parsed.GetValue(learningRate) ?? defaults.LearningRate,
                Beta2 = parsed.GetValue(beta2) ?? defaults.Beta2,
                Augment = augmentation.ToString(),
                FalseAlarm = parsed.GetValue(falseAlarm) ?? Calibrator.DefaultFalseAlarm,
                Model = model,
            };
            string name = string.Create(CultureInfo.InvariantCulture, $"{kind}{(options.Normal.Length > 0 ? "-" : "")}{options.Normal}-{options.Preset}-{DateTime.Now:yyyyMMdd-HHmmss}");
            var run = Run(options, parsed.GetValue(output) ?? Path.Combine("runs", name));
            Console.WriteLine($"run: {run.Path}");
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>Trains; the channels of the images are found out and noted in the run.</summary>
    public static RunFolder Run(TrainingOptions options, string output)
    {
        using var device = CommonOptions.Open(options.Device, options.Threads, options.Precision);
        var set = DataSource.Open(options.DataOptions with { Channels = null }).LoadTrain();
        if (set.Samples.Count < 2) throw new InvalidDataException($"{options.Root}: one normal image is too few; training needs one more to validate on");
        options = options with { Model = options.Model with { Channels = set.Channels } };
        TrainingMemory.EnsureRoom(device, options.Model, options.Batch);
        var run = RunFolder.Create(output, options);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{set.Samples.Count} normal images {(options.Model.Fit == ImageFit.Tile ? $"in {set.Samples.Sum(s => TileDraw.Count(s, set.Height))} tiles " : "")}[{set.Height}, {set.Width}, {set.Channels}], width {options.Model.Width}, batch {options.Batch}, learning rate {options.LearningRate}, {device.Name} ({device.Description})"));
        using var model = new MmrrModel(device, options.Model);
        model.Initialize(unchecked((ulong)options.Seed));
        using var progress = TrainingDisplay.Open();
        new Trainer(model, options, set, progress).Run(run.Path);
        ThresholdCommand.Print(Calibrator.OfTraining(run.Path, model, set, options.Seed, EvaluateCommand.DefaultLevels(options), options.FalseAlarm));
        return run;
    }

    private static Augmentation ParseAugmentation(string text)
    {
        try
        {
            return Augmentation.Parse(text);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--augment: {e.Message}");
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
