using System.Diagnostics;
using System.Globalization;
using Mmrr.Autograd;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Nn.Optimizers;
using Mmrr.Training.Runs;

namespace Mmrr.Training.Fitting;

/// <summary>
/// One phase, from its current position to its end: steps, validation after each epoch (or after several short ones), the best weights, and saving.
/// </summary>
internal sealed class PhaseTraining : IDisposable
{
    // Default interval of saves: half a minute, or longer so that saving takes at most a fiftieth of the time.
    private const double SaveSeconds = 30;
    private const double SaveShare = 0.02;

    private readonly RunFolder _run;
    private readonly TrainingPhase _phase;
    private readonly ITrainingProgress _progress;
    private readonly double? _budget;
    private readonly int _batch;
    private readonly int _stepsOfEpoch;
    private readonly Optimizer _optimizer;
    private readonly WeightAverage? _average;
    private readonly PlateauSchedule _schedule;
    private readonly StepQueue _steps;
    private readonly ValidationLoss _validation;
    private readonly int _validateEvery;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Stopwatch _sinceSave = Stopwatch.StartNew();
    private IReadOnlyList<(string Name, int[] Shape, float[] Values)> _best;
    private bool _isRestored;
    private bool _bestIsOnDisk = true;
    private int _epochsOnDisk = -1;
    private double _saveEvery;
    private TrainingPosition _position;

    /// <summary>A phase at its beginning, with the current weights.</summary>
    /// <param name="run">The run that it is saved in.</param>
    /// <param name="phase">The phase.</param>
    /// <param name="data">The images.</param>
    /// <param name="budget">Seconds; null where epochs are counted.</param>
    /// <param name="history">The history of the previous phase.</param>
    /// <param name="progress">Receives the progress.</param>
    /// <param name="ahead">As <see cref="StepQueue"/> takes it.</param>
    public PhaseTraining(
        RunFolder run, TrainingPhase phase, TrainingData data, double? budget, IReadOnlyList<TrainingEpoch> history, ITrainingProgress progress, int? ahead)
    {
        var options = run.Options;
        (_run, _phase, _progress, _budget) = (run, phase, progress, budget);
        _batch = Math.Min(options.Batch, data.Training.Count);
        _stepsOfEpoch = data.Training.Count / _batch;
        _saveEvery = options.SaveEvery ?? SaveSeconds;
        var parameters = phase.Networks.SelectMany(n => n.Network.Parameters()).Select(p => p.Variable).ToArray();
        _optimizer = phase.NewOptimizer(parameters, options.Beta2);
        _average = options.Average > 0 ? new WeightAverage(parameters, options.Average) : null;
        _schedule = options.NewSchedule();
        _steps = new StepQueue(phase, _optimizer, _average, data.Training, _batch, options.Seed, ahead);
        _validation = new ValidationLoss(phase, data.Validation, options.Batch, options.Seed);
        _validateEvery = _validation.Every(_stepsOfEpoch * _batch);
        _best = Checkpoint.Snapshot(phase.Networks);
        _position = TrainingPosition.At(phase.Number, options, data.Fingerprint, history);
    }

    /// <summary>The current position.</summary>
    public TrainingPosition Position => _position with { Seconds = _position.Seconds + _watch.Elapsed.TotalSeconds, Schedule = _schedule.State };

    private double Seconds => _position.Seconds + _watch.Elapsed.TotalSeconds;

    private bool Remains => _budget is { } budget ? Seconds < budget : _position.Epoch <= _run.Options.Epochs;

    private bool IsValidated => _position.History is [.., { ValidationLoss: not null } last] && last.Phase == _phase.Number;

    /// <summary>Continues from a state of this phase.</summary>
    /// <exception cref="InvalidDataException">The state is not of this run.</exception>
    public void Restore(TrainingState state)
    {
        if (state.Position.Done > _stepsOfEpoch)
            throw new InvalidDataException(
                $"{_run.PathOf(TrainingState.FileName)}: {state.Position.Done} steps of the epoch are done, expected {_stepsOfEpoch} at most");
        Checkpoint.Restore(_phase.Networks, state.Weights);
        _optimizer.Restore(state.Position.Step, state.Moments);
        _average?.Restore(state.Position.Step, state.Averages);
        _schedule.Restore(state.Position.Schedule!);
        _best = state.Best;
        _bestIsOnDisk = double.IsPositiveInfinity(state.Position.BestLoss);
        _position = state.Position;
        _isRestored = true;
        _watch.Restart();
    }

