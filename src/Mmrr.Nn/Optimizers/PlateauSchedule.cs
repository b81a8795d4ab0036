namespace Mmrr.Nn.Optimizers;

/// <summary>The state that a <see cref="PlateauSchedule"/> needs to continue.</summary>
/// <param name="LearningRate">The current learning rate, positive and finite.</param>
/// <param name="Best">The lowest loss seen; positive infinity before the first one.</param>
/// <param name="BadEpochs">Epochs since the last improvement or reduction, 0 to the patience.</param>
public sealed record PlateauState(double LearningRate, double Best, int BadEpochs);

/// <summary>
/// Lowers the learning rate when the validation loss stops falling: PyTorch's <c>ReduceLROnPlateau</c> with
/// <c>mode="min"</c>, <c>threshold_mode="rel"</c>, <c>cooldown=0</c>, <c>min_lr=0</c>, <c>eps=1e-8</c>.
/// </summary>
public sealed class PlateauSchedule
{
    // A reduction that changes the rate by no more than this is skipped (PyTorch's eps).
    private const double SmallestChange = 1e-8;

    private readonly double _factor;
    private readonly int _patience;
    private readonly double _threshold;

    /// <summary>Starts a schedule.</summary>
    /// <param name="learningRate">The initial learning rate, positive and finite.</param>
    /// <param name="factor">The factor of a reduction, above 0 and below 1.</param>
    /// <param name="patience">Bad epochs tolerated, 0 or more; the next one reduces the rate.</param>
    /// <param name="threshold">A loss counts as better if below best × (1 − threshold); at least 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of range.</exception>
    public PlateauSchedule(double learningRate, double factor = 0.5, int patience = 500, double threshold = 1e-4)
    {
        if (!(learningRate > 0 && double.IsFinite(learningRate)))
            throw new ArgumentOutOfRangeException(nameof(learningRate), learningRate, "expected a positive finite learning rate");
        if (!(factor > 0 && factor < 1))
            throw new ArgumentOutOfRangeException(nameof(factor), factor, "expected a factor above 0 and below 1");
        ArgumentOutOfRangeException.ThrowIfNegative(patience);
        if (!(threshold >= 0 && threshold < 1))
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "expected a threshold from 0 up to 1");
        LearningRate = learningRate;
        _factor = factor;
        _patience = patience;
        _threshold = threshold;
    }

    /// <summary>The learning rate to train with now.</summary>
    public double LearningRate { get; private set; }

    /// <summary>The lowest validation loss that counted as better; positive infinity before the first.</summary>
    public double Best { get; private set; } = double.PositiveInfinity;

    /// <summary>Epochs since the last improvement or reduction.</summary>
    public int BadEpochs { get; private set; }

    /// <summary>The current state, for a checkpoint.</summary>
    public PlateauState State => new(LearningRate, Best, BadEpochs);

    /// <summary>Updates the schedule with a validation loss. A NaN is never better.</summary>
    /// <param name="validationLoss">The loss.</param>
    /// <param name="epochs">Epochs since the previous loss, at least 1; PyTorch expects a loss for every epoch.</param>
    /// <returns>Whether the learning rate changed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number of epochs is below 1.</exception>
    public bool Step(double validationLoss, int epochs = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(epochs, 1);
        if (validationLoss < Best * (1 - _threshold))
        {
            Best = validationLoss;
            BadEpochs = 0;
            return false;
        }

        BadEpochs += epochs;
        if (BadEpochs <= _patience)
            return false;
        BadEpochs = 0;
        double reduced = LearningRate * _factor;
        if (!(LearningRate - reduced > SmallestChange))
            return false;
        LearningRate = reduced;
        return true;
    }

    /// <summary>Continues from a saved state; factor, patience and threshold are not changed.</summary>
    /// <param name="state">A state taken from <see cref="State"/>.</param>
    /// <exception cref="ArgumentException">This schedule cannot reach the state.</exception>
    public void Restore(PlateauState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (!(state.LearningRate > 0 && double.IsFinite(state.LearningRate)))
            throw new ArgumentException($"learning rate {state.LearningRate} is not positive and finite", nameof(state));
        if (double.IsNaN(state.Best))
            throw new ArgumentException("best loss is NaN", nameof(state));
        if (state.BadEpochs < 0 || state.BadEpochs > _patience)
            throw new ArgumentException($"bad epochs {state.BadEpochs} is outside 0 to the patience {_patience}", nameof(state));
        LearningRate = state.LearningRate;
        Best = state.Best;
        BadEpochs = state.BadEpochs;
    }
}
