using Mmrr.Nn;
using Mmrr.Nn.Optimizers;
using Mmrr.Training.Runs;

namespace Mmrr.Training.Fitting;

/// <summary>
/// Enqueues the steps of a phase. While one runs, another thread prepares the next batch in page-locked memory; a step's loss is read after the next step
/// is enqueued, so that on a GPU the host never waits for the last step in the stream. On <c>cpu</c>, where waiting executes the queue, each step is
/// settled at once. The order of steps and batches is deterministic.
/// </summary>
internal sealed class StepQueue : IDisposable
{
    private readonly TrainingPhase _phase;
    private readonly Optimizer _optimizer;
    private readonly WeightAverage? _average;
    private readonly ImageBatches _images;
    private readonly int _batch;
    private readonly int _stepsOfEpoch;
    private readonly int _ahead;
    private readonly ulong _key;
    private readonly Slot[] _slots;
    private readonly Queue<(TrainingStepAt At, Slot Slot)> _pending = new();

    // One batch is prepared at a time.
    private Task _preparing = Task.CompletedTask;

    /// <summary>Creates an empty queue.</summary>
    /// <param name="phase">The phase that a step trains.</param>
    /// <param name="optimizer">The optimizer of the phase's parameters.</param>
    /// <param name="average">The average of the same parameters; null for none.</param>
    /// <param name="images">The training images; used only by the queue until it is disposed.</param>
    /// <param name="batch">Images per step, at most the number of images.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="ahead">Steps enqueued before the loss of an earlier one is read; null for the device's default.</param>
    public StepQueue(TrainingPhase phase, Optimizer optimizer, WeightAverage? average, ImageBatches images, int batch, long seed, int? ahead = null)
    {
        var device = phase.Model.Device;
        (_phase, _optimizer, _average, _images, _batch, _key) = (phase, optimizer, average, images, batch, unchecked((ulong)seed));
        _stepsOfEpoch = images.Count / batch;
        _ahead = ahead ?? (device.Kind == DeviceKind.Cuda ? 1 : 0);
        // One for each unsettled step, including the newest, and one to prepare.
        _slots = [.. Enumerable.Range(0, _ahead + 2).Select(_ => new Slot(device, batch, images.ImageLength))];
    }

    /// <summary>Steps whose loss has not been read.</summary>
    public int Pending => _pending.Count;

    /// <summary>Whether the oldest step's loss must be read before another step is enqueued.</summary>
    public bool IsFull => _pending.Count > _ahead;

    /// <summary>Enqueues a step and starts preparing the next batch.</summary>
    public void Enqueue(in TrainingStepAt at, double learningRate)
    {
        var slot = _slots[at.Step % _slots.Length];
        Prepare(slot, at);
        _preparing.GetAwaiter().GetResult();
        Enqueue(slot, at, learningRate);
        _pending.Enqueue((at, slot));
        var next = at.Done + 1 < _stepsOfEpoch ? at with { Done = at.Done + 1, Step = at.Step + 1 } : new TrainingStepAt(at.Epoch + 1, 0, at.Step + 1);
        Prepare(_slots[next.Step % _slots.Length], next);
    }

    /// <summary>Waits for the oldest unsettled step and reads its loss.</summary>
    public (TrainingStepAt At, double Loss) Settle()
    {
        var (at, slot) = _pending.Dequeue();
        slot.Loss.Wait();
        return (at, slot.Loss.Values[0]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Waits for the thread that fills the memory; its exception, if any, is thrown where a batch is requested.
        ((IAsyncResult)_preparing).AsyncWaitHandle.WaitOne();
        foreach (var slot in _slots) slot.Dispose();
    }

    private void Prepare(Slot slot, TrainingStepAt at)
    {
        if (slot.At == at) return;
        _preparing.GetAwaiter().GetResult();
        slot.At = at;
        _preparing = Task.Run(() =>
        {
            _images.Fill(_images.Order(at.Epoch).AsSpan(at.Done * _batch, _batch), at.Epoch, slot.Images.Values);
            for (int i = 0; i < _batch; i++) slot.Levels.Values[i] = Philox.Uniform(_key ^ 1, Stream(at.Step), (ulong)i);
        });
    }

    private void Enqueue(Slot slot, in TrainingStepAt at, double learningRate)
    {
        using var scope = new DisposeScope();
        var o = _phase.Model.Options;
        var images = Tensor.Empty(_phase.Model.Device, new Shape(_batch, o.Size, o.Size, o.Channels));
        var levels = Tensor.Empty(_phase.Model.Device, new Shape(_batch, 1));
        slot.Images.CopyTo(images);
        slot.Levels.CopyTo(levels);
        using var loss = _phase.Loss(images, levels, new NoiseSource(_key, Stream(at.Step), SameForEveryImage: false));
        loss.Backward();
        _optimizer.Step(learningRate);
        _average?.Update();
        slot.Loss.CopyFrom(loss.Value);
    }

    private ulong Stream(long step) => ((ulong)_phase.Number << 56) | (ulong)step;

    /// <summary>The host memory of one step.</summary>
    private sealed class Slot(Device device, int batch, int imageLength) : IDisposable
    {
        public HostBuffer Images { get; } = new(device, batch * imageLength);

        public HostBuffer Levels { get; } = new(device, batch);

        public HostBuffer Loss { get; } = new(device, 1);

        /// <summary>The step that it is prepared for or being prepared for.</summary>
        public TrainingStepAt? At { get; set; }

        public void Dispose()
        {
            Images.Dispose();
            Levels.Dispose();
            Loss.Dispose();
        }
    }
}

/// <summary>The position of a step.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Done">Previous steps of the epoch.</param>
/// <param name="Step">Previous steps of the phase.</param>
internal readonly record struct TrainingStepAt(int Epoch, int Done, long Step);
