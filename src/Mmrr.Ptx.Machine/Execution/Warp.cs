using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Mmrr.Ptx.Machine.Faults;

namespace Mmrr.Ptx.Machine.Execution;

/// <summary>
/// 32 lanes that execute one instruction at a time. A register is an array over the lanes; a predicate is a mask of 32 bits. Lanes that a branch parts go on
/// one path after the other, and meet at the branch's immediate post-dominator.
/// </summary>
internal sealed unsafe class Warp : IDisposable
{
    public const int Size = 32;
    private const int MostPaths = 4096;

    private readonly Path* _paths;
    private int _depth;

    public Warp(Launch launch, int number, uint threads)
    {
        (Launch, Number, Threads) = (launch, number, threads);
        Registers = (byte*)NativeMemory.AlignedAlloc((nuint)launch.Program.RegisterBytes, 64);
        NativeMemory.Clear(Registers, (nuint)launch.Program.RegisterBytes);
        Local = (byte*)NativeMemory.AlignedAlloc((nuint)((launch.Program.LocalBytes + 8) * Size), 64);
        LocalWritten = (uint*)NativeMemory.AllocZeroed((nuint)(launch.Program.LocalBytes / 4) + 2, sizeof(uint));
        Addresses = (ulong*)NativeMemory.AlignedAlloc(Size * sizeof(ulong), 64);
        _paths = (Path*)NativeMemory.Alloc(MostPaths, (nuint)sizeof(Path));
    }

    public Launch Launch { get; }

    /// <summary>The warp's number in its block.</summary>
    public int Number { get; }

    /// <summary>The lanes that have a thread.</summary>
    public uint Threads { get; }

    /// <summary>The active lanes.</summary>
    public uint Mask;

    /// <summary>The lanes whose thread has not ended.</summary>
    public uint Alive;

    public byte* Registers { get; }

    /// <summary>Of each 4 bytes of local memory those of all lanes, one after the other.</summary>
    public byte* Local { get; }

    /// <summary>For each 4 bytes of local memory the lanes that have written it.</summary>
    public uint* LocalWritten { get; }

    /// <summary>The lanes' addresses in the access that is executed.</summary>
    public ulong* Addresses { get; }

    /// <summary>The block that runs.</summary>
    public Block Block { get; set; } = null!;

    /// <summary>The first stamp after the warp's last synchronisation of its own or of the block.</summary>
    public ulong Synchronized { get; set; }

    /// <summary>Where the warp goes on; null when it has ended.</summary>
    public Instruction* Next { get; set; }

    /// <summary>The barrier that it waits at; null where it does not.</summary>
    public Instruction* Waiting { get; set; }

    /// <summary>Where the present path meets the others.</summary>
    public Instruction* Meeting { get; private set; }

    /// <summary>Instructions of this block until the kernel counts as endless.</summary>
    public long Budget { get; set; }

    /// <summary>Begins a block.</summary>
    public void Begin(Block block, Instruction* first)
    {
        (Block, _depth) = (block, 0);
        Next = first;
        Waiting = Meeting = null;
        (Mask, Alive) = (Threads, Threads);
        if (Launch.Memory.IsChecked) NativeMemory.Clear(LocalWritten, (nuint)(Launch.Program.LocalBytes / 4) * sizeof(uint));
    }

    /// <summary>Runs to the next barrier or to the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run()
    {
        var instruction = Next;
        Next = null;
        while (instruction is not null) instruction = instruction->Run(this, instruction);
    }

    /// <summary>Parts the active lanes: those of <paramref name="taken"/> go to the target, the others go on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public Instruction* Part(Instruction* branch, uint taken)
    {
        uint others = Mask & ~taken;
        Instruction* target = branch->Target, follows = branch + 1, meeting = branch->Meeting;
        // Where the present path ends at the same place, all wait there already.
        if (meeting != Meeting)
        {
            Push(branch, new Path { At = meeting, Meeting = Meeting, Mask = Mask });
            Meeting = meeting;
        }
        if (target == meeting)
        {
            Mask = others;
            return follows;
        }
        if (follows == meeting)
        {
            Mask = taken;
            return target;
        }
        Push(branch, new Path { At = target, Meeting = meeting, Mask = taken });
        Mask = others;
        return follows;
    }

    /// <summary>Parts the active lanes into several ways, of which the first goes on.</summary>
    public Instruction* Part(Instruction* branch, Way* ways, int count)
    {
        var meeting = branch->Meeting;
        if (meeting != Meeting) Push(branch, new Path { At = meeting, Meeting = Meeting, Mask = Mask });
        Meeting = meeting;
        for (int n = count - 1; n >= 0; n--)
        {
            // Lanes that go to the meeting wait there already.
            if (ways[n].To != meeting) Push(branch, new Path { At = ways[n].To, Meeting = meeting, Mask = ways[n].Lanes });
        }
        return Pop();
    }

    /// <summary>Where a lane that is not active goes on; null at the end of the kernel.</summary>
    public Instruction* Waits(int lane)
    {
        for (int n = _depth - 1; n >= 0; n--) if ((_paths[n].Mask & (1u << lane)) != 0) return _paths[n].At;
        return null;
    }

    /// <summary>Called where the present path meets the others: the next path, or all together.</summary>
    public Instruction* Meet() => Pop();

    /// <summary>Ends the active threads.</summary>
    public Instruction* End()
    {
        Alive &= ~Mask;
        return Pop();
    }

    /// <summary>At a barrier that reduces: the threads of this warp whose predicate holds.</summary>
    public int Votes { get; set; }

    /// <summary>
    /// Gives a barrier's result to the threads that waited at it: <see cref="Instruction.Bytes"/> is 1 for all, 2 for any, 3 for their number.
    /// </summary>
    public void Reduce(Instruction* barrier, int set, int threads)
    {
        Votes = 0;
        if (barrier->Bytes is 1 or 2) Lanes.SetPredicate(this, barrier->D, (barrier->Bytes == 1 ? set == threads : set > 0) ? uint.MaxValue : 0);
        else if (barrier->Bytes == 3) for (int lane = 0; lane < Size; lane++) Lanes.Write(this, barrier->D, 4, lane, (uint)set);
    }

    public PtxFaultException Fault(PtxFaultKind kind, Instruction* at, int lane, string what) => Launch.Fault(kind, at, this, lane, what);

    /// <summary>The first lane of a mask.</summary>
    public static int First(uint mask) => BitOperations.TrailingZeroCount(mask);

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(Registers);
        NativeMemory.AlignedFree(Local);
        NativeMemory.Free(LocalWritten);
        NativeMemory.AlignedFree(Addresses);
        NativeMemory.Free(_paths);
    }

    private Instruction* Pop()
    {
        while (_depth > 0)
        {
            var path = _paths[--_depth];
            if ((path.Mask & Alive) == 0) continue;
            Mask = path.Mask & Alive;
            Meeting = path.Meeting;
            return path.At;
        }
        Mask = 0;
        return null;
    }

    private void Push(Instruction* at, Path path)
    {
        if (_depth == MostPaths) throw Fault(PtxFaultKind.Trap, at, First(Mask), $"the lanes are on more than {MostPaths} paths");
        _paths[_depth++] = path;
    }

    /// <summary>Where some of a warp's lanes go.</summary>
    public struct Way
    {
        public Instruction* To;
        public uint Lanes;
    }

    private struct Path
    {
        public Instruction* At;
        public Instruction* Meeting;
        public uint Mask;
    }
}
