namespace Mmrr;

/// <summary>Page-locked floats on the host and an event that marks the end of the last copy from or to them.</summary>
internal sealed class PinnedBuffer : IDisposable
{
    private readonly ICopyDriver _driver;
    private readonly nint _event;
    private nint _memory;
    private bool _copying;

    /// <summary>Allocates a buffer with arbitrary contents.</summary>
    public PinnedBuffer(ICopyDriver driver, int count)
    {
        (_driver, Count) = (driver, count);
        _event = driver.CreateEvent();
        try
        {
            _memory = driver.AllocateHost((long)sizeof(float) * count);
        }
        catch
        {
            driver.DestroyEvent(_event);
            throw;
        }
    }

    /// <summary>Size in floats.</summary>
    public int Count { get; }

    /// <summary>The values; access them only while no copy is in progress.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public unsafe Span<float> Values => new((float*)Live(), Count);

    /// <summary>Enqueues a copy of the first values to the device.</summary>
    public void CopyTo(nint target, int count) => Copy(target, Live(), count);

    /// <summary>Enqueues a copy from the device to the first values.</summary>
    public void CopyFrom(nint source, int count) => Copy(Live(), source, count);

    /// <summary>Waits until the last copy is complete.</summary>
    public void Wait()
    {
        if (!_copying) return;
        _driver.Wait(_event);
        _copying = false;
    }

    /// <summary>Waits for a copy in progress, also after an error, which is reported elsewhere, and frees the memory.</summary>
    public void Dispose()
    {
        if (_memory == 0) return;
        _driver.DestroyEvent(_event);
        _driver.FreeHost(_memory);
        _memory = 0;
        _copying = false;
    }

    private void Copy(nint to, nint from, int count)
    {
        _copying = true; // also if recording the event then fails
        _driver.Copy(to, from, (long)sizeof(float) * count);
        _driver.Record(_event);
    }

    private nint Live()
    {
        ObjectDisposedException.ThrowIf(_memory == 0, this);
        return _memory;
    }
}
