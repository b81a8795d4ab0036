using System.Globalization;

namespace Mmrr.Nn;

/// <summary>A setting of a method, a number in a range.</summary>
/// <param name="Name">Its name, as in <c>--set name=value</c>.</param>
/// <param name="Default">The value where none is given: the published one, where there is one.</param>
/// <param name="Low">The lowest value.</param>
/// <param name="High">The highest value.</param>
/// <param name="IsWhole">Whether the value is a whole number.</param>
/// <param name="Description">What it is, on one line.</param>
public sealed record MethodSetting(string Name, double Default, double Low, double High, bool IsWhole, string Description)
{
    /// <summary>Checks a value.</summary>
    /// <exception cref="ArgumentException">It is out of range; the message says what was expected.</exception>
    public void Check(double value)
    {
        if (!(value >= Low && value <= High) || (IsWhole && value != Math.Truncate(value)))
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"{Name} is {value}, expected a {(IsWhole ? "whole " : "")}number from {Low} to {High}"));
    }
}

/// <summary>What a method's publication trains with; the preset <c>paper</c> uses it.</summary>
/// <param name="Width">Channels of the first layer.</param>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="Batch">Images per step.</param>
/// <param name="FirstPhaseShare">The share of a budget in minutes of the first of two phases; 1 with a single phase.</param>
public sealed record PublishedTraining(int Width, double LearningRate, int Batch, double FirstPhaseShare = 1);

/// <summary>The description of a method of anomaly detection.</summary>
/// <param name="Name">Its name, as in <c>--method</c>.</param>
/// <param name="Title">Its name in tables.</param>
/// <param name="Source">Its publication, and what differs from it here, on one line.</param>
/// <param name="Phases">The phases of training, with the checkpoint file of each.</param>
/// <param name="Create">Creates a model with these options; without a device a plan.</param>
public sealed record AnomalyMethod(
    string Name, string Title, string Source, IReadOnlyList<(string Name, string File)> Phases, Func<Device?, MmrrOptions, AnomalyModel> Create)
{
    /// <summary>The file of a method with one phase, and of the last phase of others.</summary>
    internal const string ModelFile = "model.safetensors";

    /// <summary>The settings besides those that all methods have.</summary>
    public IReadOnlyList<MethodSetting> Settings { get; init; } = [];

    /// <summary>What its publication trains with; null for what the preset says.</summary>
    public PublishedTraining? Published { get; init; }

    /// <summary>Whether it scores at masking levels.</summary>
    public bool HasLevels { get; init; }

    /// <summary>Whether it has a second score, without refinement.</summary>
    public bool Refines { get; init; }

    /// <summary>Whether it restores images, so that there are errors to compare with those of normal images.</summary>
    public bool Restores { get; init; } = true;

    /// <summary>Options with this method, and with all of its settings: those given, and the defaults of the others.</summary>
    /// <param name="options">The options.</param>
    /// <param name="given">Values by name; null for none.</param>
    /// <exception cref="ArgumentException">A name is unknown or a value out of range.</exception>
    public MmrrOptions Apply(MmrrOptions options, IReadOnlyDictionary<string, double>? given = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (given?.Keys.FirstOrDefault(name => Settings.All(s => s.Name != name)) is { } unknown) throw new ArgumentException(Unknown(unknown));
        var settings = Settings.ToDictionary(s => s.Name, s => given?.TryGetValue(s.Name, out double value) == true ? value : s.Default);
        foreach (var setting in Settings) setting.Check(settings[setting.Name]);
        return options with { Method = Name, Settings = settings.Count == 0 ? null : settings };
    }

    /// <summary>Checks the options of a model of this method.</summary>
    /// <exception cref="ArgumentException">A setting is missing, unknown or out of range.</exception>
    public void Validate(MmrrOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var found = options.Settings ?? new Dictionary<string, double>();
        foreach (var setting in Settings)
        {
            if (!found.TryGetValue(setting.Name, out double value)) throw new ArgumentException($"the setting {setting.Name} of the method {Name} is missing");
            setting.Check(value);
        }
        if (found.Keys.FirstOrDefault(name => Settings.All(s => s.Name != name)) is { } unknown) throw new ArgumentException(Unknown(unknown));
    }

    /// <summary>Checks that levels are for this method.</summary>
    /// <exception cref="ArgumentException">The method has no levels and these are some, or the other way round.</exception>
    public void Check(LevelSchedule levels)
    {
        if (HasLevels == (levels == LevelSchedule.None))
            throw new ArgumentException(
                HasLevels ? $"levels is {levels}, expected {LevelSchedule.Expected}" : $"levels is {levels}, but the method {Name} has no masking levels");
    }

    private string Unknown(string setting) =>
        $"the method {Name} has no setting '{setting}'; "
        + (Settings.Count == 0 ? "it has none" : $"it has {string.Join(", ", Settings.Select(s => s.Name))}");
}
