using System.Runtime.InteropServices;

namespace Mmrr;

/// <summary>
/// One of the threads that run an operation together on the <c>cpu</c> device. Every worker runs the operation's body; the body gets its part from
/// <see cref="Share"/> (equal contiguous parts) or <see cref="TryTake"/> (unit by unit). Results are bit-identical with any number of workers if the
/// computation and the order of every sum depend only on the shapes and never on <see cref="Index"/> or <see cref="Count"/>.
/// </summary>
public sealed unsafe class Worker
{
    private readonly int _index;
    private readonly WorkerBarrier _barrier;
    private void* _scratch;
    private nuint _scratchBytes;
    private int _sense;

    internal Worker(int index, WorkerBarrier barrier)
    {
        _index = index;
        _barrier = barrier;
    }

    /// <summary>The worker's index, from 0 to <see cref="Count"/> − 1.</summary>
    public int Index => _index;

    /// <summary>Number of workers.</summary>
    public int Count => _barrier.Count;

    /// <summary>
    /// Takes a unit of work of this phase, each of which goes to one worker: those of this worker's part of them in order (the parts are those of
    /// <see cref="Share"/>, so that what an operation wrote is read by the worker in whose caches it is), then those that another worker has not come to. The
    /// result of a unit must not depend on the worker that takes it, so that results are the same with any number of workers.
    /// </summary>
    /// <param name="units">Number of units, the same for all workers and all calls of a phase.</param>
    /// <param name="unit">From 0 to <paramref name="units"/> − 1.</param>
    /// <returns>False when all are taken.</returns>
    public bool TryTake(int units, out int unit) => _barrier.TryTake(_index, units, out unit);

    /// <summary>
    /// Ends a phase: waits until every worker has arrived and makes their writes visible. Units can be taken again. All workers must call it equally often;
    /// otherwise they deadlock.
    /// </summary>
    public void Barrier()
    {
        if (!TryBarrier()) throw new WorkerBarrier.BrokenException();
    }

    /// <summary>This worker's part of <paramref name="count"/> items, in pieces of <paramref name="grain"/>; it may be empty.</summary>
    /// <param name="count">Number of items of all workers together.</param>
    /// <param name="grain">Parts begin at multiples of it: a few µs of work, and at least 16 floats if neighbours write neighbouring addresses.</param>
    /// <returns>The items from Begin (inclusive) to End (exclusive).</returns>
    public (int Begin, int End) Share(int count, int grain)
    {
        int pieces = (count + grain - 1) / grain;
        int begin = (int)((long)pieces * _index / Count), end = (int)((long)pieces * (_index + 1) / Count);
        return (Math.Min(count, begin * grain), Math.Min(count, end * grain));
    }

    /// <summary>Memory private to this worker, aligned to 64 bytes, with arbitrary contents; it is valid until the next call.</summary>
    internal float* Scratch(long floats)
    {
        nuint bytes = (nuint)floats * sizeof(float);
        if (bytes > _scratchBytes)
        {
            NativeMemory.AlignedFree(_scratch);
            _scratch = NativeMemory.AlignedAlloc(bytes, 64);
            _scratchBytes = bytes;
        }
        return (float*)_scratch;
    }

    internal void FreeScratch()
    {
        NativeMemory.AlignedFree(_scratch);
        _scratch = null;
        _scratchBytes = 0;
    }

    /// <summary>Resets the state after a broken barrier.</summary>
    internal void Reset() => _sense = 0;

    internal bool TryBarrier() => _barrier.Wait(ref _sense);
}
