using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Evaluation;
using Mmrr.Training.Runs;

namespace Mmrr.App.Reports;

/// <summary>The contents of a run's files, as far as they exist.</summary>
/// <param name="Run">The run.</param>
/// <param name="History">Its losses; empty before training.</param>
/// <param name="Evaluation">Its figures.</param>
/// <param name="Scores">The scores of its test images, or of its calibration images; null where there are neither.</param>
/// <param name="SingleLevels">The figures of each single level on its test images; null where they were not kept.</param>
/// <param name="Calibration">Its threshold.</param>
internal sealed record ReportData(
    RunFolder Run, IReadOnlyList<TrainingEpoch> History, EvaluationResult? Evaluation, IReadOnlyList<ScoredImage>? Scores,
    IReadOnlyList<LevelFigures>? SingleLevels, Calibration? Calibration)
{
    /// <summary>The levels of the scores; null where there are none.</summary>
    public LevelSchedule? Levels => Evaluation?.Levels ?? Calibration?.Levels;

    /// <summary>The calibration, if it is for the scores' levels and rule and its threshold is that of the figures.</summary>
    public Calibration? Decision =>
        Evaluation is null || (IsOfTheScores && Evaluation.WithRefinement.AtThreshold?.Threshold == Calibration!.Threshold) ? Calibration : null;

    /// <summary>Whether the calibration is of the scores' levels and rule.</summary>
    public bool IsOfTheScores => Calibration?.Levels == Evaluation?.Levels && Calibration?.Rule == Evaluation?.Rule;

    /// <summary>Whether all checkpoints exist.</summary>
    public bool HasModel => Run.AnomalyMethod.Phases.All(phase => File.Exists(Run.PathOf(phase.File)));

    /// <summary>Reads a run's files.</summary>
    /// <exception cref="InvalidDataException">One of them is damaged.</exception>
    public static ReportData Read(RunFolder run)
    {
        var evaluation = EvaluationResult.Find(run.Path);
        var calibration = Calibration.Find(run.Path);
        var scores = evaluation is null ? null : ScoredImage.Read(run);
        if (evaluation is not null && scores?.Count != evaluation.Images)
            throw new InvalidDataException(
                $"{run.Path}: evaluation.json is of {evaluation.Images} images, scores.csv of {scores?.Count ?? 0}; mmrr evaluate {run.Path} rewrites both");
        return new ReportData(
            run, TrainingHistory.Read(run.PathOf(TrainingHistory.FileName)), evaluation,
            scores ?? (calibration is null ? null : ScoredImage.Of(calibration.HeldOut)),
            evaluation is null || evaluation.Levels == LevelSchedule.None ? null : LevelErrors.Read(run, evaluation.Levels, evaluation.Images), calibration);
    }
}
