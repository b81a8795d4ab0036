using Mmrr.Training.Runs;

namespace Mmrr.Training.Fitting;

/// <summary>A step that is over.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Epoch">From 1.</param>
/// <param name="Number">Steps of the phase so far.</param>
/// <param name="Images">Of the step.</param>
/// <param name="Loss">The step's.</param>
/// <param name="LearningRate">That it was made with.</param>
/// <param name="Fraction">How much of the phase is done, 0 to 1.</param>
/// <param name="Elapsed">Spent on the phase.</param>
internal readonly record struct TrainingStep(
    TrainingPhase Phase, int Epoch, long Number, int Images, double Loss, double LearningRate, double Fraction, TimeSpan Elapsed);

/// <summary>Hears how training goes.</summary>
internal interface ITrainingProgress
{
    /// <summary>After each step.</summary>
    void Step(in TrainingStep step);

    /// <summary>After each epoch.</summary>
    void Epoch(TrainingPhase phase, TrainingEpoch epoch);

    /// <summary>Where a run is taken up again.</summary>
    void Resumed(TrainingPosition position);
}
