namespace Mmrr.App.Training;

/// <summary>Hears how training goes.</summary>
internal interface ITrainingProgress
{
    /// <summary>After each step.</summary>
    /// <param name="phase">The phase.</param>
    /// <param name="epoch">From 1.</param>
    /// <param name="step">Steps of the phase so far.</param>
    /// <param name="loss">This step's.</param>
    /// <param name="fraction">How much of the phase is done, 0 to 1.</param>
    /// <param name="elapsed">Since the phase began.</param>
    void Step(TrainingPhase phase, int epoch, long step, double loss, double fraction, TimeSpan elapsed);

    /// <summary>After each epoch.</summary>
    void Epoch(TrainingPhase phase, TrainingEpoch epoch);
}
