using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <content>The weight-gradient tiles, one for each vector width.</content>
internal static unsafe partial class MicroKernel
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Outer512x2(float* x, nint xStride, float* dy, nint dyStride, int positions, bool accumulate, float* sum, nint sumStride)
    {
        Vector512<float>
            c0 = default, c1 = default, c2 = default, c3 = default,
            c4 = default, c5 = default, c6 = default, c7 = default,
            c0n = default, c1n = default, c2n = default, c3n = default,
            c4n = default, c5n = default, c6n = default, c7n = default;
        if (accumulate)
        {
            c0 = Vector512.Load(sum);
            c1 = Vector512.Load(sum + sumStride);
            c2 = Vector512.Load(sum + (2 * sumStride));
            c3 = Vector512.Load(sum + (3 * sumStride));
            c4 = Vector512.Load(sum + (4 * sumStride));
            c5 = Vector512.Load(sum + (5 * sumStride));
            c6 = Vector512.Load(sum + (6 * sumStride));
            c7 = Vector512.Load(sum + (7 * sumStride));
            c0n = Vector512.Load(sum + 16);
            c1n = Vector512.Load(sum + sumStride + 16);
            c2n = Vector512.Load(sum + (2 * sumStride) + 16);
            c3n = Vector512.Load(sum + (3 * sumStride) + 16);
            c4n = Vector512.Load(sum + (4 * sumStride) + 16);
            c5n = Vector512.Load(sum + (5 * sumStride) + 16);
            c6n = Vector512.Load(sum + (6 * sumStride) + 16);
            c7n = Vector512.Load(sum + (7 * sumStride) + 16);
        }
        for (int p = 0; p < positions; p++)
        {
            var b = Vector512.Load(dy);
            var d = Vector512.Load(dy + 16);
            var x0 = Vector512.Create(x[0]);
            c0 = Fused(c0, x0, b);
            c0n = Fused(c0n, x0, d);
            var x1 = Vector512.Create(x[1]);
            c1 = Fused(c1, x1, b);
            c1n = Fused(c1n, x1, d);
            var x2 = Vector512.Create(x[2]);
            c2 = Fused(c2, x2, b);
            c2n = Fused(c2n, x2, d);
            var x3 = Vector512.Create(x[3]);
            c3 = Fused(c3, x3, b);
            c3n = Fused(c3n, x3, d);
            var x4 = Vector512.Create(x[4]);
            c4 = Fused(c4, x4, b);
            c4n = Fused(c4n, x4, d);
            var x5 = Vector512.Create(x[5]);
            c5 = Fused(c5, x5, b);
            c5n = Fused(c5n, x5, d);
            var x6 = Vector512.Create(x[6]);
            c6 = Fused(c6, x6, b);
            c6n = Fused(c6n, x6, d);
            var x7 = Vector512.Create(x[7]);
            c7 = Fused(c7, x7, b);
            c7n = Fused(c7n, x7, d);
            x += xStride;
            dy += dyStride;
        }
        c0.Store(sum);
        c1.Store(sum + sumStride);
        c2.Store(sum + (2 * sumStride));
        c3.Store(sum + (3 * sumStride));
        c4.Store(sum + (4 * sumStride));
        c5.Store(sum + (5 * sumStride));
        c6.Store(sum + (6 * sumStride));
        c7.Store(sum + (7 * sumStride));
        c0n.Store(sum + 16);
        c1n.Store(sum + sumStride + 16);
        c2n.Store(sum + (2 * sumStride) + 16);
        c3n.Store(sum + (3 * sumStride) + 16);
        c4n.Store(sum + (4 * sumStride) + 16);
        c5n.Store(sum + (5 * sumStride) + 16);
        c6n.Store(sum + (6 * sumStride) + 16);
        c7n.Store(sum + (7 * sumStride) + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Outer512(float* x, nint xStride, float* dy, nint dyStride, int positions, bool accumulate, float* sum, nint sumStride)
    {
        Vector512<float>
            c0 = default, c1 = default, c2 = default, c3 = default,
            c4 = default, c5 = default, c6 = default, c7 = default;
        if (accumulate)
        {
            c0 = Vector512.Load(sum);
            c1 = Vector512.Load(sum + sumStride);
            c2 = Vector512.Load(sum + (2 * sumStride));
            c3 = Vector512.Load(sum + (3 * sumStride));
            c4 = Vector512.Load(sum + (4 * sumStride));
            c5 = Vector512.Load(sum + (5 * sumStride));
            c6 = Vector512.Load(sum + (6 * sumStride));
            c7 = Vector512.Load(sum + (7 * sumStride));
        }
        for (int p = 0; p < positions; p++)
        {
            var b = Vector512.Load(dy);
            c0 = Fused(c0, Vector512.Create(x[0]), b);
            c1 = Fused(c1, Vector512.Create(x[1]), b);
            c2 = Fused(c2, Vector512.Create(x[2]), b);
            c3 = Fused(c3, Vector512.Create(x[3]), b);
            c4 = Fused(c4, Vector512.Create(x[4]), b);
            c5 = Fused(c5, Vector512.Create(x[5]), b);
            c6 = Fused(c6, Vector512.Create(x[6]), b);
            c7 = Fused(c7, Vector512.Create(x[7]), b);
            x += xStride;
            dy += dyStride;
        }
        c0.Store(sum);
        c1.Store(sum + sumStride);
        c2.Store(sum + (2 * sumStride));
        c3.Store(sum + (3 * sumStride));
        c4.Store(sum + (4 * sumStride));
        c5.Store(sum + (5 * sumStride));
        c6.Store(sum + (6 * sumStride));
        c7.Store(sum + (7 * sumStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Outer256(float* x, nint xStride, float* dy, nint dyStride, int positions, bool accumulate, float* sum, nint sumStride)
    {
        Vector256<float>
            c0 = default, c1 = default, c2 = default, c3 = default,
            c4 = default, c5 = default, c6 = default, c7 = default;
        if (accumulate)
        {
            c0 = Vector256.Load(sum);
            c1 = Vector256.Load(sum + sumStride);
            c2 = Vector256.Load(sum + (2 * sumStride));
            c3 = Vector256.Load(sum + (3 * sumStride));
            c4 = Vector256.Load(sum + (4 * sumStride));
            c5 = Vector256.Load(sum + (5 * sumStride));
            c6 = Vector256.Load(sum + (6 * sumStride));
            c7 = Vector256.Load(sum + (7 * sumStride));
        }
        for (int p = 0; p < positions; p++)
        {
            var b = Vector256.Load(dy);
            c0 = Fused(c0, Vector256.Create(x[0]), b);
            c1 = Fused(c1, Vector256.Create(x[1]), b);
            c2 = Fused(c2, Vector256.Create(x[2]), b);
            c3 = Fused(c3, Vector256.Create(x[3]), b);
            c4 = Fused(c4, Vector256.Create(x[4]), b);
            c5 = Fused(c5, Vector256.Create(x[5]), b);
            c6 = Fused(c6, Vector256.Create(x[6]), b);
            c7 = Fused(c7, Vector256.Create(x[7]), b);
            x += xStride;
            dy += dyStride;
        }
        c0.Store(sum);
        c1.Store(sum + sumStride);
        c2.Store(sum + (2 * sumStride));
        c3.Store(sum + (3 * sumStride));
        c4.Store(sum + (4 * sumStride));
        c5.Store(sum + (5 * sumStride));
        c6.Store(sum + (6 * sumStride));
        c7.Store(sum + (7 * sumStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Outer128(float* x, nint xStride, float* dy, nint dyStride, int positions, bool accumulate, float* sum, nint sumStride)
    {
        Vector128<float>
            c0 = default, c1 = default, c2 = default, c3 = default,
            c4 = default, c5 = default, c6 = default, c7 = default;
        if (accumulate)
        {
            c0 = Vector128.Load(sum);
            c1 = Vector128.Load(sum + sumStride);
            c2 = Vector128.Load(sum + (2 * sumStride));
            c3 = Vector128.Load(sum + (3 * sumStride));
            c4 = Vector128.Load(sum + (4 * sumStride));
            c5 = Vector128.Load(sum + (5 * sumStride));
            c6 = Vector128.Load(sum + (6 * sumStride));
            c7 = Vector128.Load(sum + (7 * sumStride));
        }
        for (int p = 0; p < positions; p++)
        {
            var b = Vector128.Load(dy);
            c0 = Fused(c0, Vector128.Create(x[0]), b);
            c1 = Fused(c1, Vector128.Create(x[1]), b);
            c2 = Fused(c2, Vector128.Create(x[2]), b);
            c3 = Fused(c3, Vector128.Create(x[3]), b);
            c4 = Fused(c4, Vector128.Create(x[4]), b);
            c5 = Fused(c5, Vector128.Create(x[5]), b);
            c6 = Fused(c6, Vector128.Create(x[6]), b);
            c7 = Fused(c7, Vector128.Create(x[7]), b);
            x += xStride;
            dy += dyStride;
        }
        c0.Store(sum);
        c1.Store(sum + sumStride);
        c2.Store(sum + (2 * sumStride));
        c3.Store(sum + (3 * sumStride));
        c4.Store(sum + (4 * sumStride));
        c5.Store(sum + (5 * sumStride));
        c6.Store(sum + (6 * sumStride));
        c7.Store(sum + (7 * sumStride));
    }
}
