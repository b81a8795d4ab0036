namespace Mmrr;

/// <summary>
/// Keeps the threads apart that use one device. What is one piece of work, a scoring call say, takes its turn and waits for others; single calls, to enqueue or
/// to wait, are refused where they meet a turn or a call of another thread; and the end of the device waits for both.
/// </summary>
internal sealed class DeviceUse(string device)
{
    private readonly Lock _turns = new();

    // Threads, by their numbers; 0 for none.
    private int _holder;
    private int _caller;
    private int _depth;
    private volatile bool _closed;

    /// <summary>Waits until no other thread has the turn, and has it until what is returned is disposed. A thread may take it again within it.</summary>
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

    /// <summary>Begins a call, which ends when what is returned is disposed. Calls of one thread may lie within each other.</summary>
    /// <exception cref="InvalidOperationException">Another thread uses the device.</exception>
    /// <exception cref="ObjectDisposedException">The device was disposed.</exception>
    public Call Enter()
    {
        int me = Environment.CurrentManagedThreadId, holder = Volatile.Read(ref _holder);
        if (holder != 0 && holder != me) throw Refused();
        int caller = Interlocked.CompareExchange(ref _caller, me, 0);
        if (caller == me) return default;
        if (caller != 0) throw Refused();
        if (!_closed) return new Call(this);
        Leave();
        throw Closed();
    }

    /// <summary>Whether there is a device still.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public void CheckOpen()
    {
        if (_closed) throw Closed();
    }

    /// <summary>Waits for the turn and for a call that is under way, and lets no other begin.</summary>
    /// <returns>Whether this was the first time.</returns>
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

    /// <summary>A piece of work.</summary>
    public readonly struct Turn(DeviceUse use) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => use.EndTurn();
    }

    /// <summary>A call; one within another of the same thread is empty.</summary>
    public readonly struct Call(DeviceUse? use) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => use?.Leave();
    }
}
