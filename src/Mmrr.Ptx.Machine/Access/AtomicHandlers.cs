using System.Numerics;
using Mmrr.Ptx.Machine.Execution;
using Mmrr.Ptx.Machine.Faults;
using Mmrr.Ptx.Machine.Memory;
using Mmrr.Ptx.Machine.Text;

namespace Mmrr.Ptx.Machine.Access;

/// <summary>"atom" and "red": lane after lane, in their order; on a card the order is any.</summary>
internal static unsafe class AtomicHandlers
{
    /// <summary>B is the operand, C the value to store of <c>cas</c>; D is not written where it is below 0, for <c>red</c>.</summary>
    public static Instruction* Run(Warp warp, Instruction* i)
    {
        AccessHandlers.Addresses(warp, i);
        var space = (PtxSpace)i->Space;
        if (space == PtxSpace.Generic) space = AccessHandlers.Resolve(warp, i);
        if (space == PtxSpace.Local) throw warp.Fault(PtxFaultKind.OutOfBounds, i, Warp.First(warp.Mask), "an atomic operation on local memory");
        var function = warp.Launch.Program.Atomics[*i->More];
        if (space == PtxSpace.Shared) warp.Launch.Counts?.Shared(warp.Addresses, warp.Mask, i->Bytes);
        else warp.Launch.Counts?.Global(warp.Addresses, warp.Mask, i->Bytes, isStore: true);
        var checker = default(Checker);
        for (uint mask = warp.Mask; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            ulong address = warp.Addresses[lane];
            Region region;
            if (space == PtxSpace.Shared)
            {
                Places.CheckShared(warp, i, lane, address, i->Bytes);
                region = warp.Block.Shared;
                address += region.Base;
            }
            else
            {
                region = Places.Find(warp, i, lane, address, i->Bytes, null);
            }
            int shift = region.PlaceShift;
            checker.Begin(warp, i, region);
            if (checker.IsNeeded) checker.Exchange((long)(address - region.Base) >> shift, i->Bytes >> shift, lane);
            ulong old = AccessHandlers.LoadElement((byte*)address, i->Bytes, signed: false);
            ulong b = Lanes.Read(warp, i->B, i->SizeB, lane), c = i->SizeC == 0 ? 0 : Lanes.Read(warp, i->C, i->SizeC, lane);
            AccessHandlers.StoreElement((byte*)address, i->Bytes, function(old, b, c));
            if (i->D >= 0) Lanes.Write(warp, i->D, i->SizeD, lane, old);
        }
        return i + 1;
    }
}