    /// <summary>Trains to the end of the phase and leaves the best weights in the networks and on disk.</summary>
    /// <returns>False where it was stopped; the state is then saved.</returns>
    /// <exception cref="InvalidDataException">A loss is not finite.</exception>
    /// <exception cref="DeviceMemoryException">The device's memory ran out.</exception>
    public bool Run(CancellationToken stop)
    {
        if (_isRestored) WriteWhatFollows();
        else Save();
        // A started epoch is completed regardless of the budget, and the last epoch is validated; there is at least one.
        while (_position.Done > 0 || !IsValidated || Remains)
        {
            if (!TrainEpoch(stop)) return Stopped();
            bool isLast = _budget is { } budget ? Seconds >= budget : _position.Epoch >= _run.Options.Epochs;
            double? loss = null;
            if (isLast || _position.Epoch % _validateEvery == 0)
            {
                loss = Validate(stop);
                if (loss is null) return Stopped();
            }
            EndEpoch(loss);
            if (stop.IsCancellationRequested) return Stopped();
            if (SaveIsDue) Save();
        }
        Save();
        Checkpoint.Restore(_phase.Networks, _best);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _steps.Dispose();
        _average?.Dispose();
        _optimizer.Dispose();
    }

    private bool SaveIsDue => _sinceSave.Elapsed.TotalSeconds >= _saveEvery;

    private bool TrainEpoch(CancellationToken stop)
    {
        while (_position.Done + _steps.Pending < _stepsOfEpoch && (_position.Done + _steps.Pending == 0 || Remains))
        {
            int ahead = _steps.Pending;
            _steps.Enqueue(new TrainingStepAt(_position.Epoch, _position.Done + ahead, _position.Step + ahead), _schedule.LearningRate);
            while (_steps.IsFull) Settle();
            if (stop.IsCancellationRequested) return false;
            if (SaveIsDue) Save();
        }
        while (_steps.Pending > 0) Settle();
        return true;
    }

    private void Settle()
    {
        var (at, loss) = _steps.Settle();
        if (!double.IsFinite(loss)) throw Failure($"the loss of step {at.Step + 1} of the {_phase.Name} phase is {loss}", at.Step + 1);
        _position = _position with { Done = _position.Done + 1, Step = _position.Step + 1, LossSum = _position.LossSum + loss };
        double epochs = _position.Epoch - 1 + ((double)_position.Done / _stepsOfEpoch);
        double fraction = Math.Min(1, _budget is { } budget ? Seconds / budget : epochs / _run.Options.Epochs!.Value);
        _progress.Step(new TrainingStep(_phase, at.Epoch, _position.Step, _batch, loss, _schedule.LearningRate, fraction, TimeSpan.FromSeconds(Seconds)));
    }

    /// <summary>Validates the weights to keep, which are the averages where there are any, and keeps them if they are the best.</summary>
    private double? Validate(CancellationToken stop)
    {
        _average?.Exchange();
        try
        {
            double? loss = _validation.Measure(stop);
            if (loss < _position.BestLoss)
            {
                _best = Checkpoint.Snapshot(_phase.Networks);
                _bestIsOnDisk = false;
            }
            return loss;
        }
        finally
        {
            _average?.Exchange();
        }
    }

    private void EndEpoch(double? loss)
    {
        if (loss is { } found && !double.IsFinite(found))
            throw Failure($"the validation loss after step {_position.Step} of the {_phase.Name} phase is {loss}", _position.Step);
        double rate = _schedule.LearningRate;
        int unvalidated = _position.History.Reverse().TakeWhile(e => e.Phase == _phase.Number && e.ValidationLoss is null).Count();
        if (loss is { } measured) _schedule.Step(measured, unvalidated + 1);
        var epoch = new TrainingEpoch(_phase.Number, _position.Epoch, _position.Step, _position.LossSum / _position.Done, loss, rate, Seconds);
        double best = Math.Min(_position.BestLoss, loss ?? double.PositiveInfinity);
        _position = _position with { Epoch = _position.Epoch + 1, Done = 0, LossSum = 0, BestLoss = best, History = [.. _position.History, epoch] };
        _progress.Epoch(_phase, epoch);
    }

