using System.Numerics;
using Mmrr.Ptx.Machine.Execution;

namespace Mmrr.Ptx.Machine.Arithmetic;

/// <summary>The operations of <see cref="Directed"/>.</summary>
internal enum DirectedOperation
{
    Add,
    Subtract,
    Multiply,
    MultiplyAdd,
    Divide,
    Reciprocal,
    SquareRoot,
}

/// <summary>Single precision that is rounded otherwise than to nearest, or saturated to [0, 1].</summary>
internal static unsafe class DirectedHandlers
{
    /// <summary>The operation, the rounding and whether it saturates, as <see cref="Run"/> reads them.</summary>
    public static long Encode(DirectedOperation operation, Rounding rounding, bool saturates) =>
        (long)((uint)operation | ((uint)rounding << 8) | (saturates ? 1u << 16 : 0));

    public static Instruction* Run(Warp warp, Instruction* i)
    {
        var operation = (DirectedOperation)(i->Constant & 255);
        var rounding = (Rounding)((i->Constant >> 8) & 255);
        for (uint mask = warp.Mask; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            float a = Value(warp, i->A, lane), b = Value(warp, i->B, lane), c = Value(warp, i->C, lane);
            float result = operation switch
            {
                DirectedOperation.Add => Directed.Add(a, b, rounding),
                DirectedOperation.Subtract => Directed.Add(a, -b, rounding),
                DirectedOperation.Multiply => Directed.Multiply(a, b, rounding),
                DirectedOperation.MultiplyAdd => Directed.MultiplyAdd(a, b, c, rounding),
                DirectedOperation.Divide => Directed.Divide(a, b, rounding),
                DirectedOperation.Reciprocal => Directed.Divide(1, a, rounding),
                _ => Directed.SquareRoot(a, rounding),
            };
            if (i->Constant >> 16 != 0) result = result > 0 ? Math.Min(result, 1) : 0;
            Lanes.Write(warp, i->D, 4, lane, float.IsNaN(result) ? 0x7FFFFFFF : BitConverter.SingleToUInt32Bits(result));
        }
        return i + 1;
    }

    private static float Value(Warp warp, int at, int lane) => BitConverter.UInt32BitsToSingle((uint)Lanes.Read(warp, at, 4, lane));
}
