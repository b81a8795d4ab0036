using System.Diagnostics;
using Mmrr.Kernels;
using Mmrr.Nn;
using Mmrr.Nn.Optimizers;
using Mmrr.Training.Runs;

namespace Mmrr.Training.Fitting;

/// <summary>A run of a workload.</summary>
/// <param name="Seconds">Time from when the inputs are ready until the result is on the host.</param>
/// <param name="Kernels">The kernels of the run, where it was profiled.</param>
internal sealed record WorkloadRun(double Seconds, IReadOnlyList<ProfiledKernel> Kernels);

/// <summary>The workload of <c>mmrr bench</c> and <c>mmrr profile</c>: a training step or a scoring pass on random images.</summary>
internal abstract class ModelWorkload(AnomalyModel model, int batch) : IDisposable
{
    /// <summary>The name in the lines of <c>mmrr bench</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The title for tables.</summary>
    public abstract string Title { get; }

    /// <summary>Images per run.</summary>
    public int Batch => batch;

    /// <summary>The model that is run.</summary>
    public AnomalyModel Model => model;

    /// <summary>A training step of a phase, from 1.</summary>
    public static ModelWorkload Step(AnomalyModel model, int batch, int phase) =>
        new TrainingStep(model, batch, model.Phases[phase - 1]);

    /// <summary>A scoring pass, of a method with mask levels at a number of them, without maps.</summary>
    public static ModelWorkload Score(AnomalyModel model, int batch, int levels)
    {
        model.KeepTransformedWeights();
        return new ScoringPass(model, batch, levels);
    }

    /// <summary>Runs once.</summary>
    public WorkloadRun Run(bool profiled = false)
    {
        using var scope = new DisposeScope();
        Prepare();
        Model.Device.Synchronize();
        using var profiler = profiled ? new Profiler(Model.Device) : null;
        long begin = Stopwatch.GetTimestamp();
        Execute();
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        return new WorkloadRun(seconds, profiler?.Kernels ?? []);
    }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }

    /// <summary>The part that is not timed; a scope disposes the tensors that it makes.</summary>
    protected abstract void Prepare();

    /// <summary>The timed part; ends with a value on the host.</summary>
    protected abstract void Execute();

    /// <summary>Images of uniform noise.</summary>
    protected Tensor Images()
    {
        var o = Model.Options;
        var images = Tensor.Empty(Model.Device, new Shape(Batch, o.Size, o.Size, o.Channels));
        PhiloxUniform.Fill(3, 0, -1, 1, images.Count, images);
        return images;
    }

    private sealed class TrainingStep(AnomalyModel model, int batch, TrainingPhase phase) : ModelWorkload(model, batch)
    {
        private readonly Optimizer _optimizer =
            phase.NewOptimizer(phase.Networks.SelectMany(n => n.Network.Parameters()).Select(p => p.Variable), beta2: 0.999);
        private Tensor _images = null!;
        private Tensor _levels = null!;
        private ulong _step;

        public override string Name => $"step{phase.Number}";

        public override string Title => $"training step of phase {phase.Number}, {phase.Name}";

        public override void Dispose()
        {
            _optimizer.Dispose();
            base.Dispose();
        }

        protected override void Prepare()
        {
            _images = Images();
            _levels = Tensor.Empty(Model.Device, new Shape(Batch, 1));
            PhiloxUniform.Fill(2, _step++, 0, 1, Batch, _levels);
        }

        protected override void Execute()
        {
            using var loss = phase.Loss(_images, _levels, new NoiseSource(1, _step, SameForEveryImage: false));
            loss.Backward();
            _optimizer.Step(1e-4);
            loss.Value.Item();
        }
    }

    private sealed class ScoringPass(AnomalyModel model, int batch, int levels) : ModelWorkload(model, batch)
    {
        private readonly bool _hasLevels = AnomalyMethods.Of(model.Options).HasLevels;
        private float[] _images = [];

        public override string Name => _hasLevels ? $"score{levels}" : "score";

        public override string Title => _hasLevels ? $"scoring pass at {levels} mask levels" : "scoring pass";

        protected override void Prepare() => _images = Images().ToArray();

        protected override void Execute() =>
            Scoring.Score(Model, _images, _hasLevels ? LevelSchedule.Uniform(levels) : LevelSchedule.None, maps: false);
    }
}
