using System.Diagnostics;
using Mmrr.App.Data;
using Mmrr.Autograd;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Nn.Optimizers;

namespace Mmrr.App.Training;

/// <summary>The training loop: two phases, each on the normal images, each keeping the weights of its lowest validation loss.</summary>
internal sealed class Trainer
{
    // The refinement reads the image itself: trained for as long as the restoration, it learns to mend strange images too
    // (Fashion-MNIST class 0, image AUROC without and with refinement: 0.910 and 0.840 after equally many steps).
    private const double RestorationShare = 0.85;
    private const ulong ValidationStream = 1ul << 62;

    private readonly MmrrModel _model;
    private readonly TrainingOptions _options;
    private readonly ImageBatches _training;
    private readonly ImageBatches _validation;
    private readonly ITrainingProgress _progress;
    private readonly List<TrainingEpoch> _history = [];

    /// <summary>A trainer of an initialised model on a set of normal images.</summary>
    public Trainer(MmrrModel model, TrainingOptions options, ImageSet set, ITrainingProgress progress)
    {
        _model = model;
        _options = options;
        _progress = progress;
        var (training, validation) = Sampling.TrainValidation(set.Samples.Count, options.Seed);
        _training = new ImageBatches(set, training, Augmentation.Parse(options.Augment), options.Seed);
        _validation = new ImageBatches(set, validation, Augmentation.None, options.Seed);
    }

    /// <summary>Trains both phases and leaves checkpoints and the history in the run's folder.</summary>
    public void Run(string run)
    {
        double? seconds = _options.Minutes * 60;
        Train(new RestorationPhase(_model), seconds * RestorationShare, Path.Combine(run, Checkpoint.RestorationFile), run);
        Train(new RefinementPhase(_model), seconds * (1 - RestorationShare), Path.Combine(run, Checkpoint.RefinementFile), run);
    }

    private void Train(TrainingPhase phase, double? seconds, string checkpoint, string run)
    {
        var watch = Stopwatch.StartNew();
        int batch = Math.Min(_options.Batch, _training.Count), steps = _training.Count / batch;
        using var optimizer = new RAdam(phase.Networks.SelectMany(n => n.Network.Parameters()).Select(p => p.Variable), beta2: _options.Beta2);
        var schedule = new PlateauSchedule(_options.LearningRate);
        var best = Checkpoint.Snapshot(phase.Networks);
        double bestLoss = double.PositiveInfinity;
        long step = 0;
        var images = new float[batch * _training.ImageLength];
        for (int epoch = 1; Remains(epoch); epoch++)
        {
            int[] order = _training.Order(epoch);
            double sum = 0;
            int done = 0;
            for (; done < steps && (done == 0 || Remains(epoch)); done++)
            {
                _training.Fill(order.AsSpan(done * batch, batch), epoch, images);
                double loss = Step(phase, optimizer, images, batch, step++, schedule.LearningRate);
                if (!double.IsFinite(loss)) throw new InvalidDataException($"training stopped: the loss of step {step} of the {phase.Name} phase is {loss}; try a lower --lr");
                sum += loss;
                _progress.Step(phase, epoch, step, loss, Fraction(epoch - 1 + ((done + 1.0) / steps)), watch.Elapsed);
            }
            double rate = schedule.LearningRate, validation = Validate(phase);
            if (validation < bestLoss)
            {
                bestLoss = validation;
                best = Checkpoint.Snapshot(phase.Networks);
                Checkpoint.Save(checkpoint, _model.Options, best);
            }
            schedule.Step(validation);
            _history.Add(new TrainingEpoch(phase.Number, epoch, step, sum / done, validation, rate, watch.Elapsed.TotalSeconds));
            TrainingHistory.Write(Path.Combine(run, "history.csv"), _history);
            _progress.Epoch(phase, _history[^1]);
        }
        if (double.IsPositiveInfinity(bestLoss)) throw new InvalidDataException($"training stopped: the validation loss of the {phase.Name} phase was never a number; try a lower --lr");
        Checkpoint.Restore(phase.Networks, best);

        bool Remains(int epoch) => seconds is { } budget ? watch.Elapsed.TotalSeconds < budget : epoch <= _options.Epochs;
        double Fraction(double epochs) => Math.Min(1, seconds is { } budget ? watch.Elapsed.TotalSeconds / budget : epochs / _options.Epochs!.Value);
    }

    private double Step(TrainingPhase phase, RAdam optimizer, float[] images, int batch, long step, double learningRate)
    {
        using var scope = new DisposeScope();
        ulong stream = ((ulong)phase.Number << 56) | (ulong)step;
        var levels = new float[batch];
        for (int i = 0; i < batch; i++) levels[i] = Philox.Uniform(Key ^ 1, stream, (ulong)i);
        using var loss = phase.Loss(Images(images, batch), Tensor.From(_model.Device, new Shape(batch, 1), levels), new NoiseSource(Key, stream, SameForEveryImage: false));
        loss.Backward();
        optimizer.Step(learningRate);
        return loss.Value.Item();
    }

    /// <summary>The mean loss of the validation images at levels (i + ½)/n in a shuffled order and at noise that never changes.</summary>
    private double Validate(TrainingPhase phase)
    {
        using var guard = new NoGradient();
        int[] level = Sampling.Permutation(_validation.Count, _options.Seed);
        double sum = 0;
        for (int first = 0; first < _validation.Count; first += _options.Batch)
        {
            using var scope = new DisposeScope();
            int n = Math.Min(_options.Batch, _validation.Count - first);
            var images = new float[n * _validation.ImageLength];
            var levels = new float[n];
            _validation.Fill([.. Enumerable.Range(first, n)], 0, images);
            for (int i = 0; i < n; i++) levels[i] = (level[first + i] + 0.5f) / _validation.Count;
            using var loss = phase.Loss(Images(images, n), Tensor.From(_model.Device, new Shape(n, 1), levels), new NoiseSource(Key, ValidationStream + (ulong)first, SameForEveryImage: false));
            sum += loss.Value.Item() * n;
        }
        return sum / _validation.Count;
    }

    private ulong Key => unchecked((ulong)_options.Seed);

    private Tensor Images(float[] values, int count)
    {
        var o = _model.Options;
        return Tensor.From(_model.Device, new Shape(count, o.Size, o.Size, o.Channels), values);
    }
}
