using System.Text.Json;
using System.Text.Json.Serialization;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Nn.Optimizers;
using Mmrr.Training.Data;

namespace Mmrr.Training.Runs;

/// <summary>All options that determine a training run; <c>run.json</c> in its folder.</summary>
public sealed record TrainingOptions
{
    /// <summary>The number of this format.</summary>
    public const int CurrentFormat = 3;

    /// <summary>The paper's patience, in epochs.</summary>
    public const int DefaultPatience = 500;

    /// <summary>PyTorch's threshold, which the paper uses.</summary>
    public const double DefaultPlateauThreshold = 1e-4;

    /// <summary>The share of the presets for minutes and hours.</summary>
    public const double DefaultRestorationShare = 0.85;

    /// <summary>The options of a preset for a data set; change them with a <c>with</c> expression.</summary>
    /// <param name="data">Layout of the data: <c>folder</c>, <c>mvtec</c>, <c>csv</c>, <c>mnist</c>, <c>fmnist</c> or <c>cifar10</c>.</param>
    /// <param name="root">Folder of the data; of <c>csv</c>, the list.</param>
    /// <param name="preset"><c>tiny</c>, <c>small</c> or <c>paper</c>.</param>
    /// <param name="size">Side in pixels that the model sees; null for the preset's, or 32 for the three class data sets.</param>
    /// <param name="method">A method of <see cref="AnomalyMethods"/>; its settings are those of its publication.</param>
    /// <exception cref="ArgumentException">The layout, the preset or the method is unknown.</exception>
    public static TrainingOptions For(string data, string root, string preset = "tiny", int? size = null, string? method = null)
    {
        var chosen = AnomalyMethods.Of(method);
        var published = preset == Runs.Preset.Paper ? chosen.Published : null;
        if (!Runs.Preset.All.TryGetValue(preset, out var defaults))
            throw new ArgumentException($"unknown preset '{preset}'; expected one of {string.Join(", ", Runs.Preset.All.Keys)}");
        int side = size ?? (DataSource.DefaultSize(data) == 32 ? 32 : defaults.InspectionSize);
        return new TrainingOptions
        {
            Data = data,
            Root = Path.GetFullPath(root),
            Preset = preset,
            Device = "auto",
            Minutes = defaults.Minutes,
            Batch = published?.Batch ?? defaults.BatchFor(side),
            LearningRate = published?.LearningRate ?? defaults.LearningRate,
            Beta2 = defaults.Beta2,
            Patience = DefaultPatience,
            PlateauThreshold = DefaultPlateauThreshold,
            RestorationShare = chosen.Phases.Count == 1 ? null : chosen.Published?.FirstPhaseShare ?? defaults.RestorationShare,
            PaperSplit = defaults.PaperSplit,
            Levels = chosen.HasLevels ? ScoreDefaults.Levels(preset, data, side) : LevelSchedule.None,
            Rule = chosen.HasLevels ? ScoreDefaults.Rule(preset, data) : ScoreRule.Paper,
            Model = chosen.Apply(new MmrrOptions
            {
                Size = side,
                Width = published?.Width ?? defaults.Width,
                Resolutions = Runs.Preset.ResolutionsFor(side),
                RefinementInputs = defaults.RefinementInputs,
            }),
        };
    }

    /// <summary>The number of the file's format; 0 in files of versions that wrote none.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Layout of the data, as <see cref="For"/> takes it.</summary>
    public required string Data { get; init; }

    /// <summary>Folder of the data.</summary>
    public required string Root { get; init; }

    /// <summary>The normal class; empty for a folder.</summary>
    public string Normal { get; init; } = "";

    /// <summary>Folder of abnormal images, for <c>folder</c>.</summary>
    public string? Abnormal { get; init; }

    /// <summary>The preset that the defaults came from.</summary>
    public required string Preset { get; init; }

    /// <summary>The device's name.</summary>
    public required string Device { get; init; }

