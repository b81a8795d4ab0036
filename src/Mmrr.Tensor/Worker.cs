using System.Runtime.InteropServices;

namespace Mmrr;

/// <summary>
/// One of the threads that run an operation together on the <c>cpu</c> device. Every worker runs the operation's body; the body takes its part by
/// <see cref="Share"/> (equal contiguous parts) or <see cref="Take"/> (unit by unit). Results keep their bits with any number of workers if what is
/// computed, and the order of every sum, depend on the shapes alone and never on <see cref="Index"/> or <see cref="Count"/>.
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

    /// <summary>From 0 to <see cref="Count"/> − 1.</summary>
    public int Index => _index;

    /// <summary>How many workers there are.</summary>
    public int Count => _barrier.Count;

    /// <summary>
    /// Takes the next of the units of work in this phase of the operation: 0, 1, 2, … over all workers. What a unit computes must not
    /// depend on who takes it, so that results are the same with any number of workers.
    /// </summary>
    public int Take() => _barrier.Take();

    /// <summary>
    /// Ends a phase: waits until every worker is here, and what they wrote can be read. Units count from 0 again. All workers must come here equally
    /// often, or those that do wait for ever.
    /// </summary>
    public void Barrier()
    {
        if (!TryBarrier()) throw new WorkerBarrier.BrokenException();
    }

    /// <summary>This worker's part of <paramref name="count"/> items, in pieces of <paramref name="grain"/>; it may be empty.</summary>
    /// <param name="count">Items of all workers together.</param>
    /// <param name="grain">Parts begin at multiples of it: some µs of work, and 16 floats or more where neighbours write neighbouring addresses.</param>
    /// <returns>The items from Begin to before End.</returns>
    public (int Begin, int End) Share(int count, int grain)
    {
        int pieces = (count + grain - 1) / grain;
        int begin = (int)((long)pieces * _index / Count), end = (int)((long)pieces * (_index + 1) / Count);
        return (Math.Min(count, begin * grain), Math.Min(count, end * grain));
    }

    /// <summary>Memory of this worker's own, aligned to 64 bytes, with arbitrary contents; it lasts until the next call.</summary>
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

    /// <summary>Forgets where a broken barrier stood.</summary>
    internal void Reset() => _sense = 0;

    internal bool TryBarrier() => _barrier.Wait(ref _sense);
}
