using ILGPU.Runtime.Cuda;

namespace Mmrr;

/// <summary>The driver functions needed for copies between the host and a GPU. Addresses and events are driver handles.</summary>
internal interface ICopyDriver
{
    /// <summary>Allocates page-locked host memory, with arbitrary contents.</summary>
    nint AllocateHost(long bytes);

    /// <summary>Frees page-locked memory; no copy from or to it may be in progress.</summary>
    void FreeHost(nint memory);

    /// <summary>Creates an event that is not recorded, which counts as completed.</summary>
    nint CreateEvent();

    /// <summary>Waits until the event has completed, regardless of earlier errors, and destroys it.</summary>
    void DestroyEvent(nint happening);

    /// <summary>Enqueues a copy.</summary>
    void Copy(nint to, nint from, long bytes);

    /// <summary>Records the event: it completes when everything enqueued so far has run.</summary>
    void Record(nint happening);

    /// <summary>Waits for the event, but not for anything enqueued after it.</summary>
    void Wait(nint happening);
}

/// <summary>
/// The driver of a CUDA device, on its default stream. Disposing the device frees everything that is left, and later calls that free do nothing: memory and
/// events need no finaliser, which would run on another thread and possibly after the device is gone.
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
