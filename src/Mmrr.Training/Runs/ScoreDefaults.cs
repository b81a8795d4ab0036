using Mmrr.Nn;
using Mmrr.Training.Data;

namespace Mmrr.Training.Runs;

/// <summary>The default levels and rule of a run. docs/results.md has the experiments.</summary>
internal static class ScoreDefaults
{
    // One class against the others: the levels that separate classes are those that keep few values of the embedding, 20 and 40 of a thousand.
    private const string ClassLevels = "0.02,0.04";

    // Defects of parts.
    private const string InspectionLevels = "log:12";

    /// <summary>The levels of a new run.</summary>
    /// <param name="preset">Of <see cref="Preset.All"/>; <c>paper</c> keeps the paper's.</param>
    /// <param name="data">Of <see cref="DataSource.Kinds"/>.</param>
    /// <param name="size">The model's size.</param>
    public static LevelSchedule Levels(string preset, string data, int size) =>
        preset == "paper" ? Paper(size) : LevelSchedule.Parse(DataSource.DefaultSize(data) == 32 ? ClassLevels : InspectionLevels);

    /// <summary>The rule of a new run: the paper's for its own preset; else the one for one class against the others, or the one for defects.</summary>
    public static ScoreRule Rule(string preset, string data) =>
        preset == "paper" ? ScoreRule.Paper
        : DataSource.DefaultSize(data) == 32 ? ScoreRule.Neighbours
        : ScoreRule.Deviation;

    /// <summary>The levels of a run of an earlier version, whose run.json has none.</summary>
    public static LevelSchedule EarlierLevels(string preset, int size) => preset == "paper" ? Paper(size) : LevelSchedule.Uniform(15);

    /// <summary>60 for images of 32×32, else 15 (Appendix D).</summary>
    private static LevelSchedule Paper(int size) => LevelSchedule.Uniform(size == 32 ? 60 : 15);
}