    private bool Stopped()
    {
        Save();
        return false;
    }

    /// <summary>Writes the state, and then the files derived from it.</summary>
    private void Save()
    {
        while (_steps.Pending > 0) Settle();
        var begin = Stopwatch.GetTimestamp();
        var state = new TrainingState(Position, Checkpoint.Snapshot(_phase.Networks), _best, _optimizer.State(), _average?.Values() ?? []);
        if (!state.IsFinite) throw Failure($"after step {_position.Step} of the {_phase.Name} phase a weight or a moment is not finite", _position.Step);
        state.Write(_run.PathOf(TrainingState.FileName));
        WriteWhatFollows();
        if (_run.Options.SaveEvery is null) _saveEvery = Math.Max(SaveSeconds, Stopwatch.GetElapsedTime(begin).TotalSeconds / SaveShare);
        _sinceSave.Restart();
    }

    /// <summary>Writes the files derived from the state, where they are older.</summary>
    private void WriteWhatFollows()
    {
        if (!_bestIsOnDisk) Checkpoint.Save(_run.PathOf(_phase.CheckpointFile), _phase.Model.Options, _best);
        _bestIsOnDisk = true;
        if (_epochsOnDisk != _position.History.Count) TrainingHistory.Write(_run.PathOf(TrainingHistory.FileName), _position.History);
        _epochsOnDisk = _position.History.Count;
    }

    private InvalidDataException Failure(string what, long step)
    {
        string? cause;
        if (!File.Exists(_run.PathOf(TrainingState.FileName))) return new InvalidDataException($"training stopped: {what}; nothing has been saved yet");
        try
        {
            cause = Repeat(step);
        }
        catch (NonFiniteException e)
        {
            cause = e.Message;
        }
        return new InvalidDataException(
            $"training stopped: {what}: {cause ?? "no operation reproduced it"}; the saved state is of step {SavedStep()}; try a lower --lr");
    }

    /// <summary>
    /// Returns to the saved state and repeats the steps since then, which are bit-identical, the last two with a check after each operation: the step whose
    /// result is not finite, and the step before it, whose update may be the cause.
    /// </summary>
    private string? Repeat(long last)
    {
        while (_steps.Pending > 0) _steps.Settle();
        var rates = _position.History.Where(e => e.Phase == _phase.Number).ToDictionary(e => e.Epoch, e => e.LearningRate);
        double rate = _schedule.LearningRate;
        Restore(TrainingState.Read(_run.PathOf(TrainingState.FileName), _phase.Model));
        var at = new TrainingStepAt(_position.Epoch, _position.Done, _position.Step);
        while (at.Step < last)
        {
            if (at.Done == _stepsOfEpoch) at = new TrainingStepAt(at.Epoch + 1, 0, at.Step);
            bool check = at.Step >= last - 2;
            using var guard = check ? new FiniteCheck() : null;
            _steps.Enqueue(at, rates.GetValueOrDefault(at.Epoch, rate));
            _ = _steps.Settle();
            if (check) CheckUpdate(at.Step + 1);
            at = at with { Done = at.Done + 1, Step = at.Step + 1 };
        }
        using (new FiniteCheck()) _ = Validate(CancellationToken.None);
        return null;
    }

    private void CheckUpdate(long step)
    {
        string what = string.Create(CultureInfo.InvariantCulture, $"in step {step}");
        foreach (var (prefix, network) in _phase.Networks)
        {
            foreach (var (name, variable) in network.Parameters()) FiniteCheck.Check(variable.Value, _optimizer.GetType().Name, $"{prefix}.{name} {what}");
        }
        if (!_optimizer.State().All(m => Array.TrueForAll(m.First, float.IsFinite) && Array.TrueForAll(m.Second, float.IsFinite)))
            throw new NonFiniteException($"{_optimizer.GetType().Name} made a moment {what} that is not finite");
    }

    private long SavedStep() => TrainingState.ReadPosition(_run.PathOf(TrainingState.FileName)).Step;
}
