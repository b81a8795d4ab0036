using System.Runtime.CompilerServices;
using Mmrr.Ptx.Machine.Execution;
using Mmrr.Ptx.Machine.Faults;

namespace Mmrr.Ptx.Machine.Control;

/// <summary>
/// "mma.sync.aligned.m16n8k8" with TF32 factors and float32 sums ("Matrix Fragments for mma.m16n8k8"). Lane 4·g + t has of A: (row g, term t), (g + 8, t),
/// (g, t + 4), (g + 8, t + 4); of B: (term t, column g), (t + 4, g); of C and D: (row g, column 2·t), (g, 2·t + 1), (g + 8, 2·t), (g + 8, 2·t + 1).
/// </summary>
internal static unsafe class MatrixHandlers
{
    private const int Rows = 16;
    private const int Columns = 8;
    private const int Terms = 8;

    // Of a factor the hardware reads the upper 19 bits: sign, exponent, 10 bits of the fraction.
    private const uint Tf32 = 0xFFFFE000;

    /// <summary>More: the registers of D, A, B, C, four, four, two and four. Sums are added in the order of the terms, in float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* MultiplyTf32(Warp warp, Instruction* i)
    {
        if (warp.Mask != uint.MaxValue)
        {
            int lane = Warp.First(~warp.Mask);
            throw warp.Fault(
                PtxFaultKind.WarpMask, i, lane,
                $"a matrix product is executed by the lanes {warp.Mask:X8}, not by all 32: lane {lane} {Whereabouts.Of(warp, lane)}");
        }
        float* a = stackalloc float[Rows * Terms], b = stackalloc float[Terms * Columns], c = stackalloc float[Rows * Columns];
        for (int lane = 0; lane < Warp.Size; lane++)
        {
            int g = lane >> 2, t = lane & 3;
            for (int n = 0; n < 4; n++)
            {
                a[((g + (8 * (n & 1))) * Terms) + t + (4 * (n >> 1))] = BitConverter.UInt32BitsToSingle(Register(warp, i->More[4 + n], lane) & Tf32);
                c[((g + (8 * (n >> 1))) * Columns) + (2 * t) + (n & 1)] = BitConverter.UInt32BitsToSingle(Register(warp, i->More[10 + n], lane));
            }
            for (int n = 0; n < 2; n++) b[((t + (4 * n)) * Columns) + g] = BitConverter.UInt32BitsToSingle(Register(warp, i->More[8 + n], lane) & Tf32);
        }
        for (int row = 0; row < Rows; row++)
        {
            var sums = System.Runtime.Intrinsics.Vector256.Load(c + (row * Columns));
            for (int term = 0; term < Terms; term++)
            {
                // A product of two 11-bit fractions is exact.
                sums += System.Runtime.Intrinsics.Vector256.Create(a[(row * Terms) + term]) * System.Runtime.Intrinsics.Vector256.Load(b + (term * Columns));
            }
            System.Runtime.Intrinsics.Vector256.Store(sums, c + (row * Columns));
        }
        for (int lane = 0; lane < Warp.Size; lane++)
        {
            int g = lane >> 2, t = lane & 3;
            for (int n = 0; n < 4; n++)
            {
                float value = c[((g + (8 * (n >> 1))) * Columns) + (2 * t) + (n & 1)];
                ((uint*)(warp.Registers + i->More[n]))[lane] = float.IsNaN(value) ? 0x7FFFFFFF : BitConverter.SingleToUInt32Bits(value);
            }
        }
        return i + 1;
    }

    private static uint Register(Warp warp, int at, int lane) => ((uint*)(warp.Registers + at))[lane];
}
