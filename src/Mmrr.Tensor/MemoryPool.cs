using System.Numerics;
using ILGPU.Runtime.Cuda;

namespace Mmrr;

/// <summary>
/// Free blocks of device memory by size class: eight classes between one power of two and the next, so that at most an eighth of a block is unused and blocks
/// are reused. Because a device is a stream, a block may be reused by a later operation as soon as its last reader is enqueued. On the CPU the most recently
/// returned block is reused, which may still be in the caches; elsewhere the one that was allocated first, so that tensors have the same addresses in every
/// training step. Where no block of the class is free, the smallest larger one is split, so that gradients lie in the memory that activations have left;
/// its parts are joined again when they are free. On the device <c>ptx</c> a returned block waits until 16 MB are returned after it. When the system has
/// no more memory, tensors that nobody references any more are collected, the free buffers are released and the request is retried.
/// </summary>
internal sealed class MemoryPool(Device device) : IDisposable
{
    // A request splits no block of more than this many times its size: a few statistics would keep a large block from being whole again.
    private const int LargestSplit = 64;

    // On `ptx`: the bytes of returned blocks that are not reused yet.
    private const long MostWaitingBytes = 16 << 20;

    private readonly Dictionary<int, SortedSet<MemoryBlock>> _free = [];
    private readonly SortedSet<int> _freeSizes = [];
    // All that are allocated: the garbage collector would free a buffer that only enqueued operations know, by its address.
    private readonly HashSet<DeviceBuffer> _all = [];
    // On `ptx` blocks that were returned wait here, the first first, so that a kernel that still has their address is found.
    private readonly Queue<MemoryBlock> _waiting = new();
    private long _waitingBytes;
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

    /// <summary>A block of at least <paramref name="count"/> floats with arbitrary contents.</summary>
    /// <exception cref="ObjectDisposedException">The device was disposed.</exception>
    public MemoryBlock Rent(int count)
    {
        device.Use.CheckOpen();
        int size = SizeClass(count);
        if (TryTake(size, out _) is { } block) return Open(block, count);
        Reclaim();
        return Open(TryTake(size, out var error) ?? throw new DeviceMemoryException(device.Name, 4L * size, ReservedBytes, Limit, error), count);
    }

    public unsafe void Return(MemoryBlock block)
    {
        device.Ptx?.Memory.Close((nint)block.Pointer);
        lock (_lock)
        {
            if (device.Ptx is not null && block.Buffer.Bytes <= MostWaitingBytes)
            {
                _waiting.Enqueue(block);
                _waitingBytes += block.Buffer.Bytes;
                ReuseWaiting(MostWaitingBytes);
                return;
            }
            if (block.Previous is { IsFree: true } previous)
            {
                Remove(previous);
                block = previous.Join(block);
            }
            if (block.Next is { IsFree: true } next)
            {
                Remove(next);
                block = block.Join(next);
            }
            Add(block);
        }
    }

    public void Dispose()
    {
        lock (_lock) Trim();
    }

    /// <summary>The smallest size (in floats, a multiple of 64) of a class that holds <paramref name="count"/>.</summary>
    internal static int SizeClass(int count)
    {
        if (count <= 512) return (count + 63) & ~63;
        int eighth = BitOperations.Log2((uint)(count - 1)) - 3;
        long size = (((long)count - 1 >> eighth) + 1) << eighth;
        return (int)Math.Min(size, int.MaxValue);
    }

    // On `ptx` kernels may access the tensor's own bytes alone, not the rest of its block, and read none before they are written.
    private unsafe MemoryBlock Open(MemoryBlock block, int count)
    {
        device.Ptx?.Memory.Open((nint)block.Pointer, sizeof(float) * (long)count, $"buffer {block.Buffer.Number}");
        return block;
    }

    /// <summary>A free block, or one of a new buffer; null where there is no more memory.</summary>
    private MemoryBlock? TryTake(int size, out Exception? error)
    {
        lock (_lock)
        {
            error = null;
            if (TryTakeFree(size) is { } free) return free;
            if (ReservedBytes + (4L * size) > Limit) return null;
            try
            {
                var buffer = new DeviceBuffer(device, size, SystemAllocations);
                _all.Add(buffer);
                SystemAllocations++;
                ReservedBytes += buffer.Bytes;
                return new MemoryBlock(buffer);
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

    private MemoryBlock? TryTakeFree(int size)
    {
        if (!_free.TryGetValue(size, out var blocks) || blocks.Count == 0)
        {
            // On `ptx` every tensor lies in a buffer of its own, between margins.
            if (device.Ptx is not null) return null;
            int larger = _freeSizes.GetViewBetween(size, (int)Math.Min((long)size * LargestSplit, int.MaxValue)).Min;
            if (larger == 0) return null;
            blocks = _free[larger];
        }
        var block = blocks.Min!;
        Remove(block);
        if (block.SplitAfter(size) is { } rest) Add(rest);
        return block;
    }

    private void Add(MemoryBlock block)
    {
        block.FreeAs(device.Kind == DeviceKind.Cpu ? --_returned : block.Buffer.Number);
        if (!_free.TryGetValue(block.Size, out var blocks)) _free[block.Size] = blocks = new SortedSet<MemoryBlock>(MemoryBlock.ByOrder);
        if (blocks.Count == 0) _freeSizes.Add(block.Size);
        blocks.Add(block);
    }

    private void Remove(MemoryBlock block)
    {
        var blocks = _free[block.Size];
        blocks.Remove(block);
        block.Take();
        if (blocks.Count > 0) return;
        _freeSizes.Remove(block.Size);
        if (!block.IsWhole) _free.Remove(block.Size); // the size of a remainder, which may never come again
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

    // Each has a buffer of its own: there is nothing to join.
    private void ReuseWaiting(long mostBytes)
    {
        while (_waitingBytes > mostBytes)
        {
            var block = _waiting.Dequeue();
            _waitingBytes -= block.Buffer.Bytes;
            Add(block);
        }
    }

    private void Trim()
    {
        ReuseWaiting(0);
        foreach (var block in _free.Values.SelectMany(blocks => blocks).Where(block => block.IsWhole).ToArray())
        {
            Remove(block);
            _all.Remove(block.Buffer);
            ReservedBytes -= block.Buffer.Bytes;
            block.Buffer.Dispose();
        }
    }
}
