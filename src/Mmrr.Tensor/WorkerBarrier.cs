using System.Runtime.InteropServices;

namespace Mmrr;

/// <summary>
/// A sense-reversing barrier that spins for some microseconds, then yields, then parks: with an idle core it costs a fraction of a microsecond, and if
/// other programs use the cores it does not waste their time.
/// </summary>
internal sealed class WorkerBarrier(int count)
{
    // Between two workers' counters: a pair of cache lines, which are fetched together.
    private const int CounterStride = 32;
    private const int Spins = 400;
    private const int Yields = 400;
    private readonly Lock _parkedLock = new();
    private readonly ManualResetEventSlim[] _wake = [new(false, 0), new(false, 0)];
    private readonly int[] _taken = new int[(count + 1) * CounterStride]; // from the second stride on
    private Padded _state;
    private int _parked;

    public int Count => count;

    /// <summary>Takes the next unit of a worker's own part, or of another one's whose part is not finished.</summary>
    public bool TryTake(int worker, int units, out int unit)
    {
        for (int i = 0; i < count; i++)
        {
            int owner = worker + i < count ? worker + i : worker + i - count;
            int begin = (int)((long)units * owner / count), end = (int)((long)units * (owner + 1) / count);
            ref int taken = ref _taken[(owner + 1) * CounterStride];
            if (Volatile.Read(ref taken) >= end - begin) continue;
            unit = begin + Interlocked.Increment(ref taken) - 1;
            if (unit < end) return true;
        }
        unit = units;
        return false;
    }

    /// <summary>Waits for all workers; returns false if the barrier was broken meanwhile.</summary>
    public bool Wait(ref int sense)
    {
        int mine = sense ^= 1;
        if (Interlocked.Increment(ref _state.Arrived) == count)
        {
            _state.Arrived = 0;
            ClearTaken();
            _wake[mine ^ 1].Reset();
            Interlocked.Exchange(ref _state.Sense, mine);
            if (Volatile.Read(ref _parked) > 0) _wake[mine].Set();
            return _state.Broken == 0;
        }
        for (int i = 0; i < Spins; i++)
        {
            if (Volatile.Read(ref _state.Sense) == mine || Volatile.Read(ref _state.Broken) != 0) return _state.Broken == 0;
            Thread.SpinWait(1);
        }
        for (int i = 0; i < Yields; i++)
        {
            if (Volatile.Read(ref _state.Sense) == mine || Volatile.Read(ref _state.Broken) != 0) return _state.Broken == 0;
            Thread.Yield();
        }
        Interlocked.Increment(ref _parked);
        while (Volatile.Read(ref _state.Sense) != mine && Volatile.Read(ref _state.Broken) == 0) _wake[mine].Wait(1);
        Interlocked.Decrement(ref _parked);
        return _state.Broken == 0;
    }

    /// <summary>Releases all current and later waiters until <see cref="Reset"/>, because a worker failed.</summary>
    public void Break()
    {
        Volatile.Write(ref _state.Broken, 1);
        foreach (var wake in _wake) wake.Set();
    }

    /// <summary>Repairs a broken barrier. No worker may be waiting in it.</summary>
    public void Reset()
    {
        foreach (var wake in _wake) wake.Reset();
        _state.Arrived = 0;
        ClearTaken();
        _state.Sense = 0;
        _state.Broken = 0;
    }

    private void ClearTaken()
    {
        for (int worker = 1; worker <= count; worker++) _taken[worker * CounterStride] = 0;
    }

    /// <summary>Each on its own cache line.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Padded
    {
        [FieldOffset(64)] public int Arrived;
        [FieldOffset(128)] public int Sense;
        [FieldOffset(192)] public int Broken;
    }

    /// <summary>Thrown in workers that wait for a failed worker.</summary>
    internal sealed class BrokenException : Exception;
}
