using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <content>The forward and data-gradient tiles, one for each vector width.</content>
internal static unsafe partial class MicroKernel
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Inner512x2(float* a, nint stride, int* offsets, int taps, int channels, float* panel, float* next, float* tile)
    {
        Vector512<float>
            c0 = default, c1 = default, c2 = default, c3 = default,
            c4 = default, c5 = default, c6 = default, c7 = default,
            c8 = default, c9 = default, c10 = default, c11 = default,
            c0n = default, c1n = default, c2n = default, c3n = default,
            c4n = default, c5n = default, c6n = default, c7n = default,
            c8n = default, c9n = default, c10n = default, c11n = default;
        nint stride2 = 2 * stride;
        for (int t = 0; t < taps; t++)
        {
            // Four base pointers and two strides address all twelve rows without a register spill.
            float* a0 = a + offsets[t], a3 = a0 + (3 * stride), a6 = a0 + (6 * stride), a9 = a0 + (9 * stride);
            for (int c = 0; c < channels; c++)
            {
                var b = Vector512.LoadAligned(panel);
                var d = Vector512.LoadAligned(next);
                var x0 = Vector512.Create(*a0);
                c0 = Fused(c0, x0, b);
                c0n = Fused(c0n, x0, d);
                var x1 = Vector512.Create(a0[stride]);
                c1 = Fused(c1, x1, b);
                c1n = Fused(c1n, x1, d);
                var x2 = Vector512.Create(a0[stride2]);
                c2 = Fused(c2, x2, b);
                c2n = Fused(c2n, x2, d);
                var x3 = Vector512.Create(*a3);
                c3 = Fused(c3, x3, b);
                c3n = Fused(c3n, x3, d);
                var x4 = Vector512.Create(a3[stride]);
                c4 = Fused(c4, x4, b);
                c4n = Fused(c4n, x4, d);
                var x5 = Vector512.Create(a3[stride2]);
                c5 = Fused(c5, x5, b);
                c5n = Fused(c5n, x5, d);
                var x6 = Vector512.Create(*a6);
                c6 = Fused(c6, x6, b);
                c6n = Fused(c6n, x6, d);
                var x7 = Vector512.Create(a6[stride]);
                c7 = Fused(c7, x7, b);
                c7n = Fused(c7n, x7, d);
                var x8 = Vector512.Create(a6[stride2]);
                c8 = Fused(c8, x8, b);
                c8n = Fused(c8n, x8, d);
                var x9 = Vector512.Create(*a9);
                c9 = Fused(c9, x9, b);
                c9n = Fused(c9n, x9, d);
                var x10 = Vector512.Create(a9[stride]);
                c10 = Fused(c10, x10, b);
                c10n = Fused(c10n, x10, d);
                var x11 = Vector512.Create(a9[stride2]);
                c11 = Fused(c11, x11, b);
                c11n = Fused(c11n, x11, d);
                panel += PanelWidth;
                next += PanelWidth;
                a0++;
                a3++;
                a6++;
                a9++;
            }
        }
        c0.Store(tile);
        c1.Store(tile + 16);
        c2.Store(tile + 32);
        c3.Store(tile + 48);
        c4.Store(tile + 64);
        c5.Store(tile + 80);
        c6.Store(tile + 96);
        c7.Store(tile + 112);
        c8.Store(tile + 128);
        c9.Store(tile + 144);
        c10.Store(tile + 160);
        c11.Store(tile + 176);
        c0n.Store(tile + 192);
        c1n.Store(tile + 208);
        c2n.Store(tile + 224);
        c3n.Store(tile + 240);
        c4n.Store(tile + 256);
        c5n.Store(tile + 272);
        c6n.Store(tile + 288);
        c7n.Store(tile + 304);
        c8n.Store(tile + 320);
        c9n.Store(tile + 336);
        c10n.Store(tile + 352);
        c11n.Store(tile + 368);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Few512x2(float* a, nint channels, float* panel, float* next, float* tile, float* nextTile)
    {
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default, c0n = default, c1n = default, c2n = default, c3n = default;
        float* a1 = a + channels, a2 = a1 + channels, a3 = a2 + channels;
        for (nint c = 0; c < channels; c++)
        {
            var b = Vector512.LoadAligned(panel);
            var d = Vector512.LoadAligned(next);
            var x0 = Vector512.Create(a[c]);
            c0 = Fused(c0, x0, b);
            c0n = Fused(c0n, x0, d);
            var x1 = Vector512.Create(a1[c]);
            c1 = Fused(c1, x1, b);
            c1n = Fused(c1n, x1, d);
            var x2 = Vector512.Create(a2[c]);
            c2 = Fused(c2, x2, b);
            c2n = Fused(c2n, x2, d);
            var x3 = Vector512.Create(a3[c]);
            c3 = Fused(c3, x3, b);
            c3n = Fused(c3n, x3, d);
            panel += PanelWidth;
            next += PanelWidth;
        }
        c0.Store(tile);
        c1.Store(tile + 16);
        c2.Store(tile + 32);
        c3.Store(tile + 48);
        c0n.Store(nextTile);
        c1n.Store(nextTile + 16);
        c2n.Store(nextTile + 32);
        c3n.Store(nextTile + 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Few512(float* a, nint channels, float* panel, float* tile)
    {
        Vector512<float> c0 = default, c1 = default, c2 = default, c3 = default;
        float* a1 = a + channels, a2 = a1 + channels, a3 = a2 + channels;
        for (nint c = 0; c < channels; c++)
        {
            var b = Vector512.LoadAligned(panel);
            c0 = Fused(c0, Vector512.Create(a[c]), b);
            c1 = Fused(c1, Vector512.Create(a1[c]), b);
            c2 = Fused(c2, Vector512.Create(a2[c]), b);
            c3 = Fused(c3, Vector512.Create(a3[c]), b);
            panel += PanelWidth;
        }
        c0.Store(tile);
        c1.Store(tile + 16);
        c2.Store(tile + 32);
        c3.Store(tile + 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Inner512(float* a, nint stride, int* offsets, int taps, int channels, float* panel, float* tile)
    {
        Vector512<float>
            c0 = default, c1 = default, c2 = default, c3 = default,
            c4 = default, c5 = default, c6 = default, c7 = default,
            c8 = default, c9 = default, c10 = default, c11 = default;
        nint stride2 = 2 * stride;
        for (int t = 0; t < taps; t++)
        {
            // Four base pointers and two strides address all twelve rows without a register spill.
            float* a0 = a + offsets[t], a3 = a0 + (3 * stride), a6 = a0 + (6 * stride), a9 = a0 + (9 * stride);
            for (int c = 0; c < channels; c++)
            {
                var b = Vector512.LoadAligned(panel);
                c0 = Fused(c0, Vector512.Create(*a0), b);
                c1 = Fused(c1, Vector512.Create(a0[stride]), b);
                c2 = Fused(c2, Vector512.Create(a0[stride2]), b);
                c3 = Fused(c3, Vector512.Create(*a3), b);
                c4 = Fused(c4, Vector512.Create(a3[stride]), b);
                c5 = Fused(c5, Vector512.Create(a3[stride2]), b);
                c6 = Fused(c6, Vector512.Create(*a6), b);
                c7 = Fused(c7, Vector512.Create(a6[stride]), b);
                c8 = Fused(c8, Vector512.Create(a6[stride2]), b);
                c9 = Fused(c9, Vector512.Create(*a9), b);
                c10 = Fused(c10, Vector512.Create(a9[stride]), b);
                c11 = Fused(c11, Vector512.Create(a9[stride2]), b);
                panel += PanelWidth;
                a0++;
                a3++;
                a6++;
                a9++;
            }
        }
        c0.Store(tile);
        c1.Store(tile + 16);
        c2.Store(tile + 32);
        c3.Store(tile + 48);
        c4.Store(tile + 64);
        c5.Store(tile + 80);
        c6.Store(tile + 96);
        c7.Store(tile + 112);
        c8.Store(tile + 128);
        c9.Store(tile + 144);
        c10.Store(tile + 160);
        c11.Store(tile + 176);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Inner256(float* a, nint stride, int* offsets, int taps, int channels, float* panel, float* tile)
    {
        Vector256<float>
            p0 = default, q0 = default,
            p1 = default, q1 = default,
            p2 = default, q2 = default,
            p3 = default, q3 = default,
            p4 = default, q4 = default,
            p5 = default, q5 = default;
        nint stride2 = 2 * stride;
        for (int t = 0; t < taps; t++)
        {
            float* a0 = a + offsets[t], a3 = a0 + (3 * stride);
            for (int c = 0; c < channels; c++)
            {
                var b0 = Vector256.Load(panel);
                var b1 = Vector256.Load(panel + 8);
                var x0 = Vector256.Create(*a0);
                p0 = Fused(p0, x0, b0);
                q0 = Fused(q0, x0, b1);
                var x1 = Vector256.Create(a0[stride]);
                p1 = Fused(p1, x1, b0);
                q1 = Fused(q1, x1, b1);
                var x2 = Vector256.Create(a0[stride2]);
                p2 = Fused(p2, x2, b0);
                q2 = Fused(q2, x2, b1);
                var x3 = Vector256.Create(*a3);
                p3 = Fused(p3, x3, b0);
                q3 = Fused(q3, x3, b1);
                var x4 = Vector256.Create(a3[stride]);
                p4 = Fused(p4, x4, b0);
                q4 = Fused(q4, x4, b1);
                var x5 = Vector256.Create(a3[stride2]);
                p5 = Fused(p5, x5, b0);
                q5 = Fused(q5, x5, b1);
                panel += PanelWidth;
                a0++;
                a3++;
            }
        }
        p0.Store(tile);
        q0.Store(tile + 8);
        p1.Store(tile + 16);
        q1.Store(tile + 24);
        p2.Store(tile + 32);
        q2.Store(tile + 40);
        p3.Store(tile + 48);
        q3.Store(tile + 56);
        p4.Store(tile + 64);
        q4.Store(tile + 72);
        p5.Store(tile + 80);
        q5.Store(tile + 88);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Inner128(float* a, nint stride, int* offsets, int taps, int channels, float* panel, float* tile)
    {
        Vector128<float>
            p0 = default, q0 = default, r0 = default, s0 = default,
            p1 = default, q1 = default, r1 = default, s1 = default,
            p2 = default, q2 = default, r2 = default, s2 = default,
            p3 = default, q3 = default, r3 = default, s3 = default;
        nint stride2 = 2 * stride;
        for (int t = 0; t < taps; t++)
        {
            float* a0 = a + offsets[t], a3 = a0 + (3 * stride);
            for (int c = 0; c < channels; c++)
            {
                var b0 = Vector128.Load(panel);
                var b1 = Vector128.Load(panel + 4);
                var b2 = Vector128.Load(panel + 8);
                var b3 = Vector128.Load(panel + 12);
                var x0 = Vector128.Create(*a0);
                p0 = Fused(p0, x0, b0);
                q0 = Fused(q0, x0, b1);
                r0 = Fused(r0, x0, b2);
                s0 = Fused(s0, x0, b3);
                var x1 = Vector128.Create(a0[stride]);
                p1 = Fused(p1, x1, b0);
                q1 = Fused(q1, x1, b1);
                r1 = Fused(r1, x1, b2);
                s1 = Fused(s1, x1, b3);
                var x2 = Vector128.Create(a0[stride2]);
                p2 = Fused(p2, x2, b0);
                q2 = Fused(q2, x2, b1);
                r2 = Fused(r2, x2, b2);
                s2 = Fused(s2, x2, b3);
                var x3 = Vector128.Create(*a3);
                p3 = Fused(p3, x3, b0);
                q3 = Fused(q3, x3, b1);
                r3 = Fused(r3, x3, b2);
                s3 = Fused(s3, x3, b3);
                panel += PanelWidth;
                a0++;
                a3++;
            }
        }
        p0.Store(tile);
        q0.Store(tile + 4);
        r0.Store(tile + 8);
        s0.Store(tile + 12);
        p1.Store(tile + 16);
        q1.Store(tile + 20);
        r1.Store(tile + 24);
        s1.Store(tile + 28);
        p2.Store(tile + 32);
        q2.Store(tile + 36);
        r2.Store(tile + 40);
        s2.Store(tile + 44);
        p3.Store(tile + 48);
        q3.Store(tile + 52);
        r3.Store(tile + 56);
        s3.Store(tile + 60);
    }
}
