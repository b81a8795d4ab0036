using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Mmrr.Kernels;

/// <summary>Copies of a block of a matrix to its transpose on the CPU, in squares of 8 × 8 where there are registers for them.</summary>
internal static unsafe class Transposition
{
    private const int Side = 8;

    /// <summary>target[j·targetStride + i] = source[i·sourceStride + j] for i below <paramref name="rows"/> and j below <paramref name="columns"/>.</summary>
    public static void Copy(float* source, nint sourceStride, float* target, nint targetStride, int rows, int columns)
    {
        int i = 0;
        if (Avx.IsSupported)
        {
            for (; i <= rows - Side; i += Side)
            {
                float* from = source + (i * sourceStride), to = target + i;
                int j = 0;
                for (; j <= columns - Side; j += Side) Square(from + j, sourceStride, to + (j * targetStride), targetStride);
                Rest(from + j, sourceStride, to + (j * targetStride), targetStride, Side, columns - j);
            }
        }
        Rest(source + (i * sourceStride), sourceStride, target + i, targetStride, rows - i, columns);
    }

    private static void Rest(float* source, nint sourceStride, float* target, nint targetStride, int rows, int columns)
    {
        for (int j = 0; j < columns; j++, target += targetStride)
        {
            for (int i = 0; i < rows; i++) target[i] = source[(i * sourceStride) + j];
        }
    }

    /// <summary>Pairs of rows are interleaved, then pairs of pairs, then halves exchanged: 24 shuffles for 64 elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Square(float* from, nint step, float* to, nint stride)
    {
        Vector256<float> r0 = Vector256.Load(from), r1 = Vector256.Load(from + step);
        Vector256<float> r2 = Vector256.Load(from + (2 * step)), r3 = Vector256.Load(from + (3 * step));
        from += 4 * step;
        Vector256<float> r4 = Vector256.Load(from), r5 = Vector256.Load(from + step);
        Vector256<float> r6 = Vector256.Load(from + (2 * step)), r7 = Vector256.Load(from + (3 * step));
        Vector256<float> p0 = Avx.UnpackLow(r0, r1), p1 = Avx.UnpackHigh(r0, r1), p2 = Avx.UnpackLow(r2, r3), p3 = Avx.UnpackHigh(r2, r3);
        Vector256<float> p4 = Avx.UnpackLow(r4, r5), p5 = Avx.UnpackHigh(r4, r5), p6 = Avx.UnpackLow(r6, r7), p7 = Avx.UnpackHigh(r6, r7);
        Vector256<float> q0 = Avx.Shuffle(p0, p2, 0x44), q1 = Avx.Shuffle(p0, p2, 0xEE), q2 = Avx.Shuffle(p1, p3, 0x44), q3 = Avx.Shuffle(p1, p3, 0xEE);
        Vector256<float> q4 = Avx.Shuffle(p4, p6, 0x44), q5 = Avx.Shuffle(p4, p6, 0xEE), q6 = Avx.Shuffle(p5, p7, 0x44), q7 = Avx.Shuffle(p5, p7, 0xEE);
        Avx.Permute2x128(q0, q4, 0x20).Store(to);
        Avx.Permute2x128(q1, q5, 0x20).Store(to + stride);
        Avx.Permute2x128(q2, q6, 0x20).Store(to + (2 * stride));
        Avx.Permute2x128(q3, q7, 0x20).Store(to + (3 * stride));
        to += 4 * stride;
        Avx.Permute2x128(q0, q4, 0x31).Store(to);
        Avx.Permute2x128(q1, q5, 0x31).Store(to + stride);
        Avx.Permute2x128(q2, q6, 0x31).Store(to + (2 * stride));
        Avx.Permute2x128(q3, q7, 0x31).Store(to + (3 * stride));
    }
}