    /// <summary>Worker threads; null for all cores.</summary>
    public int? Threads { get; init; }

    /// <summary>Precision of convolutions in training; a run may be evaluated in another precision.</summary>
    public MatrixPrecision Precision { get; init; }

    /// <summary>Budget of both phases in minutes; null if the budget is in epochs.</summary>
    public double? Minutes { get; init; }

    /// <summary>Epochs of each phase; null if the budget is in minutes.</summary>
    public int? Epochs { get; init; }

    /// <summary>Seed of the split, the order, the weights and the noise.</summary>
    public long Seed { get; init; }

    /// <summary>Images per step.</summary>
    public required int Batch { get; init; }

    /// <summary>RAdam's learning rate.</summary>
    public required double LearningRate { get; init; }

    /// <summary>RAdam's β₂.</summary>
    public required double Beta2 { get; init; }

    /// <summary>
    /// Epochs without a lower validation loss after which the next one halves the learning rate; null in older runs, for <see cref="DefaultPatience"/>.
    /// </summary>
    public int? Patience { get; init; }

    /// <summary>
    /// A validation loss counts as lower if it is below the lowest by more than this share of it; null in older runs, for
    /// <see cref="DefaultPlateauThreshold"/>.
    /// </summary>
    public double? PlateauThreshold { get; init; }

    /// <summary>Decay of the weights' averages, which are validated and kept in place of the weights; 0 for none.</summary>
    public double Average { get; init; }

    /// <summary>The share of <see cref="Minutes"/> that the first phase gets; null in older runs, for <see cref="DefaultRestorationShare"/>.</summary>
    public double? RestorationShare { get; init; }

    /// <summary>Whether the normal images are split as in the paper: a twentieth held out.</summary>
    public bool PaperSplit { get; init; }

    /// <summary>As <c>--augment</c> takes it.</summary>
    public string Augment { get; init; } = "none";

    /// <summary>The share of normal images that may score above the threshold, in (0, 1).</summary>
    public double FalseAlarm { get; init; } = Calibrator.DefaultFalseAlarm;

    /// <summary>The mask levels of the scores; null in a run of an earlier version.</summary>
    public LevelSchedule? Levels { get; init; }

    /// <summary>The rule of the scores.</summary>
    public ScoreRule Rule { get; init; }

    /// <summary>Seconds between two saves of the training state; null for the trainer's default.</summary>
    public double? SaveEvery { get; init; }

    /// <summary>The model.</summary>
    public required MmrrOptions Model { get; init; }

    /// <summary>The data to load.</summary>
    [JsonIgnore]
    internal DataOptions DataOptions => new()
    {
        Kind = Data,
        Root = Root,
        Normal = Normal,
        Abnormal = Abnormal,
        Size = Model.Size,
        Fit = Model.Fit,
        Channels = Model.Channels,
        Bits = Model.Range.Bits,
        Seed = Seed,
        PaperSplit = PaperSplit
    };

    /// <summary>The mask levels of the scores, for a run of any version.</summary>
    [JsonIgnore]
    internal LevelSchedule ScoreLevels => Levels ?? ScoreDefaults.EarlierLevels(Preset, Model.Size);

    /// <summary>The learning rate's schedule at its beginning.</summary>
    internal PlateauSchedule NewSchedule() => new(LearningRate, patience: Patience ?? DefaultPatience, threshold: PlateauThreshold ?? DefaultPlateauThreshold);

    /// <summary>A phase's budget in seconds; null if the budget is in epochs.</summary>
    /// <param name="phase">1 or 2.</param>
    internal double? SecondsOf(int phase)
    {
        double first = AnomalyMethods.Of(Model).Phases.Count == 1 ? 1 : RestorationShare ?? DefaultRestorationShare;
        return Minutes * 60 * (phase == 1 ? first : 1 - first);
    }

    /// <summary>The options as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, TrainingJson.Default.TrainingOptions) + "\n";

