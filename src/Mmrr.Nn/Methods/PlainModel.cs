using Mmrr.Autograd;
using Mmrr.Nn.Optimizers;

namespace Mmrr.Nn;

/// <summary>A method that is trained in one phase, without levels or refinement.</summary>
/// <param name="device">The device of the weights; null for a plan.</param>
/// <param name="options">The options.</param>
/// <param name="method">The method's description.</param>
internal abstract class PlainModel(Device? device, MmrrOptions options, AnomalyMethod method) : AnomalyModel(device, options)
{
    private TrainingPhase[]? _phases;

    /// <inheritdoc/>
    internal override IReadOnlyList<TrainingPhase> Phases => _phases ??= [.. NewPhases()];

    /// <summary>The method's description.</summary>
    public AnomalyMethod Method => method;

    /// <summary>The networks that the phase trains.</summary>
    protected abstract IEnumerable<(string Name, Module Network)> Trained { get; }

    /// <inheritdoc/>
    public override void Visit(ReadOnlySpan<float> images, LevelSchedule schedule, Action<LevelOutputs> visit)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentNullException.ThrowIfNull(visit);
        method.Check(schedule);
        var o = Options;
        int n = images.Length / (o.Size * o.Size * o.Channels);
        // The tensors live until the caller's scope ends: what the visitor makes of them is read later.
        visit(Score(Variable.Constant(Tensor.From(Device, new Shape(n, o.Size, o.Size, o.Channels), images))));
    }

    /// <summary>What the method makes of images x, [N, S, S, C]; a scope disposes the tensors that it makes.</summary>
    protected abstract LevelOutputs Score(Variable x);

    /// <summary>The loss of images x, [N, S, S, C], a scalar; a scope disposes the tensors that it makes.</summary>
    /// <param name="x">The images.</param>
    /// <param name="noise">The source of noise.</param>
    protected abstract Variable Loss(Variable x, in NoiseSource noise);

    /// <summary>The loss by which weights are chosen.</summary>
    protected virtual Variable ValidationLoss(Variable x, in NoiseSource noise) => Loss(x, noise);

    /// <summary>The optimizer.</summary>
    protected virtual Optimizer NewOptimizer(IEnumerable<Variable> parameters, double beta2) => new Adam(parameters, beta2: beta2);

    /// <summary>The phases, of which there is one where this is not overridden.</summary>
    protected virtual IEnumerable<TrainingPhase> NewPhases() => [new Phase(this)];

    /// <summary>A number as a variable of one element.</summary>
    protected static Variable Number(Device device, float value) => Variable.Constant(Tensor.From(device, new Shape(1), [value]));

    /// <summary>|x| of each element; its gradient is 0 at 0.</summary>
    protected static Variable Absolute(Variable x) => x.Relu().Add(x.Scale(-1).Relu());

    private sealed class Phase(PlainModel model) : TrainingPhase(model, 1)
    {
        public override string Name => model.Method.Phases[0].Name;

        public override string CheckpointFile => model.Method.Phases[0].File;

        public override IEnumerable<(string Name, Module Network)> Networks => model.Trained;

        public override Optimizer NewOptimizer(IEnumerable<Variable> parameters, double beta2) => model.NewOptimizer(parameters, beta2);

        public override Variable Loss(Tensor images, Tensor levels, in NoiseSource noise) => model.Loss(Variable.Constant(images.Share()), noise);

        public override Variable ValidationLoss(Tensor images, Tensor levels, in NoiseSource noise) =>
            model.ValidationLoss(Variable.Constant(images.Share()), noise);
    }
}
