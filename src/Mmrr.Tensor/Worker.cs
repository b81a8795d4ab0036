using System.Runtime.InteropServices;

namespace Mmrr;

/// <summary>One of the threads that run an operation together on the <c>cpu</c> device.</summary>
internal sealed unsafe class Worker(int index, WorkerBarrier barrier) : IDisposable
{
    private void* _scratch;
    private nuint _scratchBytes;
    private int _sense;

    /// <summary>From 0 to <see cref="Count"/> − 1.</summary>
    public int Index => index;

    /// <summary>How many workers there are.</summary>
    public int Count => barrier.Count;

    /// <summary>
    /// Takes the next of the units of work in this phase of the operation: 0, 1, 2, … over all workers. What a unit computes must not
    /// depend on who takes it, so that results are the same with any number of workers.
    /// </summary>
    public int Take() => barrier.Take();

    /// <summary>Ends a phase: waits until every worker is here. Units count from 0 again.</summary>
    public void Barrier()
    {
        if (!TryBarrier()) throw new WorkerBarrier.BrokenException();
    }

    /// <summary>This worker's part of <paramref name="count"/> items, in pieces of <paramref name="grain"/>.</summary>
    public (int Begin, int End) Share(int count, int grain)
    {
        int pieces = (count + grain - 1) / grain;
        int begin = (int)((long)pieces * index / Count), end = (int)((long)pieces * (index + 1) / Count);
        return (Math.Min(count, begin * grain), Math.Min(count, end * grain));
    }

    /// <summary>Memory of this worker's own, aligned to 64 bytes, with arbitrary contents; it lasts until the next call.</summary>
    public float* Scratch(long floats)
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

    public void Dispose()
    {
        NativeMemory.AlignedFree(_scratch);
        _scratch = null;
        _scratchBytes = 0;
    }

    /// <summary>Forgets where a broken barrier stood.</summary>
    internal void Reset() => _sense = 0;

    internal bool TryBarrier() => barrier.Wait(ref _sense);
}
