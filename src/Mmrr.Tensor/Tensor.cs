using System.Buffers;
using ILGPU;
using ILGPU.Runtime;

namespace Mmrr;

/// <summary>
/// Dense float32 values on a device, row-major; images are [N, H, W, C]. A tensor is a handle: several may share one buffer
/// (<see cref="Share"/>), which returns to the device's pool when the last of them is disposed.
/// </summary>
public sealed class Tensor : IDisposable
{
    private readonly Storage _storage;
    private bool _disposed;

    private Tensor(Storage storage, Shape shape)
    {
        _storage = storage;
        Shape = shape;
        storage.Device.Pool.CountTensor(+1);
        DisposeScope.Register(this);
    }

    /// <summary>The device of the values.</summary>
    public Device Device => _storage.Device;

    /// <summary>The shape.</summary>
    public Shape Shape { get; }

    /// <summary>Number of elements.</summary>
    public int Count => Shape.Count;

    /// <summary>Whether no other live handle shares the buffer.</summary>
    public bool IsSoleOwner => _storage.References == 1;

    /// <summary>The values as an ILGPU view of length <see cref="Count"/>.</summary>
    /// <exception cref="ObjectDisposedException">The tensor was disposed.</exception>
    public ArrayView<float> View => Live().Block.View.SubView(0, Count);

    /// <summary>The first value, on <c>cpu</c>, <c>simt</c> and <c>ptx</c>; aligned to 64 bytes.</summary>
    /// <exception cref="ObjectDisposedException">The tensor was disposed.</exception>
    internal unsafe float* Pointer => Live().Block.Pointer;

    /// <summary>The buffer's identity: the same object for all handles that share it, for sets of buffers.</summary>
    internal object SharedBuffer => _storage;

    /// <summary>
    /// Whether convolutions on <c>cpu</c> keep their transform of these weights, up to four times as large, from one forward pass to the next: for weights
    /// that are not trained. Weights that were written since are transformed again.
    /// </summary>
    internal bool KeepsTransformed
    {
        get => _storage.KeepsTransformed;
        set => _storage.KeepsTransformed = value;
    }

    /// <summary>What <see cref="KeepTransformed"/> kept, if these values were not written since and no operation failed; the weights dispose it.</summary>
    internal Tensor? Transformed =>
        _storage.Transformed is { } kept && kept.Version == _storage.Version && kept.Failures == Device.Queue!.Failures ? kept.Tensor : null;

    /// <summary>Keeps a transform that an operation is about to enqueue.</summary>
    internal void KeepTransformed(Tensor transformed)
    {
        _storage.Transformed?.Tensor.Dispose();
        _storage.Transformed = (DisposeScope.Detach(transformed.Share()), _storage.Version, Device.Queue!.Failures);
    }

    /// <summary>Called by every operation that is about to write the values.</summary>
    internal void CountWrite() => _storage.Version++;

