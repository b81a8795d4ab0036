using System.Runtime.InteropServices;
using Mmrr.Ptx.Machine.Faults;
using Mmrr.Ptx.Machine.Memory;

namespace Mmrr.Ptx.Machine.Execution;

/// <summary>The block that runs: its warps, one after the other from barrier to barrier, and its shared memory.</summary>
internal sealed unsafe class Block : IDisposable
{
    private readonly Launch _launch;
    private readonly Warp[] _warps;
    private readonly byte* _shared;
    private readonly int _threads;

    public Block(Launch launch, int threads)
    {
        (_launch, _threads) = (launch, threads);
        _warps = new Warp[(threads + Warp.Size - 1) / Warp.Size];
        for (int i = 0; i < _warps.Length; i++)
        {
            int lanes = Math.Min(Warp.Size, threads - (i * Warp.Size));
            _warps[i] = new Warp(launch, i, lanes == Warp.Size ? uint.MaxValue : (1u << lanes) - 1);
        }
        _shared = (byte*)NativeMemory.AlignedAlloc((nuint)launch.SharedBytes + 64, 256);
        Shared = new Region((nint)_shared, launch.SharedBytes, launch.Memory.IsChecked);
    }

    public int X { get; private set; }

    public int Y { get; private set; }

    public int Z { get; private set; }

    public Region Shared { get; }

    /// <summary>The first stamp of the block.</summary>
    public ulong Begun { get; private set; }

    /// <summary>The first stamp after the last barrier.</summary>
    public ulong Synchronized { get; private set; }

    /// <summary>Gives the warps their constants and what of the hardware's registers is the same in every block.</summary>
    public void Prepare(PtxGrid grid)
    {
        foreach (var warp in _warps)
        {
            foreach (var constant in _launch.Program.Constants) Fill(warp, constant.At, constant.Bytes, constant.Bits);
            foreach (var special in _launch.Program.Specials)
            {
                int* lanes = (int*)(warp.Registers + special.At);
                for (int lane = 0; lane < Warp.Size; lane++)
                {
                    int thread = (warp.Number * Warp.Size) + lane;
                    lanes[lane] = special.Name switch
                    {
                        "%tid.x" => thread % grid.ThreadsX,
                        "%tid.y" => thread / grid.ThreadsX % grid.ThreadsY,
                        "%tid.z" => thread / (grid.ThreadsX * grid.ThreadsY),
                        "%ntid.x" => grid.ThreadsX,
                        "%ntid.y" => grid.ThreadsY,
                        "%ntid.z" => grid.ThreadsZ,
                        "%nctaid.x" => grid.BlocksX,
                        "%nctaid.y" => grid.BlocksY,
                        "%nctaid.z" => grid.BlocksZ,
                        "%laneid" => lane,
                        "%warpid" => warp.Number,
                        "%nwarpid" => _warps.Length,
                        "%lanemask_eq" => 1 << lane,
                        "%lanemask_lt" => (1 << lane) - 1,
                        "%lanemask_le" => (int)((2L << lane) - 1),
                        "%lanemask_gt" => (int)~((2L << lane) - 1),
                        "%lanemask_ge" => ~((1 << lane) - 1),
                        "%dynamic_smem_size" => grid.SharedBytes,
                        _ => 0,
                    };
                }
            }
        }
    }

    /// <summary>Runs a block.</summary>
    public void Run(int x, int y, int z, long budget)
    {
        (X, Y, Z) = (x, y, z);
        Begun = Stamp.Begin(_launch.Memory.NextInterval());
        Shared.Open(_launch.SharedBytes, "shared memory", Begun);
        foreach (var special in _launch.Program.Specials)
        {
            if (!special.Name.StartsWith("%ctaid", StringComparison.Ordinal)) continue;
            int value = special.Name[^1] switch { 'x' => x, 'y' => y, _ => z };
            foreach (var warp in _warps) Fill(warp, special.At, 4, (uint)value);
        }
        Synchronize(Begun);
        foreach (var warp in _warps)
        {
            warp.Begin(this, _launch.Program.Instructions);
            warp.Budget = budget;
        }
        while (true)
        {
            foreach (var warp in _warps) if (warp.Next is not null) warp.Run();
            if (!Release()) return;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var warp in _warps) warp.Dispose();
        Shared.Dispose();
        NativeMemory.AlignedFree(_shared);
    }

    // All warps have stopped: at their end, or all at a barrier.
    private bool Release()
    {
        Warp? waits = null, ended = null;
        foreach (var warp in _warps)
        {
            if (warp.Waiting is not null) waits ??= warp;
            else ended ??= warp;
        }
        if (waits is null) return false;
        if (ended is not null)
        {
            throw waits.Fault(
                PtxFaultKind.Barrier, waits.Waiting, Warp.First(waits.Mask),
                $"warp {waits.Number} waits at the barrier, which warp {ended.Number} has ended without reaching");
        }
        // One barrier for all, by its number; and one reduction, if it is one.
        foreach (var warp in _warps)
        {
            if (warp.Waiting->Constant == waits.Waiting->Constant && warp.Waiting->Bytes == waits.Waiting->Bytes) continue;
            throw warp.Fault(
                PtxFaultKind.Barrier, warp.Waiting, Warp.First(warp.Mask),
                $"warp {warp.Number} waits at this barrier and warp {waits.Number} at another, of PTX line "
                + $"{_launch.Program.Origins[waits.Waiting->Index].Line}");
        }
        int set = 0;
        foreach (var warp in _warps) set += warp.Votes;
        Synchronize(Stamp.Begin(_launch.Memory.NextInterval()));
        foreach (var warp in _warps)
        {
            var barrier = warp.Waiting;
            warp.Waiting = null;
            warp.Next = barrier + 1;
            warp.Reduce(barrier, set, _threads);
        }
        return true;
    }

    private void Synchronize(ulong stamp)
    {
        Synchronized = stamp;
        foreach (var warp in _warps) warp.Synchronized = stamp;
    }

    private static void Fill(Warp warp, int at, int bytes, ulong bits)
    {
        if (bytes == 4) new Span<uint>(warp.Registers + at, Warp.Size).Fill((uint)bits);
        else new Span<ulong>(warp.Registers + at, Warp.Size).Fill(bits);
    }
}
