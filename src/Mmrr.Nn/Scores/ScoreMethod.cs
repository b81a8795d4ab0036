namespace Mmrr.Nn;

/// <summary>How a run scores images: the same wherever it is asked.</summary>
/// <param name="Levels">The levels.</param>
/// <param name="Rule">The rule of its scores, decisions and heatmaps.</param>
/// <param name="Statistics">Of normal images at these levels: with them there are figures of all rules; null where there are none.</param>
public sealed record ScoreMethod(LevelSchedule Levels, ScoreRule Rule, NormalStatistics? Statistics)
{
    private static readonly LevelSchedule s_earlier = LevelSchedule.Uniform(15);

    /// <summary>
    /// The method that a run's files tell: its threshold's; where there is none, the one given; where there is none either, that of its statistics, or what
    /// runs had before they had any.
    /// </summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="model">The run's model.</param>
    /// <param name="calibration">Its threshold; null where it has none.</param>
    /// <param name="configured">What its configuration says; null where that is not known.</param>
    /// <exception cref="InvalidDataException">The rule needs statistics, and they are missing, damaged or of other levels.</exception>
    public static ScoreMethod Of(string run, MmrrOptions model, Calibration? calibration, (LevelSchedule Levels, ScoreRule Rule)? configured = null)
    {
        var statistics = NormalStatistics.Find(run, model);
        var (levels, rule) = calibration is not null ? (calibration.Levels, calibration.Rule)
            : configured ?? (statistics is not null ? (statistics.Levels, statistics.Rule) : (s_earlier, ScoreRule.Paper));
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

    /// <summary>The method at other levels: statistics of normal images mean nothing there, and scores are the paper's.</summary>
    /// <param name="levels">The levels; null for the run's own.</param>
    public ScoreMethod At(LevelSchedule? levels) => levels is null || levels == Levels ? this : new ScoreMethod(levels, ScoreRule.Paper, null);

    /// <summary>The rules that there are scores of, the run's own first.</summary>
    public IEnumerable<ScoreRule> Rules =>
        Enum.GetValues<ScoreRule>().Where(r => r == ScoreRule.Paper || (r == ScoreRule.Deviation ? Statistics is not null : Statistics?.Neighbours is not null))
            .OrderByDescending(r => r == Rule);

    /// <summary>The calibration, if it is of these levels and this rule; else null.</summary>
    public Calibration? Decision(Calibration? calibration) =>
        calibration is not null && calibration.Levels == Levels && calibration.Rule == Rule ? calibration : null;
}
