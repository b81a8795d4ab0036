using System.Numerics;
using System.Runtime.CompilerServices;
using Mmrr.Ptx.Machine.Execution;
using Mmrr.Ptx.Machine.Faults;
using Mmrr.Ptx.Machine.Memory;

namespace Mmrr.Ptx.Machine.Control;

/// <summary>"Parallel Synchronization and Communication Instructions": barriers, shuffles and votes.</summary>
internal static unsafe class WarpHandlers
{
    /// <summary>The modes of a shuffle.</summary>
    public const int Up = 0;

    public const int Down = 1;

    public const int Butterfly = 2;

    public const int Index = 3;

    /// <summary>
    /// "bar.sync" and "bar.red" ("barrier{.cta}" with <c>.aligned</c>): all threads of a warp execute it together. <see cref="Instruction.Constant"/> is the
    /// barrier's number; A and <see cref="Instruction.Flag"/> the predicate of a reduction.
    /// </summary>
    public static Instruction* Barrier(Warp warp, Instruction* i)
    {
        uint missing = warp.Threads & ~warp.Mask;
        if (missing != 0)
        {
            int lane = Warp.First(missing);
            throw warp.Fault(
                PtxFaultKind.Barrier, i, lane,
                $"the barrier is reached by the lanes {warp.Mask:X8} of {warp.Threads:X8}: lane {lane} {Whereabouts.Of(warp, lane)}");
        }
        if (i->Bytes != 0) warp.Votes = BitOperations.PopCount((Lanes.Predicate(warp, i->A) ^ (i->Flag ? uint.MaxValue : 0)) & warp.Mask);
        warp.Waiting = i;
        return null;
    }

    /// <summary>"bar.warp.sync" of all lanes that have not ended: what they wrote is there for all of them.</summary>
    public static Instruction* WarpBarrier(Warp warp, Instruction* i)
    {
        CheckMask(warp, i);
        // One stamp stands for what the whole warp did before: of a part it would order what nothing does.
        if (warp.Mask != warp.Alive)
        {
            throw warp.Fault(
                PtxFaultKind.UnknownInstruction, i, Warp.First(warp.Mask),
                $"a barrier of the lanes {warp.Mask:X8} alone is not supported: {warp.Alive:X8} have not ended");
        }
        warp.Synchronized = Stamp.Begin(warp.Launch.Memory.NextInterval());
        return i + 1;
    }

    /// <summary>
    /// "shfl.sync" of 4 bytes: D from A of another lane. B is the lane or distance, C the clamp and the segment's mask; <see cref="Instruction.Elements"/> the
    /// mode, <see cref="Instruction.More"/> the mask's register and the predicate for whether the lane is in range, −1 where there is none.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Shuffle(Warp warp, Instruction* i)
    {
        CheckMask(warp, i);
        uint* from = stackalloc uint[Warp.Size];
        new Span<uint>(warp.Registers + i->A, Warp.Size).CopyTo(new Span<uint>(from, Warp.Size));
        uint inRange = 0;
        for (uint mask = warp.Mask; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            int b = (int)Lanes.Read(warp, i->B, 4, lane) & 31, c = (int)Lanes.Read(warp, i->C, 4, lane);
            int segment = (c >> 8) & 31, highest = (lane & segment) | (c & 31 & ~segment), lowest = lane & segment;
            int source = i->Elements switch
            {
                Up => lane - b,
                Down => lane + b,
                Butterfly => lane ^ b,
                _ => lowest | (b & ~segment),
            };
            // Of "up" the bound is the segment's first lane, which the clamp gives as 0.
            bool isIn = i->Elements == Up ? source >= highest : source <= highest;
            if (!isIn) source = lane;
            else inRange |= 1u << lane;
            if ((warp.Mask & (1u << source)) == 0)
            {
                throw warp.Fault(
                    PtxFaultKind.WarpMask, i, lane,
                    $"the shuffle reads lane {source}, which {Whereabouts.Of(warp, source)}: the lanes {warp.Mask:X8} execute it");
            }
            ((uint*)(warp.Registers + i->D))[lane] = from[source];
        }
        if (i->More[1] >= 0) Lanes.SetPredicate(warp, i->More[1], inRange);
        return i + 1;
    }

    /// <summary>"vote.sync": <see cref="Instruction.Elements"/> is 0 for all, 1 for any, 2 for uni, 3 for ballot; A and the flag are the predicate.</summary>
    public static Instruction* Vote(Warp warp, Instruction* i)
    {
        CheckMask(warp, i);
        uint votes = (Lanes.Predicate(warp, i->A) ^ (i->Flag ? uint.MaxValue : 0)) & warp.Mask;
        if (i->Elements == 3)
        {
            for (uint mask = warp.Mask; mask != 0; mask &= mask - 1) Lanes.Write(warp, i->D, 4, BitOperations.TrailingZeroCount(mask), votes);
            return i + 1;
        }
        bool holds = i->Elements switch
        {
            0 => votes == warp.Mask,
            1 => votes != 0,
            _ => votes == 0 || votes == warp.Mask,
        };
        Lanes.SetPredicate(warp, i->D, holds ? uint.MaxValue : 0);
        return i + 1;
    }

    /// <summary>"activemask": the lanes that happen to execute it.</summary>
    public static Instruction* ActiveMask(Warp warp, Instruction* i)
    {
        for (uint mask = warp.Mask; mask != 0; mask &= mask - 1) Lanes.Write(warp, i->D, 4, BitOperations.TrailingZeroCount(mask), warp.Mask);
        return i + 1;
    }

    // The lanes that a mask names, but for those that have ended, must execute it together, and each be in its own mask.
    private static void CheckMask(Warp warp, Instruction* i)
    {
        int first = Warp.First(warp.Mask);
        uint named = (uint)Lanes.Read(warp, *i->More, 4, first);
        for (uint mask = warp.Mask; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            uint own = (uint)Lanes.Read(warp, *i->More, 4, lane);
            if (own != named || (own & (1u << lane)) == 0)
            {
                throw warp.Fault(
                    PtxFaultKind.WarpMask, i, lane, $"executes it with the mask {own:X8}: the lanes {warp.Mask:X8} do, lane {first} with {named:X8}");
            }
        }
        uint missing = named & warp.Alive & ~warp.Mask;
        if (missing != 0)
        {
            int lane = Warp.First(missing);
            throw warp.Fault(PtxFaultKind.WarpMask, i, lane, $"the mask {named:X8} names lane {lane}, which {Whereabouts.Of(warp, lane)}");
        }
    }
}
