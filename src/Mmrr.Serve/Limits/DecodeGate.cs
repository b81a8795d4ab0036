namespace Mmrr.Serve.Limits;

/// <summary>Bounds the memory of decoding, up to 22 bytes a pixel: so many pixels at a time, on at most as many threads as there are cores.</summary>
/// <param name="pixels">The number of pixels, also of a single image.</param>
internal sealed class DecodeGate(int pixels) : IDisposable
{
    private readonly SemaphoreSlim _threads = new(Environment.ProcessorCount);
    private readonly object _gate = new();
    private long _free = pixels;

    /// <summary>Runs work on a thread of the pool, as soon as a core is free for it.</summary>
    public async Task<T> Run<T>(Func<T> work, CancellationToken stop)
    {
        await _threads.WaitAsync(stop);
        try
        {
            return await Task.Run(work, CancellationToken.None);
        }
        finally
        {
            _threads.Release();
        }
    }

    /// <summary>Waits until there is room for an image's pixels; the result gives them back.</summary>
    /// <exception cref="InvalidDataException">The image has more pixels than the service takes.</exception>
    public IDisposable Enter(int height, int width)
    {
        long needed = (long)height * width;
        if (needed > pixels) throw new InvalidDataException($"image of {width}x{height}; expected at most {pixels} pixels: scale it down or cut it into parts");
        lock (_gate)
        {
            while (_free < needed) Monitor.Wait(_gate);
            _free -= needed;
        }
        return new Pixels(this, needed);
    }

    /// <inheritdoc/>
    public void Dispose() => _threads.Dispose();

    private sealed class Pixels(DecodeGate gate, long count) : IDisposable
    {
        public void Dispose()
        {
            lock (gate._gate)
            {
                gate._free += count;
                Monitor.PulseAll(gate._gate);
            }
        }
    }
}
