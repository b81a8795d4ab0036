using System.Globalization;
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
        if ((warp.Budget -= i->Constant) < 0) throw Endless(warp, i);
        if (warp.Launch.Counts is not null) warp.Launch.CountRun(warp, i->Index);
        return i + 1;
    }

    private static PtxFaultException Endless(Warp warp, Instruction* i) => warp.Fault(
        PtxFaultKind.Endless, i, Warp.First(warp.Mask),
        string.Create(
            CultureInfo.InvariantCulture,
            $"the kernel does not end: the warp has executed more than {warp.Launch.Memory.MostInstructions:N0} instructions in this block, the limit, ")
        + "which ptx,limit=N sets; warps run one after another from barrier to barrier: one that waits for what a later one writes waits for ever");

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

    /// <summary>
    /// "brx.idx": each lane goes to the place of <see cref="Instruction.More"/> that its index B names, of the lanes for which the predicate A holds; of all
    /// where A is below 0. The lanes of a warp with one place go on together, those of the first lane before the others.
    /// </summary>
    public static Instruction* IndexedBranch(Warp warp, Instruction* i)
    {
        uint mask = warp.Mask, taken = i->A < 0 ? mask : Taken(warp, i);
        uint* indices = (uint*)(warp.Registers + i->B);
        int count = *i->More;
        for (uint rest = taken; rest != 0; rest &= rest - 1)
        {
            int lane = Warp.First(rest);
            if (indices[lane] >= count)
                throw warp.Fault(PtxFaultKind.BranchIndex, i, lane, $"the index {(int)indices[lane]} is none of the branch's {count} targets");
            if (!i->Signed || (taken == mask && indices[lane] == indices[Warp.First(mask)])) continue;
            string why = taken != mask ? $"the lanes {taken:X8} of {mask:X8} take it" : $"lane {Warp.First(mask)} has the index {indices[Warp.First(mask)]}, "
                + $"lane {lane} {indices[lane]}";
            throw warp.Fault(PtxFaultKind.NotUniform, i, lane, $"the branch is marked .uni, but {why}");
        }
        Instruction* first = warp.Launch.Program.Instructions;
        var ways = stackalloc Warp.Way[Warp.Size + 1];
        int parts = 0;
        for (uint rest = mask; rest != 0; rest &= ~ways[parts - 1].Lanes)
        {
            int lane = Warp.First(rest);
            Instruction* to = Target(lane);
            uint together = 0;
            for (uint others = rest; others != 0; others &= others - 1) if (Target(Warp.First(others)) == to) together |= others & (0 - others);
            ways[parts++] = new Warp.Way { To = to, Lanes = together };
        }
        if (parts == 1) return ways[0].To;
        warp.Launch.Counts?.Diverge();
        return warp.Part(i, ways, parts);

        Instruction* Target(int lane) => (taken & (1u << lane)) == 0 ? i + 1 : first + i->More[1 + (int)indices[lane]];
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
