using System.Runtime.InteropServices;

namespace Mmrr.Tests;

/// <summary>A driver whose stream stands still until somebody waits: copies are carried out by then, in order, and no earlier.</summary>
internal sealed unsafe class RecordedCopies : ICopyDriver
{
    private readonly Dictionary<nint, long> _memory = [];
    private readonly Queue<Action> _stream = new();
    private readonly Dictionary<nint, int> _events = []; // records enqueued and not yet passed
    private nint _lastEvent;

    /// <summary>Blocks of memory that are there.</summary>
    public int Blocks => _memory.Count;

    /// <summary>Bytes that are there.</summary>
    public long Bytes => _memory.Values.Sum();

    /// <summary>Events that are there.</summary>
    public int Events => _events.Count;

    /// <summary>Copies and records that the stream has not come to.</summary>
    public int Pending => _stream.Count;

    /// <summary>How often somebody waited for an event.</summary>
    public int Waits { get; private set; }

    /// <summary>The most copies and records that were enqueued at once.</summary>
    public int MostPending { get; private set; }

    /// <summary>Whether memory has run out.</summary>
    public bool Exhausted { get; set; }

    public nint AllocateHost(long bytes)
    {
        if (Exhausted) throw new InvalidOperationException("no page-locked memory");
        nint memory = (nint)NativeMemory.Alloc((nuint)bytes);
        _memory.Add(memory, bytes);
        return memory;
    }

    public void FreeHost(nint memory)
    {
        Assert.Equal(0, Pending); // in these tests nothing is freed that a copy may still use
        Assert.True(_memory.Remove(memory));
        NativeMemory.Free((void*)memory);
    }

    public nint CreateEvent()
    {
        _events.Add(++_lastEvent, 0);
        return _lastEvent;
    }

    public void DestroyEvent(nint happening)
    {
        Advance(happening);
        Assert.True(_events.Remove(happening));
    }

    public void Copy(nint to, nint from, long bytes) => Enqueue(() => NativeMemory.Copy((void*)from, (void*)to, (nuint)bytes));

    public void Record(nint happening)
    {
        _events[happening]++;
        Enqueue(() => _events[happening]--);
    }

    public void Wait(nint happening)
    {
        Waits++;
        Advance(happening);
    }

    /// <summary>Something else in the stream, a kernel say.</summary>
    public void Enqueue(Action work)
    {
        _stream.Enqueue(work);
        MostPending = Math.Max(MostPending, Pending);
    }

    /// <summary>Lets the stream run to its end.</summary>
    public void RunAll()
    {
        while (_stream.TryDequeue(out var work)) work();
    }

    private void Advance(nint happening)
    {
        while (_events[happening] > 0) _stream.Dequeue()();
    }
}
