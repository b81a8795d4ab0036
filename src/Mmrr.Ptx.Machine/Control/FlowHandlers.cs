using System.Runtime.CompilerServices;
using Mmrr.Ptx.Machine.Execution;
using Mmrr.Ptx.Machine.Faults;

namespace Mmrr.Ptx.Machine.Control;

/// <summary>"Control Flow Instructions" and what the machine puts between them.</summary>
internal static unsafe class FlowHandlers
{
    /// <summary>The beginning of a straight run: where lanes meet again, and what counts it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Enter(Warp warp, Instruction* i)
    {
        if (i == warp.Meeting)
        {
            var next = warp.Meet();
            if (next != i) return next;
            // Nothing else waited to meet elsewhere: the run begins here, with all.
            return Enter(warp, i);
        }
        if (--warp.Budget < 0) throw warp.Fault(PtxFaultKind.Trap, i, Warp.First(warp.Mask), "the kernel does not end");
        if (warp.Launch.Counts is not null) warp.Launch.CountRun(warp, i->Index);
        return i + 1;
    }

    /// <summary>The next instruction for the lanes for which the predicate A holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Guarded(Warp warp, Instruction* i)
    {
        uint all = warp.Mask, mask = Taken(warp, i);
        if (mask == 0) return i + 2;
        warp.Mask = mask;
        (i + 1)->Run(warp, i + 1);
        warp.Mask = all;
        return i + 2;
    }

    public static Instruction* Jump(Warp warp, Instruction* i) => i->Target;

    /// <summary>A branch of the lanes for which the predicate A holds; <see cref="Instruction.Signed"/> stands for <c>.uni</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Branch(Warp warp, Instruction* i)
    {
        uint taken = Taken(warp, i), mask = warp.Mask;
        if (taken == mask) return i->Target;
        if (taken == 0) return i + 1;
        if (i->Signed)
        {
            throw warp.Fault(
                PtxFaultKind.NotUniform, i, Warp.First(mask & ~taken),
                $"the branch is marked .uni, but the lanes {taken:X8} of {mask:X8} take it");
        }
        warp.Launch.Counts?.Diverge();
        return warp.Part(i, taken);
    }

    /// <summary>"exit", and "ret" of an entry, of the lanes for which the predicate A holds; of all where A is below 0.</summary>
    public static Instruction* Exit(Warp warp, Instruction* i)
    {
        if (i->A < 0) return warp.End();
        uint ending = Taken(warp, i), others = warp.Mask & ~ending;
        if (ending == 0) return i + 1;
        warp.Mask = ending;
        if (others == 0) return warp.End();
        warp.Alive &= ~ending;
        warp.Mask = others;
        return i + 1;
    }

    public static Instruction* Trap(Warp warp, Instruction* i) => throw warp.Fault(PtxFaultKind.Trap, i, Warp.First(warp.Mask), "the kernel executes a trap");

    /// <summary>Nothing but the instruction's place in the counts: a fence orders nothing that the machine has not ordered already.</summary>
    public static Instruction* Nothing(Warp warp, Instruction* i) => i + 1;

    private static uint Taken(Warp warp, Instruction* i) => (Lanes.Predicate(warp, i->A) ^ (i->Flag ? uint.MaxValue : 0)) & warp.Mask;
}
