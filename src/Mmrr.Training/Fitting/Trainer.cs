using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;

namespace Mmrr.Training.Fitting;

/// <summary>The training of a run: the phases of its method, each on the normal images, each keeping the weights with the lowest validation loss.</summary>
/// <param name="model">The model, with the run's options and any weights.</param>
/// <param name="run">The run.</param>
/// <param name="set">Its normal images.</param>
/// <param name="progress">Receives the progress.</param>
/// <param name="ahead">As <see cref="StepQueue"/> takes it.</param>
internal sealed class Trainer(AnomalyModel model, RunFolder run, ImageSet set, ITrainingProgress progress, int? ahead = null)
{
    /// <summary>Trains from the beginning or the last saved state to the end of all phases.</summary>
    /// <param name="stop">Ends training after the current step, with the state saved.</param>
    /// <returns>Whether all phases are finished: their checkpoints are final.</returns>
    /// <exception cref="InvalidDataException">The saved state is damaged or belongs to other data; or a loss is not finite.</exception>
    public bool Run(CancellationToken stop)
    {
        string path = run.PathOf(TrainingState.FileName);
        var data = new TrainingData(set, run.Options);
        var state = File.Exists(path) ? TrainingState.Read(path, model) : null;
        if (state is not null)
        {
            CheckBelongs(state.Position, data, path);
            progress.Resumed(state.Position);
        }
        model.Initialize(unchecked((ulong)run.Options.Seed));
        foreach (var earlier in model.Phases.Where(p => p.Number < state?.Position.Phase && state.Position.Phase < TrainingPosition.Over))
            Checkpoint.Load(run.PathOf(earlier.CheckpointFile), model, earlier.Networks);
        IReadOnlyList<TrainingEpoch> history = state?.Position.History ?? [];
        foreach (var phase in model.Phases.Where(p => p.Number >= (state?.Position.Phase ?? 1)))
        {
            model.Device.ReleaseUnusedMemory(); // the phase before may have needed more
            if (state?.Position.Phase != phase.Number) phase.Begin(data.Batches(model, run.Options.Batch));
            using var training = new PhaseTraining(run, phase, data, run.Options.SecondsOf(phase.Number), history, progress, ahead);
            if (state?.Position.Phase == phase.Number) training.Restore(state);
            if (!training.Run(stop)) return false;
            history = training.Position.History;
        }
        new TrainingState(TrainingPosition.At(TrainingPosition.Over, run.Options, data.Fingerprint, history), [], [], [], []).Write(path);
        return true;
    }

    private void CheckBelongs(TrainingPosition position, TrainingData data, string path)
    {
        // A run may continue with another device, data folder or save interval. All other options determine its steps.
        var o = run.Options;
        if (position.Options with { Device = o.Device, Threads = o.Threads, Root = o.Root, Abnormal = o.Abnormal, SaveEvery = o.SaveEvery } != o)
            throw new InvalidDataException($"{path}: it was saved with a different configuration from that in run.json");
        if (position.Data != data.Fingerprint) throw new InvalidDataException($"{path}: the images in {o.Root} are not those that the run began with");
    }
}
