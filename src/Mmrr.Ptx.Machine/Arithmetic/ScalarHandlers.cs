using System.Numerics;
using System.Runtime.CompilerServices;
using Mmrr.Ptx.Machine.Execution;

namespace Mmrr.Ptx.Machine.Arithmetic;

/// <summary>A function of the bits of up to three registers of one lane, for instructions that are rare or that vectors do not have.</summary>
internal interface IScalar
{
    static abstract ulong Of(ulong a, ulong b, ulong c);
}

/// <summary>Instructions whose lanes are computed one by one.</summary>
internal static unsafe class ScalarHandlers
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Run<TFunction>(Warp warp, Instruction* i)
        where TFunction : struct, IScalar
    {
        for (uint mask = warp.Mask; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            ulong a = Lanes.Read(warp, i->A, i->SizeA, lane), b = Lanes.Read(warp, i->B, i->SizeB, lane), c = Lanes.Read(warp, i->C, i->SizeC, lane);
            Lanes.Write(warp, i->D, i->SizeD, lane, TFunction.Of(a, b, c));
        }
        return i + 1;
    }

    /// <summary>A predicate: of each lane the lowest bit of the function.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Test<TFunction>(Warp warp, Instruction* i)
        where TFunction : struct, IScalar
    {
        uint holds = 0;
        for (int lane = 0; lane < Warp.Size; lane++)
        {
            ulong a = Lanes.Read(warp, i->A, i->SizeA, lane), b = Lanes.Read(warp, i->B, i->SizeB, lane);
            holds |= (uint)(TFunction.Of(a, b, 0) & 1) << lane;
        }
        VectorHandlers.SetComparison(warp, i, holds);
        return i + 1;
    }
}
