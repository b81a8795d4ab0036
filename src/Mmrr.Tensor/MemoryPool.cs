using System.Numerics;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using Mmrr.Ptx.Machine.Memory;

namespace Mmrr;

/// <summary>
/// Free lists of device buffers by size class: four classes between one power of two and the next, so that at most a quarter of a buffer is unused and
/// buffers are reused. Because a device is a stream, a buffer may be reused by a later operation as soon as its last reader is enqueued. On the CPU the
/// most recently returned buffer is reused, which may still be in the caches; elsewhere the one that was allocated first, so that tensors have the same
/// addresses in every training step. When the system has no more memory, tensors that nobody references any more are collected, the free lists are released
/// and the request is retried.
/// </summary>
internal sealed class MemoryPool(Device device) : IDisposable
{
    private readonly Dictionary<int, PriorityQueue<DeviceBuffer, long>> _free = [];
    // All that are allocated: the garbage collector would free a buffer that only enqueued operations know, by its address.
    private readonly HashSet<DeviceBuffer> _all = [];
    private readonly Lock _lock = new();
    private long _liveTensors;
    private long _returned;

    public long LiveTensors => Interlocked.Read(ref _liveTensors);

    public long SystemAllocations { get; private set; }

    public long ReservedBytes { get; private set; }

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
        if (TryTake(size, out _) is { } buffer) return Open(buffer, count);
        Reclaim();
        return Open(TryTake(size, out var error) ?? throw new DeviceMemoryException(device.Name, 4L * size, ReservedBytes, Limit, error), count);
    }

    public unsafe void Return(DeviceBuffer buffer)
    {
        device.Ptx?.Memory.Close((nint)buffer.Pointer);
        lock (_lock)
        {
            if (!_free.TryGetValue(buffer.Size, out var list)) _free[buffer.Size] = list = new PriorityQueue<DeviceBuffer, long>();
            list.Enqueue(buffer, device.Kind == DeviceKind.Cpu ? --_returned : buffer.Number);
        }
    }

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

    // On `ptx` kernels may access the tensor's own bytes alone, not the rest of its buffer, and read none before they are written.
    private unsafe DeviceBuffer Open(DeviceBuffer buffer, int count)
    {
        device.Ptx?.Memory.Open((nint)buffer.Pointer, sizeof(float) * (long)count, $"buffer {buffer.Number}");
        return buffer;
    }

    /// <summary>A free buffer, or a new one; null where there is no more memory.</summary>
    private DeviceBuffer? TryTake(int size, out Exception? error)
    {
        lock (_lock)
        {
            error = null;
            if (_free.TryGetValue(size, out var list) && list.TryDequeue(out var free, out _)) return free;
            if (ReservedBytes + (4L * size) > Limit) return null;
            try
            {
                var buffer = new DeviceBuffer(device, size, SystemAllocations);
                _all.Add(buffer);
                SystemAllocations++;
                ReservedBytes += buffer.Bytes;
                return buffer;
            }
            catch (Exception e) when (e is OutOfMemoryException or CudaException { Error: nameof(CudaError.CUDA_ERROR_OUT_OF_MEMORY) })
            {
                error = e;
                return null;
            }
            catch (ObjectDisposedException)
            {
                device.Use.CheckOpen(); // disposed meanwhile: says so
                throw;
            }
        }
    }

    /// <summary>
    /// Collects tensors that nobody references, and frees unused buffers unless another thread, whose operations may read them, uses the device.
    /// </summary>
    private void Reclaim()
    {
        // Not under the lock, for which finalizers and workers that dispose tensors wait.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        if (!device.Use.TryEnter(out var entered)) return;
        using var call = entered;
        device.Synchronize();
        Dispose();
    }

    private void Trim()
    {
        foreach (var list in _free.Values)
        {
            while (list.TryDequeue(out var buffer, out _))
            {
                _all.Remove(buffer);
                ReservedBytes -= buffer.Bytes;
                buffer.Dispose();
            }
        }
    }
}

/// <summary>
/// A buffer of device memory. On the CPU it begins on a 64-byte boundary: one AVX-512 register, one cache line. The garbage collector is told of memory on the
/// host: it sees the small handles alone, and would let those that nobody disposes grow to gigabytes.
/// </summary>
internal sealed unsafe class DeviceBuffer : IDisposable
{
    private const int Alignment = 64;
    // On `ptx`, before and behind: an index that is off by some is in no other buffer.
    private const int Margin = 1024;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _memory;
    private readonly GlobalMemory? _known;

    public DeviceBuffer(Device device, int size, long number)
    {
        var accelerator = device.Accelerator;
        _known = device.Ptx?.Memory;
        int margin = _known is null ? 0 : Margin;
        Size = size;
        Number = number;
        bool host = accelerator.AcceleratorType == AcceleratorType.CPU;
        _memory = accelerator.Allocate1D<float>((long)size + (host ? Alignment / sizeof(float) : 0) + (2 * margin));
        if (host)
        {
            GC.AddMemoryPressure(Bytes);
            long address = _memory.NativePtr;
            HugePages.Advise((nint)address, Bytes);
            long shift = ((Alignment - (address & (Alignment - 1))) % Alignment / sizeof(float)) + margin;
            View = _memory.View.BaseView.SubView(shift, size);
            Pointer = (float*)(address + (shift * sizeof(float)));
            _known?.Add((nint)Pointer, Bytes);
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
        _known?.Remove((nint)Pointer);
        if (Pointer is not null) GC.RemoveMemoryPressure(Bytes);
        _memory.Dispose();
    }
}
