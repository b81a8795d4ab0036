using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Mmrr.Kernels;

namespace Mmrr.Ptx;

public static unsafe partial class LimitProbe
{
    // A multiply-add has a latency of about four cycles, and at most two (Arm: four) are issued per cycle. Twelve chains and two operands still fit AVX2's
    // 16 registers.
    private const int Chains = 12;

    // Workers take units dynamically, so that a worker that loses its core does not delay the others for long.
    private const int UnitsAWorker = 16;

    /// <summary>A vector width; the JIT compiles the chains for each.</summary>
    private interface IVector<TSelf>
    {
        static abstract int Width { get; }

        static abstract TSelf Of(float value);

        static abstract TSelf MultiplyAdd(TSelf x, TSelf factor, TSelf addend);

        static abstract float Sum(TSelf x);
    }

    /// <summary>Floats of the widest vectors here.</summary>
    private static int VectorWidth => Avx512F.IsSupported ? V512.Width : Vector256.IsHardwareAccelerated ? V256.Width : V128.Width;

    private static void MultiplyAddsSimd(SimdLaunch simd, Tensor sums, int steps)
    {
        if (Avx512F.IsSupported) MultiplyAddsSimd<V512>(simd, sums, steps);
        else if (Vector256.IsHardwareAccelerated) MultiplyAddsSimd<V256>(simd, sums, steps);
        else MultiplyAddsSimd<V128>(simd, sums, steps);
    }

    private static void MultiplyAddsSimd<TVector>(SimdLaunch simd, Tensor sums, int steps)
        where TVector : struct, IVector<TVector>
    {
        float* sum = sums.Pointer;
        int units = sums.Count;
        simd.Run(worker =>
        {
            int unit;
            while ((unit = worker.Take()) < units) sum[unit] = Chain<TVector>(unit, steps);
        });
    }

    /// <summary>All chains converge to 2, so nothing overflows or becomes subnormal.</summary>
    private static float Chain<TVector>(float begin, int steps)
        where TVector : struct, IVector<TVector>
    {
        TVector half = TVector.Of(0.5f), one = TVector.Of(1f);
        TVector c0 = TVector.Of(begin), c1 = TVector.Of(begin + 1), c2 = TVector.Of(begin + 2), c3 = TVector.Of(begin + 3);
        TVector c4 = TVector.Of(begin + 4), c5 = TVector.Of(begin + 5), c6 = TVector.Of(begin + 6), c7 = TVector.Of(begin + 7);
        TVector c8 = TVector.Of(begin + 8), c9 = TVector.Of(begin + 9), c10 = TVector.Of(begin + 10), c11 = TVector.Of(begin + 11);
        for (int step = 0; step < steps; step++)
        {
            c0 = TVector.MultiplyAdd(c0, half, one);
            c1 = TVector.MultiplyAdd(c1, half, one);
            c2 = TVector.MultiplyAdd(c2, half, one);
            c3 = TVector.MultiplyAdd(c3, half, one);
            c4 = TVector.MultiplyAdd(c4, half, one);
            c5 = TVector.MultiplyAdd(c5, half, one);
            c6 = TVector.MultiplyAdd(c6, half, one);
            c7 = TVector.MultiplyAdd(c7, half, one);
            c8 = TVector.MultiplyAdd(c8, half, one);
            c9 = TVector.MultiplyAdd(c9, half, one);
            c10 = TVector.MultiplyAdd(c10, half, one);
            c11 = TVector.MultiplyAdd(c11, half, one);
        }
        return TVector.Sum(c0) + TVector.Sum(c1) + TVector.Sum(c2) + TVector.Sum(c3) + TVector.Sum(c4) + TVector.Sum(c5)
            + TVector.Sum(c6) + TVector.Sum(c7) + TVector.Sum(c8) + TVector.Sum(c9) + TVector.Sum(c10) + TVector.Sum(c11);
    }

    private static void TriadSimd(SimdLaunch simd, Tensor first, Tensor second, float factor, Tensor output)
    {
        float* a = first.Pointer, b = second.Pointer, y = output.Pointer;
        int count = first.Count;
        simd.Run(worker =>
        {
            var (i, end) = worker.Share(count, Lanes.Grain);
            var scale = Vector512.Create(factor);
            // Non-temporal stores, so that no cache line is read before it is overwritten.
            for (; i <= end - Lanes.Width; i += Lanes.Width)
            {
                (Vector512.Load(a + i) + (Vector512.Load(b + i) * scale)).StoreAlignedNonTemporal(y + i);
            }
            for (; i < end; i++) y[i] = a[i] + (b[i] * factor);
        });
    }

    private readonly struct V512(Vector512<float> lanes) : IVector<V512>
    {
        private readonly Vector512<float> _lanes = lanes;

        public static int Width => Vector512<float>.Count;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V512 Of(float value) => new(Vector512.Create(value));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V512 MultiplyAdd(V512 x, V512 factor, V512 addend) => new(Vector512.MultiplyAddEstimate(x._lanes, factor._lanes, addend._lanes));

        public static float Sum(V512 x) => Vector512.Sum(x._lanes);
    }

    private readonly struct V256(Vector256<float> lanes) : IVector<V256>
    {
        private readonly Vector256<float> _lanes = lanes;

        public static int Width => Vector256<float>.Count;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V256 Of(float value) => new(Vector256.Create(value));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V256 MultiplyAdd(V256 x, V256 factor, V256 addend) => new(Vector256.MultiplyAddEstimate(x._lanes, factor._lanes, addend._lanes));

        public static float Sum(V256 x) => Vector256.Sum(x._lanes);
    }

    private readonly struct V128(Vector128<float> lanes) : IVector<V128>
    {
        private readonly Vector128<float> _lanes = lanes;

        public static int Width => Vector128<float>.Count;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V128 Of(float value) => new(Vector128.Create(value));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V128 MultiplyAdd(V128 x, V128 factor, V128 addend) => new(Vector128.MultiplyAddEstimate(x._lanes, factor._lanes, addend._lanes));

        public static float Sum(V128 x) => Vector128.Sum(x._lanes);
    }
}
