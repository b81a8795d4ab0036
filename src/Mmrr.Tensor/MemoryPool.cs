using System.Numerics;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Mmrr;

/// <summary>
/// Free lists of device buffers by size class: four classes between one power of two and the next, so that at most a quarter of a buffer is unused and
/// buffers are reused. Because a device is a stream, a buffer may be reused by a later operation as soon as its last reader is enqueued. On the CPU the
/// most recently returned buffer is reused, which may still be in the caches; elsewhere the one that was allocated first, so that tensors have the same
/// addresses in every training step. When the system has no more memory, the free lists are released and the request is retried.
/// </summary>
internal sealed class MemoryPool(Device device) : IDisposable
{
    private readonly Dictionary<int, PriorityQueue<DeviceBuffer, long>> _free = [];
    private readonly Lock _lock = new();
    private long _liveTensors;
    private long _returned;
    private long _reserved;

    public long LiveTensors => Interlocked.Read(ref _liveTensors);

    public long SystemAllocations { get; private set; }

    public long ReservedBytes => Interlocked.Read(ref _reserved);

    /// <summary>
    /// Maximum bytes in the pool: the device's memory. On the host, where an allocation rarely fails (the system overcommits memory and kills the process
    /// later), the limit of this process according to the runtime.
    /// </summary>
    public long Limit { get; set; } = device.Kind == DeviceKind.Cuda ? device.Accelerator.MemorySize : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    public void CountTensor(int change) => Interlocked.Add(ref _liveTensors, change);

    /// <summary>A buffer of at least <paramref name="count"/> floats with arbitrary contents.</summary>
    /// <exception cref="ObjectDisposedException">The device was disposed.</exception>
    public DeviceBuffer Rent(int count)
    {
        device.Use.CheckOpen();
        int size = SizeClass(count);
        lock (_lock)
        {
            if (_free.TryGetValue(size, out var list) && list.TryDequeue(out var free, out _)) return free;
            var buffer = TryAllocate(size, out _);
            if (buffer is null)
            {
                // Enqueued operations may still read the buffers in the free lists.
                device.Synchronize();
                Trim();
                buffer = TryAllocate(size, out var error) ?? throw new DeviceMemoryException(device.Name, 4L * size, ReservedBytes, Limit, error);
            }
            SystemAllocations++;
            Interlocked.Add(ref _reserved, buffer.Bytes);
            return buffer;
        }
    }

    public void Return(DeviceBuffer buffer)
    {
        lock (_lock)
        {
            if (!_free.TryGetValue(buffer.Size, out var list)) _free[buffer.Size] = list = new PriorityQueue<DeviceBuffer, long>();
            list.Enqueue(buffer, device.Kind == DeviceKind.Cpu ? --_returned : buffer.Number);
        }
    }

    /// <summary>Called for a buffer that is freed, also by the garbage collector.</summary>
    public void Forget(DeviceBuffer buffer) => Interlocked.Add(ref _reserved, -buffer.Bytes);

    public void Dispose()
    {
        lock (_lock) Trim();
    }

    /// <summary>The smallest size (in floats, a multiple of 64) of a class that holds <paramref name="count"/>.</summary>
    internal static int SizeClass(int count)
    {
        if (count <= 256) return (count + 63) & ~63;
        int quarter = BitOperations.Log2((uint)(count - 1)) - 2;
        long size = (((long)count - 1 >> quarter) + 1) << quarter;
        return (int)Math.Min(size, int.MaxValue);
    }

    private DeviceBuffer? TryAllocate(int size, out Exception? error)
    {
        error = null;
        if (ReservedBytes + (4L * size) > Limit) return null;
        try
        {
            return new DeviceBuffer(this, device.Accelerator, size, SystemAllocations);
        }
        catch (Exception e) when (e is OutOfMemoryException or CudaException { Error: nameof(CudaError.CUDA_ERROR_OUT_OF_MEMORY) })
        {
            error = e;
            return null;
        }
    }

    private void Trim()
    {
        foreach (var list in _free.Values)
        {
            while (list.TryDequeue(out var buffer, out _))
            {
                Forget(buffer);
                buffer.Dispose();
            }
        }
    }
}

/// <summary>
/// A buffer of device memory. On the CPU it begins on a 64-byte boundary: one AVX-512 register, one cache line. The garbage collector frees those of tensors
/// that are neither disposed nor referenced (ILGPU's finalizer), and their bytes no longer count as the pool's.
/// </summary>
internal sealed unsafe class DeviceBuffer : IDisposable
{
    private const int Alignment = 64;
    private readonly MemoryPool _pool;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _memory;

    public DeviceBuffer(MemoryPool pool, Accelerator accelerator, int size, long number)
    {
        _pool = pool;
        Number = number;
        bool host = accelerator.AcceleratorType == AcceleratorType.CPU;
        _memory = accelerator.Allocate1D<float>((long)size + (host ? Alignment / sizeof(float) : 0));
        Size = size; // 0 for the finalizer where there is no memory
        if (host)
        {
            long address = _memory.NativePtr;
            long shift = (Alignment - (address & (Alignment - 1))) % Alignment / sizeof(float);
            View = _memory.View.BaseView.SubView(shift, size);
            Pointer = (float*)(address + (shift * sizeof(float)));
        }
        else
        {
            View = _memory.View.BaseView;
        }
    }

    /// <summary>Number of buffers allocated before it.</summary>
    public long Number { get; }

    /// <summary>Size in floats.</summary>
    public int Size { get; }

    public long Bytes => sizeof(float) * (long)Size;

    public ArrayView<float> View { get; }

    /// <summary>Null on <c>cuda</c>.</summary>
    public float* Pointer { get; }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _memory.Dispose();
    }

    ~DeviceBuffer() => _pool.Forget(this);
}
