using System.Runtime.CompilerServices;
using Mmrr.Ptx.Machine.Execution;
using Mmrr.Ptx.Machine.Faults;
using Mmrr.Ptx.Machine.Memory;

namespace Mmrr.Ptx.Machine.Access;

/// <summary>
/// Looks at the stamps of the places that a lane reads or writes, and renews them. Two accesses of one launch of which one writes are a race unless one
/// thread makes both, both are atomic, or a barrier orders them: one of the block, or one of the warp for two of its lanes ("Memory Consistency Model").
/// </summary>
internal unsafe ref partial struct Checker
{
    private Warp _warp;
    private Region _region;
    private Instruction* _at;
    private ulong* _writers;
    private ulong* _readers;
    private ulong _born;
    private ulong _launch;
    private ulong _block;
    private ulong _blockBarrier;
    private ulong _warpBarrier;
    private uint _firstThread;
    private ulong _nowLanes;
    private ulong _nowWarps;

    /// <summary>Begins with an instruction and the region that it accesses, where that has stamps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Begin(Warp warp, Instruction* at, Region region)
    {
        IsNeeded = region.Writers is not null;
        if (!IsNeeded) return;
        _warp = warp;
        _region = region;
        _at = at;
        _writers = region.Writers;
        _readers = region.Readers;
        _born = region.Born;
        _block = warp.Block.Begun;
        // Shared memory is a block's own: what the block before it did there is nothing to it.
        _launch = region == warp.Block.Shared ? _block : warp.Launch.Begun;
        _blockBarrier = warp.Block.Synchronized;
        _warpBarrier = warp.Synchronized;
        _firstThread = (uint)(warp.Number * Warp.Size);
        // One stamp for all lanes of a warp and one for all warps of a block: what is read again is found as it should be.
        _nowLanes = _warpBarrier | _firstThread | Stamp.Lanes;
        _nowWarps = _blockBarrier | Stamp.Warps;
    }

    /// <summary>Whether races and unwritten memory are looked for in the region.</summary>
    public bool IsNeeded { get; private set; }

    /// <summary>The stamp of a lane's access now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ulong Now(int lane) => _warpBarrier | (_firstThread + (uint)lane);

    /// <summary>Reads places by one lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Read(long place, int places, int lane)
    {
        ulong now = Now(lane);
        for (int n = 0; n < places; n++)
        {
            ulong writer = _writers[place + n], reader = _readers[place + n];
            if (writer < _born) throw Unwritten(place + n, lane);
            if (!IsOrdered(writer)) CheckWriter(writer, now, place + n, lane, "reads");
            if (reader != now && reader != _nowLanes && reader != _nowWarps) _readers[place + n] = IsOrdered(reader) ? now : Readers(reader, now);
        }
    }

    /// <summary>Reads places by all lanes of a warp at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ReadTogether(long place, int places)
    {
        Read(place, places, 0);
        Read(place, places, 1);
    }

    /// <summary>Writes places by one lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Write(long place, int places, int lane)
    {
        ulong now = Now(lane);
        for (int n = 0; n < places; n++)
        {
            ulong writer = _writers[place + n], reader = _readers[place + n];
            if (!IsOrdered(writer)) CheckWriter(writer, now, place + n, lane, "writes");
            if (!IsOrdered(reader) && reader != now) CheckReader(reader, now, place + n, lane);
            _writers[place + n] = now;
        }
    }

    /// <summary>Reads and writes places by one lane at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Exchange(long place, int places, int lane)
    {
        ulong now = Now(lane);
        for (int n = 0; n < places; n++)
        {
            ulong writer = _writers[place + n], reader = _readers[place + n];
            if (writer < _born) throw Unwritten(place + n, lane);
            ulong made = IsOrdered(writer) ? now | Stamp.Atomic | StoredBefore(writer) : Exchanged(writer, now, place + n, lane);
            if (reader >= _launch && reader != now) CheckReader(reader, now, place + n, lane);
            _writers[place + n] = made;
        }
    }

    /// <summary>Reads places by one lane whose value an atomic operation then compares: others that are atomic need no order.</summary>
    public void ReadExpected(long place, int places, int lane)
    {
        ulong now = Now(lane);
        for (int n = 0; n < places; n++)
        {
            ulong writer = _writers[place + n];
            if (writer < _born) throw Unwritten(place + n, lane);
            if (!IsOrdered(writer) && (writer & Stamp.Atomic) == 0) CheckWriter(writer, now, place + n, lane, "reads");
        }
    }

    // Of an earlier launch, or of this block before its last barrier and not of several blocks.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly bool IsOrdered(ulong stamp) =>
        stamp < _launch || (stamp - _block < _blockBarrier - _block && (stamp & Stamp.Several) != Stamp.Blocks);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly ulong Readers(ulong reader, ulong now)
    {
        ulong several = reader & Stamp.Several;
        if (several == Stamp.Blocks) return reader;
        if (reader < _block) return now | Stamp.Blocks;
        if (several == 0 && Stamp.Thread(reader) == Stamp.Thread(now)) return now;
        if (several == Stamp.Warps || !SameWarp(reader, now)) return _nowWarps;
        // To other warps all of this one are the same, and to its own the warp's barrier orders those before.
        return reader < _warpBarrier ? now : _nowLanes;
    }

    // A plain store of this launch that a barrier of the block orders for the block's own threads alone.
    private readonly ulong StoredBefore(ulong writer) =>
        writer >= _launch && ((writer & Stamp.Atomic) == 0 || (writer & (Stamp.Stored | Stamp.StoredBefore)) != 0) ? Stamp.StoredBefore : 0;

    // The stamp of a place that a lane changes after others of whom no barrier of the block divides it: as Readers of those that are atomic too.
    private readonly ulong Exchanged(ulong writer, ulong now, long place, int lane)
    {
        bool isAtomic = (writer & Stamp.Atomic) != 0;
        ulong stored = writer & (writer < _block ? Stamp.Stored | Stamp.StoredBefore : SameWarp(writer, now) ? 0 : Stamp.Stored);
        if (!isAtomic || stored != 0) CheckWriter(writer, now, place, lane, "changes");
        if (isAtomic) return Readers(writer, now) | Stamp.Atomic | (writer & (Stamp.Stored | Stamp.StoredBefore));
        // A plain store before, of the same thread or of the warp's before its barrier, remains one to all others.
        return writer >= _warpBarrier ? now : now | Stamp.Atomic | Stamp.Stored;
    }

    private readonly void CheckWriter(ulong writer, ulong now, long place, int lane, string does)
    {
        ulong several = writer & Stamp.Several;
        if (several == Stamp.Blocks || writer < _block)
            throw Race(PtxFaultKind.RaceBetweenBlocks, place, lane, $"{does} what another block of the launch has written");
        if (writer < _blockBarrier || (several == 0 && Stamp.Thread(writer) == Stamp.Thread(now))) return;
        if (several == Stamp.Warps || !SameWarp(writer, now))
        {
            string who = several == 0 ? $"thread {Stamp.Thread(writer)} has" : "several threads have";
            throw Race(PtxFaultKind.RaceInBlock, place, lane, $"{does} what {who} written, with no barrier between");
        }
        if (writer < _warpBarrier) return;
        string which = several == 0 ? $"lane {Stamp.Thread(writer) & 31} of the same warp has" : "several lanes of the same warp have";
        throw Race(PtxFaultKind.RaceInWarp, place, lane, $"{does} what {which} written, unordered");
    }

    private readonly void CheckReader(ulong reader, ulong now, long place, int lane)
    {
        ulong several = reader & Stamp.Several;
        if (several == Stamp.Blocks || reader < _block)
            throw Race(PtxFaultKind.RaceBetweenBlocks, place, lane, "writes what another block of the launch has read");
        if (reader < _blockBarrier || (several == 0 && Stamp.Thread(reader) == Stamp.Thread(now))) return;
        if (several == Stamp.Warps || !SameWarp(reader, now))
        {
            string who = several == 0 ? $"thread {Stamp.Thread(reader)} has" : "several threads have";
            throw Race(PtxFaultKind.RaceInBlock, place, lane, $"writes what {who} read, with no barrier between");
        }
        if (reader >= _warpBarrier) throw Race(PtxFaultKind.RaceInWarp, place, lane, "writes what another lane of the same warp has read, unordered");
    }

    private static bool SameWarp(ulong a, ulong b) => Stamp.Thread(a) >> 5 == Stamp.Thread(b) >> 5;

    private readonly PtxFaultException Unwritten(long place, int lane) =>
        _warp.Fault(PtxFaultKind.Unwritten, _at, lane, $"reads memory that nothing has written, {Place(place)}");

    private readonly PtxFaultException Race(PtxFaultKind kind, long place, int lane, string what) => _warp.Fault(kind, _at, lane, $"{what}: {Place(place)}");

    private readonly string Place(long place)
    {
        long offset = place << _region.PlaceShift;
        return Places.Describe(_region, _region.Base + (ulong)offset, _region == _warp.Block.Shared);
    }
}
