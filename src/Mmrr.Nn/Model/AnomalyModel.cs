using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>
/// A method of anomaly detection with its networks: how it is trained (<see cref="Phases"/>), and what it makes of images (<see cref="Visit"/>). Nothing
/// else in training, scoring and evaluation depends on the method. Images are [N, S, S, C] in [−1, 1].
/// </summary>
public abstract class AnomalyModel : IDisposable
{
    private readonly Device? _device;

    /// <summary>A model with arbitrary weights: call <see cref="Initialize"/> or load a checkpoint.</summary>
    /// <param name="device">The device of the weights; null for a plan, which has only their names and shapes.</param>
    /// <param name="options">The options.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    protected AnomalyModel(Device? device, MmrrOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_device, Options) = (device, options);
    }

    /// <summary>The device of the weights.</summary>
    /// <exception cref="InvalidOperationException">The model is a plan.</exception>
    public Device Device => _device ?? throw new InvalidOperationException("a plan of a model has no device");

    /// <summary>The options.</summary>
    public MmrrOptions Options { get; }

    /// <summary>
    /// The phases of training, in order. Their networks together are those of the model; a later phase may train those of an earlier one again.
    /// </summary>
    internal abstract IReadOnlyList<TrainingPhase> Phases { get; }

    /// <summary>The networks with their names in a checkpoint, in a fixed order.</summary>
    public IEnumerable<(string Name, Module Network)> Networks() => Phases.SelectMany(phase => phase.Networks).DistinctBy(network => network.Name);

    /// <summary>Draws initial weights.</summary>
    public void Initialize(ulong seed)
    {
        foreach (var (name, network) in Networks()) Initialization.Initialize(network, name, seed);
    }

    /// <summary>What the method makes of images at the levels of a schedule, in groups of levels that keep the memory bounded.</summary>
    /// <param name="images">[N, S, S, C], values in [−1, 1], row-major.</param>
    /// <param name="schedule">The levels; <see cref="LevelSchedule.None"/> for a method without levels.</param>
    /// <param name="visit">
    /// Called with each group in order; the group is disposed afterwards. Tensors created in it belong to the caller, whose <see cref="DisposeScope"/> must
    /// be open.
    /// </param>
    /// <exception cref="ArgumentException">The schedule has levels and the method has none, or the other way round.</exception>
    public abstract void Visit(ReadOnlySpan<float> images, LevelSchedule schedule, Action<LevelOutputs> visit);

    /// <summary>
    /// For a model that scores and is not trained: convolutions keep what they make of their weights, up to four times as large, from call to call. Weights
    /// that are written meanwhile count as new.
    /// </summary>
    internal void KeepTransformedWeights()
    {
        foreach (var (_, network) in Networks())
        {
            foreach (var (_, variable) in network.Parameters()) variable.Value.KeepsTransformed = true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, network) in Networks()) network.Dispose();
        GC.SuppressFinalize(this);
    }
}
