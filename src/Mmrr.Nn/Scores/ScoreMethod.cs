namespace Mmrr.Nn;

/// <summary>How a run scores images; shared by all callers.</summary>
/// <param name="Levels">The levels.</param>
/// <param name="Rule">The rule of its scores, decisions and heatmaps.</param>
/// <param name="Statistics">Statistics of normal images at these levels, needed for scores of all rules; null if there are none.</param>
public sealed record ScoreMethod(LevelSchedule Levels, ScoreRule Rule, NormalStatistics? Statistics)
{
    private static readonly LevelSchedule s_earlier = LevelSchedule.Uniform(15);

    /// <summary>Whether to leave out the scores of other rules, except those of <see cref="ScoreRule.Paper"/>, which cost nothing.</summary>
    public bool OneRule { get; init; }

    /// <summary>
    /// Determines the method from a run's files: that of its threshold; without one, the configured method; without that, the method of its statistics, or
    /// the default of runs before statistics existed.
    /// </summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="model">The run's model.</param>
    /// <param name="calibration">Its threshold; null if it has none.</param>
    /// <param name="configured">The method in its configuration; null if unknown.</param>
    /// <exception cref="InvalidDataException">The rule needs statistics, and they are missing, damaged or for other levels.</exception>
    public static ScoreMethod Of(string run, MmrrOptions model, Calibration? calibration, (LevelSchedule Levels, ScoreRule Rule)? configured = null)
    {
        var statistics = NormalStatistics.Find(run, model);
        var (levels, rule) = calibration is not null ? (calibration.Levels, calibration.Rule)
            : configured ?? (statistics is not null ? (statistics.Levels, statistics.Rule)
            : (AnomalyMethods.Of(model).HasLevels ? s_earlier : LevelSchedule.None, ScoreRule.Paper));
        if (rule != ScoreRule.Paper && statistics?.Levels != levels)
        {
            throw new InvalidDataException(statistics is null
                ? $"{run}: the run's rule is {rule.Name()}, which needs {NormalStatistics.FileName}; there is none in this run, {Makes()}"
                : $"{run}: the run's rule is {rule.Name()} at the levels {levels}, but {NormalStatistics.FileName} is of {statistics.Levels}; {Makes()}");
        }
        if (rule == ScoreRule.Neighbours && statistics!.Neighbours is null)
            throw new InvalidDataException($"{run}: the run's rule is neighbours, but {NormalStatistics.FileName} has no statistics of it; {Makes()}");
        return new ScoreMethod(levels, rule, statistics?.Levels == levels ? statistics : null);

        string Makes() => $"mmrr threshold {run} --rule {rule.Name()} --levels {levels} makes it from the normal images";
    }

    /// <summary>The method at other levels: statistics of normal images are not valid there, so scores use the paper's rule.</summary>
    /// <param name="levels">The levels; null for the run's own.</param>
    public ScoreMethod At(LevelSchedule? levels) =>
        levels is null || levels == Levels ? this : new ScoreMethod(levels, ScoreRule.Paper, null) { OneRule = OneRule };

    /// <summary>The rules with scores, the run's own first.</summary>
    public IEnumerable<ScoreRule> Rules => Enum.GetValues<ScoreRule>().Where(Has).OrderByDescending(r => r == Rule);

    /// <summary>Whether the errors of pixels are summed over the levels: the maps of all rules but <see cref="ScoreRule.Deviation"/>.</summary>
    internal bool SumsErrors => !OneRule || Rule != ScoreRule.Deviation;

    /// <summary>Whether images get scores by a rule.</summary>
    internal bool Has(ScoreRule rule) => rule switch
    {
        ScoreRule.Paper => true,
        _ when OneRule && rule != Rule => false,
        ScoreRule.Deviation => Statistics is not null,
        _ => Statistics?.Neighbours is not null,
    };

    /// <summary>The calibration if it is for these levels and this rule; otherwise null.</summary>
    public Calibration? Decision(Calibration? calibration) =>
        calibration is not null && calibration.Levels == Levels && calibration.Rule == Rule ? calibration : null;
}
