using Mmrr.Nn;
using Mmrr.Training.Runs;

namespace Mmrr.Training.Fitting;

/// <summary>A completed step.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Epoch">From 1.</param>
/// <param name="Number">Steps of the phase so far.</param>
/// <param name="Images">Images of the step.</param>
/// <param name="Loss">Loss of the step.</param>
/// <param name="LearningRate">Learning rate of the step.</param>
/// <param name="Fraction">Completed fraction of the phase, 0 to 1.</param>
/// <param name="Elapsed">Time spent on the phase.</param>
internal readonly record struct TrainingStep(
    TrainingPhase Phase, int Epoch, long Number, int Images, double Loss, double LearningRate, double Fraction, TimeSpan Elapsed);

/// <summary>Receives the progress of training.</summary>
internal interface ITrainingProgress
{
    /// <summary>Called after each step.</summary>
    void Step(in TrainingStep step);

    /// <summary>Called after each epoch.</summary>
    void Epoch(TrainingPhase phase, TrainingEpoch epoch);

    /// <summary>Called when a run is resumed.</summary>
    void Resumed(TrainingPosition position);
}
