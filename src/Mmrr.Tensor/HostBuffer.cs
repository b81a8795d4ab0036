using ILGPU.Runtime;

namespace Mmrr;

/// <summary>
/// Values on the host for asynchronous copies in stream order. On <c>cuda</c> the memory is page-locked, and an event marks the end of the last copy:
/// <see cref="Wait"/> waits for it, not for operations enqueued after it.
/// </summary>
public sealed class HostBuffer : IDisposable
{
    private readonly Device _device;
    private readonly float[]? _values;
    private readonly PinnedBuffer? _pinned; // on cuda
    private bool _copying;

    /// <summary>Creates a buffer of zeros.</summary>
    /// <param name="device">The device that copies.</param>
    /// <param name="count">Number of values, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1.</exception>
    public HostBuffer(Device device, int count)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        (_device, Count) = (device, count);
        if (device.Copies is null)
        {
            _values = new float[count];
            return;
        }
        // Pages from the driver: if pages of the garbage collector were locked, several buffers would lock the same page.
        _pinned = new PinnedBuffer(device.Copies, count);
        Values.Clear();
    }

    /// <summary>The number of values.</summary>
    public int Count { get; }

    /// <summary>The values. Any thread may read and write them while no copy is in progress: see <see cref="Wait"/>.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public Span<float> Values => _values ?? _pinned!.Values;

    /// <summary>Enqueues a copy to a tensor.</summary>
    /// <exception cref="ArgumentException">The tensor has another number of elements, or is on another device.</exception>
    public unsafe void CopyTo(Tensor target)
    {
        ArgumentNullException.ThrowIfNull(target);
        const string Operation = "HostBuffer.CopyTo";
        CheckFits(Operation, target);
        target.CountWrite();
        using var measured = Measurement.Of(_device, Operation, target.Shape, 0, 8.0 * target.Count);
        switch (_device.Kind)
        {
            case DeviceKind.Cuda:
                _pinned!.CopyTo(target.View.LoadEffectiveAddressAsPtr(), Count);
                _device.Finish(Operation);
                break;
            case DeviceKind.Simt or DeviceKind.Ptx:
                using (_device.Use.Enter())
                {
                    _device.Synchronize();
                    Values.CopyTo(new Span<float>(target.Pointer, target.Count));
                    _device.MarkWritten(target);
                }
                break;
            default:
                float* pointer = target.Pointer;
                Enqueue(Operation, (begin, end) => Values[begin..end].CopyTo(new Span<float>(pointer + begin, end - begin)));
                break;
        }
    }

    /// <summary>Enqueues a copy from a tensor.</summary>
    /// <exception cref="ArgumentException">The tensor has another number of elements, or is on another device.</exception>
    public unsafe void CopyFrom(Tensor source)
    {
        ArgumentNullException.ThrowIfNull(source);
        const string Operation = "HostBuffer.CopyFrom";
        CheckFits(Operation, source);
        using var measured = Measurement.Of(_device, Operation, source.Shape, 0, 8.0 * source.Count);
        switch (_device.Kind)
        {
            case DeviceKind.Cuda:
                _pinned!.CopyFrom(source.View.LoadEffectiveAddressAsPtr(), Count);
                _device.Finish(Operation);
                break;
            case DeviceKind.Simt or DeviceKind.Ptx:
                using (_device.Use.Enter())
                {
                    _device.Synchronize();
                    new Span<float>(source.Pointer, source.Count).CopyTo(Values);
                }
                break;
            default:
                float* pointer = source.Pointer;
                Enqueue(Operation, (begin, end) => new Span<float>(pointer + begin, end - begin).CopyTo(Values[begin..end]));
                break;
        }
    }

    /// <summary>Waits until the copies enqueued so far are complete.</summary>
    /// <exception cref="InvalidOperationException">An operation failed while running; the message names it.</exception>
    public void Wait()
    {
        if (_pinned is not null) _pinned.Wait();
        else if (_copying) _device.Synchronize();
    }

    /// <summary>
    /// Waits for copies in progress and frees the memory. The page-locked memory of a buffer that is not disposed is freed with its device, not by the
    /// garbage collector.
    /// </summary>
    public void Dispose() => _pinned?.Dispose();

    private void Enqueue(string operation, Action<int, int> copy)
    {
        _copying = true;
        _device.Enqueue(
            operation,
            worker =>
            {
                var (begin, end) = worker.Share(Count, 4096);
                copy(begin, end);
            },
            afterRun: () => _copying = false);
    }

    private void CheckFits(string operation, Tensor tensor)
    {
        if (tensor.Device != _device) throw new ArgumentException($"{operation}: the tensor is on {tensor.Device.Name}, the buffer belongs to {_device.Name}");
        if (tensor.Count != Count) throw new ArgumentException($"{operation}: the tensor {tensor.Shape} has {tensor.Count} elements, the buffer {Count}");
    }
}
