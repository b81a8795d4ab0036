namespace Mmrr;

/// <summary>
/// Serializes the threads that use one device. A unit of work, for example a scoring call, takes a turn and waits for others; a single call, to enqueue or
/// to wait, throws if it overlaps a turn or a call of another thread; closing the device waits for both.
/// </summary>
internal sealed class DeviceUse(string device)
{
    private readonly Lock _turns = new();

    // Thread ids; 0 for none.
    private int _holder;
    private int _caller;
    private int _depth;
    private volatile bool _closed;

    /// <summary>
    /// Waits until no other thread has the turn, and holds it until the result is disposed. The same thread may take it again while holding it.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The device was disposed.</exception>
    public Turn TakeTurn()
    {
        _turns.Enter();
        if (_closed)
        {
            _turns.Exit();
            CheckOpen();
        }
        _depth++;
        Volatile.Write(ref _holder, Environment.CurrentManagedThreadId);
        return new Turn(this);
    }

    /// <summary>Begins a call, which ends when the result is disposed. Calls of one thread may nest.</summary>
    /// <exception cref="InvalidOperationException">Another thread is using the device.</exception>
    /// <exception cref="ObjectDisposedException">The device was disposed.</exception>
    public Call Enter() => TryEnter(out var call) ? call : throw Refused();

    /// <summary>The same; false where another thread is using the device.</summary>
    /// <exception cref="ObjectDisposedException">The device was disposed.</exception>
    public bool TryEnter(out Call call)
    {
        call = default;
        int me = Environment.CurrentManagedThreadId, holder = Volatile.Read(ref _holder);
        if (holder != 0 && holder != me) return false;
        int caller = Interlocked.CompareExchange(ref _caller, me, 0);
        if (caller == me) return true;
        if (caller != 0) return false;
        if (!_closed)
        {
            call = new Call(this);
            return true;
        }
        Leave();
        throw Closed();
    }

    /// <summary>Throws if the device was disposed.</summary>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    public void CheckOpen()
    {
        if (_closed) throw Closed();
    }

    /// <summary>Waits for the current turn and call, and prevents new ones.</summary>
    /// <returns>Whether this was the first call.</returns>
    public bool Close()
    {
        lock (_turns)
        {
            if (_closed) return false;
            _closed = true;
        }
        var spin = default(SpinWait);
        while (Volatile.Read(ref _caller) is var caller && caller != 0 && caller != Environment.CurrentManagedThreadId) spin.SpinOnce();
        return true;
    }

    private InvalidOperationException Refused() =>
        new($"device {device}: another thread uses it now; operations, copies and waiting are for one thread at a time, see Device. "
            + "Take turns, or open a device for each thread");

    private ObjectDisposedException Closed() => new(nameof(Device), $"device {device} was disposed");

    private void Leave() => Volatile.Write(ref _caller, 0);

    private void EndTurn()
    {
        if (--_depth == 0) Volatile.Write(ref _holder, 0);
        _turns.Exit();
    }

    /// <summary>A unit of work.</summary>
    public readonly struct Turn(DeviceUse use) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => use.EndTurn();
    }

    /// <summary>A call; one nested in another of the same thread is empty.</summary>
    public readonly struct Call(DeviceUse? use) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => use?.Leave();
    }
}
