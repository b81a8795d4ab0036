using System.Numerics;
using Mmrr.Ptx.Machine.Execution;

namespace Mmrr.Ptx.Machine.Arithmetic;

/// <summary>"mov" between a register and two of half its bits, which <see cref="Instruction.Constant"/> has the number of.</summary>
internal static unsafe class PackHandlers
{
    /// <summary>A is the lower half, B the upper.</summary>
    public static Instruction* Pack(Warp warp, Instruction* i)
    {
        ulong low = (1UL << (int)i->Constant) - 1;
        for (uint mask = warp.Mask; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            ulong bits = (Lanes.Read(warp, i->A, 4, lane) & low) | ((Lanes.Read(warp, i->B, 4, lane) & low) << (int)i->Constant);
            Lanes.Write(warp, i->D, i->SizeD, lane, bits);
        }
        return i + 1;
    }

    /// <summary>D becomes the lower half, the further operand the upper.</summary>
    public static Instruction* Unpack(Warp warp, Instruction* i)
    {
        ulong low = (1UL << (int)i->Constant) - 1;
        for (uint mask = warp.Mask; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            ulong bits = Lanes.Read(warp, i->A, i->SizeA, lane);
            Lanes.Write(warp, i->D, 4, lane, bits & low);
            Lanes.Write(warp, *i->More, 4, lane, (bits >> (int)i->Constant) & low);
        }
        return i + 1;
    }
}