    /// <summary>Creates a tensor with arbitrary contents.</summary>
    public static Tensor Empty(Device device, Shape shape)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(shape);
        return new Tensor(new Storage(device, device.Pool.Rent(shape.Count)), shape);
    }

    /// <summary>Creates a tensor with the given values, row-major.</summary>
    /// <exception cref="ArgumentException">The number of values differs from the shape's.</exception>
    public static Tensor From(Device device, Shape shape, ReadOnlySpan<float> values)
    {
        var tensor = Empty(device, shape);
        try
        {
            tensor.CopyFrom(values);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Creates another handle to the same buffer, with the same number of elements.</summary>
    /// <exception cref="ArgumentException">The new shape has a different number of elements.</exception>
    public Tensor Share(Shape? shape = null)
    {
        shape ??= Shape;
        if (shape.Count != Count) throw new ArgumentException($"share: {Shape} has {Count} elements, {shape} has {shape.Count}");
        Live().Retain();
        return new Tensor(_storage, shape);
    }

    /// <summary>Whether both handles share one buffer.</summary>
    public bool Aliases(Tensor other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return ReferenceEquals(_storage, other._storage);
    }

    /// <summary>
    /// Enqueues a copy from the host. The span may be reused as soon as this returns. On <c>cuda</c> the copy goes through the device's page-locked memory
    /// and does not wait while there is room.
    /// </summary>
    /// <exception cref="ArgumentException">The number of values differs from the tensor's.</exception>
    public unsafe void CopyFrom(ReadOnlySpan<float> values)
    {
        if (values.Length != Count) throw new ArgumentException($"copy: {values.Length} values for a tensor {Shape} of {Count}");
        const string Operation = "Tensor.CopyFrom";
        CountWrite();
        using var measured = Measurement.Of(Device, Operation, Shape, 0, 8.0 * Count);
        if (Device.Queue is null)
        {
            using var call = Device.Use.Enter();
            if (Device.Staging is { } staging) staging.Upload(values, View.LoadEffectiveAddressAsPtr());
            else View.CopyFromCPU(Device.Accelerator.DefaultStream, values);
            Device.MarkWritten(this);
            Device.Finish(Operation);
            return;
        }
        // Operations enqueued before may still read the old values: the copy is enqueued.
        float[] staged = ArrayPool<float>.Shared.Rent(values.Length);
        values.CopyTo(staged);
        float* target = Pointer;
        int count = Count;
        Device.Enqueue(
            Operation,
            worker =>
            {
                var (begin, end) = worker.Share(count, 4096);
                staged.AsSpan(begin, end - begin).CopyTo(new Span<float>(target + begin, end - begin));
            },
            afterRun: () => ArrayPool<float>.Shared.Return(staged));
    }

    /// <summary>
    /// Copies the values to the host after everything enqueued so far has run. On <c>cuda</c> it does not wait for operations enqueued meanwhile.
    /// </summary>
    public unsafe void CopyTo(Span<float> values)
    {
        if (values.Length != Count) throw new ArgumentException($"copy: {values.Length} places for a tensor {Shape} of {Count}");
        CpuQueue.CheckOutside();
        // To the end of the copy: the device may not be disposed meanwhile.
        using var call = Device.Use.Enter();
        if (Device.Staging is { } staging)
        {
            staging.Download(View.LoadEffectiveAddressAsPtr(), values);
        }
        else
        {
            Device.Synchronize();
            new ReadOnlySpan<float>(Pointer, Count).CopyTo(values);
        }
    }

    /// <summary>Waits for the device and returns the values, row-major.</summary>
    public float[] ToArray()
    {
        var values = new float[Count];
        CopyTo(values);
        return values;
    }

    /// <summary>Waits for the device and returns the only value.</summary>
    /// <exception cref="InvalidOperationException">The tensor has more than one element.</exception>
    public float Item() => Count == 1 ? ToArray()[0] : throw new InvalidOperationException($"item: the tensor {Shape} has {Count} elements, expected 1");

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, true)) return;
        _storage.Device.Pool.CountTensor(-1);
        _storage.Dispose();
    }

    /// <summary>For example <c>[16, 32, 32, 3] on cpu</c>.</summary>
    public override string ToString() => $"{Shape} on {Device.Name}";

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);

    private Storage Live()
    {
        ThrowIfDisposed();
        return _storage;
    }

    /// <summary>
    /// Holds a block of memory for all handles. Where they are neither disposed nor referenced any more, the finalizer returns it, as Dispose would:
    /// operations that are enqueued still have its address, and the pool hands it to later ones only.
    /// </summary>
    private sealed class Storage(Device device, MemoryBlock block) : IDisposable
    {
        private int _references = 1;

        public Device Device => device;

        public MemoryBlock Block => block;

        public int References => Volatile.Read(ref _references);

        public bool KeepsTransformed { get; set; }

        public (Tensor Tensor, int Version, int Failures)? Transformed { get; set; }

        // Counts the operations that wrote the values.
        public int Version { get; set; }

        public void Retain() => Interlocked.Increment(ref _references);

        public void Dispose()
        {
            if (Interlocked.Decrement(ref _references) > 0) return;
            GC.SuppressFinalize(this);
            Transformed?.Tensor.Dispose();
            device.Pool.Return(block);
        }

        ~Storage() => device.Pool.Return(block);
    }
}
