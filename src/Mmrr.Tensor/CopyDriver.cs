using ILGPU.Runtime.Cuda;

namespace Mmrr;

/// <summary>What copies between the host and a card need of the card's driver. Addresses and events are its own numbers.</summary>
internal interface ICopyDriver
{
    /// <summary>Page-locked memory of the host, with arbitrary contents.</summary>
    nint AllocateHost(long bytes);

    /// <summary>Gives it back; no copy from or to it may be under way.</summary>
    void FreeHost(nint memory);

    /// <summary>An event that has not been recorded, which is as one that has happened.</summary>
    nint CreateEvent();

    /// <summary>Waits until the event has happened, whatever went wrong before it, and forgets it.</summary>
    void DestroyEvent(nint happening);

    /// <summary>Enqueues a copy.</summary>
    void Copy(nint to, nint from, long bytes);

    /// <summary>The event happens when what has been enqueued is over.</summary>
    void Record(nint happening);

    /// <summary>Waits for the event, and for nothing that was enqueued after it.</summary>
    void Wait(nint happening);
}

/// <summary>
/// The driver of a CUDA device, on its default stream. What is left when the device is disposed is given back then, and later calls that give back do nothing:
/// memory and events need no finaliser, which would run on a thread of its own and perhaps when the device is gone.
/// </summary>
internal sealed class CudaCopyDriver(CudaAccelerator accelerator) : ICopyDriver, IDisposable
{
    private readonly HashSet<nint> _memory = [];
    private readonly HashSet<nint> _events = [];
    private readonly Lock _lock = new();

    private static CudaAPI Api => CudaAPI.CurrentAPI;

    public nint AllocateHost(long bytes)
    {
        using var binding = accelerator.BindScoped();
        CudaException.ThrowIfFailed(Api.AllocateHostMemory(out nint memory, (nint)bytes));
        lock (_lock) _memory.Add(memory);
        return memory;
    }

    public void FreeHost(nint memory)
    {
        lock (_lock)
        {
            if (!_memory.Remove(memory)) return;
            using var binding = accelerator.BindScoped();
            _ = Api.FreeHostMemory(memory);
        }
    }

    public nint CreateEvent()
    {
        using var binding = accelerator.BindScoped();
        CudaException.ThrowIfFailed(Api.CreateEvent(out nint happening, CudaEventFlags.CU_EVENT_DISABLE_TIMING));
        lock (_lock) _events.Add(happening);
        return happening;
    }

    public void DestroyEvent(nint happening)
    {
        lock (_lock)
        {
            if (!_events.Remove(happening)) return;
            using var binding = accelerator.BindScoped();
            _ = Api.SynchronizeEvent(happening);
            _ = Api.DestroyEvent(happening);
        }
    }

    public void Copy(nint to, nint from, long bytes)
    {
        using var binding = accelerator.BindScoped();
        CudaException.ThrowIfFailed(Api.MemcpyAsync(to, from, (nint)bytes, accelerator.DefaultStream));
    }

    public void Record(nint happening)
    {
        using var binding = accelerator.BindScoped();
        CudaException.ThrowIfFailed(Api.RecordEvent(happening, ((CudaStream)accelerator.DefaultStream).StreamPtr));
    }

    public void Wait(nint happening)
    {
        lock (_lock) ObjectDisposedException.ThrowIf(!_events.Contains(happening), typeof(Device));
        using var binding = accelerator.BindScoped();
        CudaException.ThrowIfFailed(Api.SynchronizeEvent(happening));
    }

    public void Dispose()
    {
        nint[] events, memory;
        lock (_lock) (events, memory) = ([.. _events], [.. _memory]);
        foreach (nint happening in events) DestroyEvent(happening);
        foreach (nint block in memory) FreeHost(block);
    }
}