    // A file may contain any value, including null, regardless of the types.
    internal void Validate()
    {
        if (Model is null) throw new ArgumentException("model is missing");
        AnomalyMethods.Of(Model).Validate(Model);
        if (Levels is { } levels) AnomalyMethods.Of(Model).Check(levels);
        if (Rule == ScoreRule.Neighbours && !AnomalyMethods.Of(Model).Restores)
            throw new ArgumentException($"rule is neighbours, but the method {Model.Method} restores nothing whose errors could be compared");
        if (DataSource.DefaultSize(Data ?? "") == 32 && Model.Range.Bits != 8)
            throw new ArgumentException($"the range's bits are {Model.Range.Bits}, expected 8 for {Data}");
        Augmentation.Parse(Augment ?? "").CheckBeside(Model);
        if (Root is null || Normal is null || Preset is null || Device is null) throw new ArgumentException("root, normal, preset or device is missing");
        if (Array.Exists([Root, Normal, Abnormal], name => name?.Contains('\0', StringComparison.Ordinal) == true))
            throw new ArgumentException("root, normal or abnormal holds a character of value 0");
        if (Threads is < 1 or > 1024) throw new ArgumentException($"threads is {Threads}, expected 1 to 1024");
        if (!(FalseAlarm > 0 && FalseAlarm < 1)) throw new ArgumentException($"falseAlarm is {FalseAlarm}, expected a rate between 0 and 1");
        if (Minutes is null == Epochs is null) throw new ArgumentException("exactly one of minutes and epochs must be given, the other null");
        if (Minutes is { } minutes && !(minutes > 0 && double.IsFinite(minutes))) throw new ArgumentException($"minutes is {minutes}, expected more than 0");
        if (Epochs is < 1) throw new ArgumentException($"epochs is {Epochs}, expected 1 or more");
        if (!(LearningRate > 0 && double.IsFinite(LearningRate))) throw new ArgumentException($"learningRate is {LearningRate}, expected more than 0");
        if (!(Beta2 >= 0 && Beta2 < 1)) throw new ArgumentException($"beta2 is {Beta2}, expected 0 up to 1");
        if (Patience is < 0 or > 1_000_000) throw new ArgumentException($"patience is {Patience}, expected 0 to 1000000");
        if (PlateauThreshold is { } threshold && !(threshold >= 0 && threshold < 1))
            throw new ArgumentException($"plateauThreshold is {threshold}, expected 0 up to 1");
        if (!(Average >= 0 && Average < 1)) throw new ArgumentException($"average is {Average}, expected 0 up to 1");
        if (RestorationShare is { } share && !(share > 0 && share < 1))
            throw new ArgumentException($"restorationShare is {share}, expected a share between 0 and 1");
        if (SaveEvery is { } every && !(every >= 0 && double.IsFinite(every))) throw new ArgumentException($"saveEvery is {every}, expected 0 or more");
        if (Batch is < 1 or > 4096) throw new ArgumentException($"batch is {Batch}, expected 1 to 4096");
        if (!Enum.IsDefined(Rule)) throw new ArgumentException($"rule is {Rule}, expected paper, deviation or neighbours");
        if (!Enum.IsDefined(Precision)) throw new ArgumentException($"precision is {Precision}, expected float32 or tf32");
    }

    /// <summary>Reads <see cref="ToJson"/> back.</summary>
    /// <exception cref="InvalidDataException">The file is not the configuration of a run.</exception>
    public static TrainingOptions Read(string path)
    {
        if (Directory.Exists(path)) throw new InvalidDataException($"{path}: a folder; expected the run.json of a run");
        try
        {
            var options = RunJson.Read(path, File.ReadAllText(path), TrainingJson.Default.TrainingOptions, CurrentFormat);
            options.Validate();
            return options;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new InvalidDataException($"{path}: not the configuration of a run ({e.Message.Split('\n')[0]})", e);
        }
    }
}

/// <summary>Serialization without reflection.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true, UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TrainingOptions))]
internal sealed partial class TrainingJson : JsonSerializerContext;
