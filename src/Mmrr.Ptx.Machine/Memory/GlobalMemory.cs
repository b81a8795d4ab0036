namespace Mmrr.Ptx.Machine.Memory;

/// <summary>
/// The global memory of a machine: buffers of the host's memory, at their own addresses. What is not in one of them cannot be accessed. Not thread-safe.
/// </summary>
public sealed class GlobalMemory : IDisposable
{
    private readonly List<Region> _regions = [];
    private long _interval = 1;

    /// <summary>Creates a memory without buffers.</summary>
    /// <param name="isChecked">Whether every access is looked at for races and unwritten memory, for 4 bytes more a byte.</param>
    public GlobalMemory(bool isChecked = true) => IsChecked = isChecked;

    /// <summary>Whether races and reads of unwritten memory are found; bounds and alignment always are.</summary>
    public bool IsChecked { get; }

    /// <summary>The limit without another one: a warp needs a second for as many on a card.</summary>
    public const long DefaultMostInstructions = 1_000_000_000;

    /// <summary>Instructions that a warp may execute in one block, at least 1; a kernel that needs more counts as one that does not end.</summary>
    public long MostInstructions
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = DefaultMostInstructions;

    /// <summary>Makes memory known, of which nothing may be accessed until it is opened.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="bytes">Its size.</param>
    public void Add(nint address, long bytes)
    {
        lock (_regions)
        {
            int at = IndexOf((ulong)address);
            if ((at >= 0 && _regions[at].Limit > (ulong)address) || (at + 1 < _regions.Count && _regions[at + 1].Base < (ulong)address + (ulong)bytes))
                throw new ArgumentException($"the memory of {bytes} bytes at 0x{address:X} overlaps memory that is known");
            _regions.Insert(at + 1, new Region(address, bytes, IsChecked));
        }
    }

    /// <summary>Forgets memory; nothing where it is not known, as after <see cref="Dispose"/>.</summary>
    /// <param name="address">As given to <see cref="Add"/>.</param>
    public void Remove(nint address)
    {
        lock (_regions)
        {
            int at = IndexOf((ulong)address);
            if (at < 0 || _regions[at].Base != (ulong)address) return;
            _regions[at].Dispose();
            _regions.RemoveAt(at);
        }
    }

    /// <summary>Lets kernels access the first bytes of known memory, which count as not written.</summary>
    /// <param name="address">As given to <see cref="Add"/>.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="name">What messages call them.</param>
    public void Open(nint address, long bytes, string name)
    {
        lock (_regions) _regions[IndexAt(address)].Open(bytes, name, Stamp.Begin(NextInterval()));
    }

    /// <summary>Whether an address is in known memory.</summary>
    /// <param name="address">Any.</param>
    public bool IsKnown(nint address) => Find((ulong)address) is not null;

    /// <summary>Gives open memory another name for messages; nothing where no known memory begins at the address.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="name">What messages call it.</param>
    public void Rename(nint address, string name)
    {
        lock (_regions)
        {
            if (Find((ulong)address) is { } region && region.Base == (ulong)address) region.Rename(name);
        }
    }

    /// <summary>Lets kernels access nothing of memory; nothing where it is not known.</summary>
    /// <param name="address">As given to <see cref="Add"/>.</param>
    public void Close(nint address)
    {
        lock (_regions)
        {
            if (Find((ulong)address) is { } region && region.Base == (ulong)address) region.Close();
        }
    }

    /// <summary>Marks bytes as written by the host.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="bytes">How many.</param>
    public void MarkWritten(nint address, long bytes)
    {
        lock (_regions)
        {
            if (Find((ulong)address) is { } region) region.MarkWritten((long)((ulong)address - region.Base), bytes);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_regions)
        {
            foreach (var region in _regions) region.Dispose();
            _regions.Clear();
        }
    }

    /// <summary>Begins an interval of <see cref="Stamp"/>s.</summary>
    internal long NextInterval() => Interlocked.Increment(ref _interval);

    /// <summary>The memory that has this address, also beyond what is open; null where there is none.</summary>
    internal Region? Find(ulong address)
    {
        lock (_regions)
        {
            int at = IndexOf(address);
            return at >= 0 && address < _regions[at].Limit ? _regions[at] : null;
        }
    }

    /// <summary>The open memory before and behind an address that is in none.</summary>
    internal (Region? Below, Region? Above) Neighbours(ulong address)
    {
        lock (_regions)
        {
            var open = _regions.FindAll(region => region.Length > 0);
            return (open.FindLast(region => region.Base <= address), open.Find(region => region.Base > address));
        }
    }

    private int IndexAt(nint address)
    {
        int at = IndexOf((ulong)address);
        return at >= 0 && _regions[at].Base == (ulong)address ? at : throw new ArgumentException($"no known memory begins at 0x{address:X}");
    }

    // The last region that begins at or before the address; -1 where there is none.
    private int IndexOf(ulong address)
    {
        int low = 0, high = _regions.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_regions[middle].Base <= address) low = middle + 1;
            else high = middle;
        }
        return low - 1;
    }
}
