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
        var space = Begin(warp, i, isStore: true);
        var function = warp.Launch.Program.Atomics[*i->More];
        var checker = default(Checker);
        for (uint mask = warp.Mask; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            ulong address = Find(warp, i, space, lane, ref checker, out long place, out int places);
            if (checker.IsNeeded) checker.Exchange(place, places, lane);
            ulong old = AccessHandlers.LoadElement((byte*)address, i->Bytes, signed: false);
            ulong b = Lanes.Read(warp, i->B, i->SizeB, lane), c = i->SizeC == 0 ? 0 : Lanes.Read(warp, i->C, i->SizeC, lane);
            AccessHandlers.StoreElement((byte*)address, i->Bytes, function(old, b, c));
            if (i->D >= 0) Lanes.Write(warp, i->D, i->SizeD, lane, old);
        }
        return i + 1;
    }

    /// <summary>
    /// A load of what a <c>cas</c> of the same place then compares: whatever is read, the exchange takes place only where it still holds. So it races with no
    /// atomic operation, but with a plain store.
    /// </summary>
    public static Instruction* LoadExpected(Warp warp, Instruction* i)
    {
        var space = Begin(warp, i, isStore: false);
        var checker = default(Checker);
        for (uint mask = warp.Mask; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            ulong address = Find(warp, i, space, lane, ref checker, out long place, out int places);
            if (checker.IsNeeded) checker.ReadExpected(place, places, lane);
            Lanes.Write(warp, i->D, i->SizeD, lane, AccessHandlers.LoadElement((byte*)address, i->Bytes, i->Signed));
        }
        return i + 1;
    }

    private static PtxSpace Begin(Warp warp, Instruction* i, bool isStore)
    {
        AccessHandlers.Addresses(warp, i);
        var space = (PtxSpace)i->Space;
        if (space == PtxSpace.Generic) space = AccessHandlers.Resolve(warp, i);
        if (space == PtxSpace.Local) throw warp.Fault(PtxFaultKind.OutOfBounds, i, Warp.First(warp.Mask), "an atomic operation on local memory");
        if (space == PtxSpace.Shared) warp.Launch.Counts?.Shared(warp.Addresses, warp.Mask, i->Bytes);
        else warp.Launch.Counts?.Global(warp.Addresses, warp.Mask, i->Bytes, isStore);
        return space;
    }

    // Where a lane's element lies, in the host's memory and among the places of its region, with which the checker begins.
    private static ulong Find(Warp warp, Instruction* i, PtxSpace space, int lane, ref Checker checker, out long place, out int places)
    {
        ulong address = warp.Addresses[lane];
        var region = warp.Block.Shared;
        if (space == PtxSpace.Shared)
        {
            Places.CheckShared(warp, i, lane, address, i->Bytes);
            address += region.Base;
        }
        else
        {
            region = Places.Find(warp, i, lane, address, i->Bytes, null);
        }
        checker.Begin(warp, i, region);
        (place, places) = ((long)(address - region.Base) >> region.PlaceShift, i->Bytes >> region.PlaceShift);
        return address;
    }
}
