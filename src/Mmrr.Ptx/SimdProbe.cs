using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Mmrr.Ptx;

/// <summary>The loops of <see cref="LimitProbe"/> on <c>cpu</c>, with the widest vectors of the processor.</summary>
internal abstract unsafe class SimdProbe
{
    // A multiply-add has a latency of about four cycles, and at most two (Arm: four) are issued per cycle. Twelve chains and two operands still fit AVX2's
    // 16 registers.
    private const int ChainCount = 12;

    /// <summary>The loops for this processor.</summary>
    public static SimdProbe Widest { get; } =
        Avx512F.IsSupported ? new Probe<V512>() : Vector256.IsHardwareAccelerated ? new Probe<V256>() : new Probe<V128>();

    /// <summary>Multiply-adds of a step of <see cref="Chains"/>.</summary>
    public abstract int StepMultiplyAdds { get; }

    /// <summary>Multiply-adds in independent chains, in registers; returns their sum. All converge to 2: nothing overflows or becomes subnormal.</summary>
    public abstract float Chains(float begin, int steps);

    /// <summary>y = a + factor·b, several times; y may be b.</summary>
    public abstract void Triad(float* a, float* b, float factor, float* y, int count, int passes);

    /// <summary>A vector width; the JIT compiles the loops for each.</summary>
    private interface IVector<TSelf>
    {
        static abstract int Width { get; }

        static abstract TSelf Of(float value);

        static abstract TSelf Load(float* source);

        static abstract void Store(TSelf x, float* target);

        static abstract TSelf MultiplyAdd(TSelf x, TSelf factor, TSelf addend);

        static abstract float Sum(TSelf x);
    }

    // The loops are optimised at once. What the runtime compiles first, and replaces when it finds the time, keeps the vectors in memory and has a sixth of
    // the rate; where other programs use the cores it may find none within a measurement.
    private sealed class Probe<TVector> : SimdProbe
        where TVector : struct, IVector<TVector>
    {
        public override int StepMultiplyAdds => ChainCount * TVector.Width;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override float Chains(float begin, int steps)
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

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Triad(float* a, float* b, float factor, float* y, int count, int passes)
        {
            var scale = TVector.Of(factor);
            int width = TVector.Width;
            for (int pass = 0; pass < passes; pass++)
            {
                int i = 0;
                // Four vectors at a time: a loop of one issues too many other instructions for a level 1 cache.
                for (; i <= count - (4 * width); i += 4 * width)
                {
                    var y0 = TVector.MultiplyAdd(TVector.Load(b + i), scale, TVector.Load(a + i));
                    var y1 = TVector.MultiplyAdd(TVector.Load(b + i + width), scale, TVector.Load(a + i + width));
                    var y2 = TVector.MultiplyAdd(TVector.Load(b + i + (2 * width)), scale, TVector.Load(a + i + (2 * width)));
                    var y3 = TVector.MultiplyAdd(TVector.Load(b + i + (3 * width)), scale, TVector.Load(a + i + (3 * width)));
                    TVector.Store(y0, y + i);
                    TVector.Store(y1, y + i + width);
                    TVector.Store(y2, y + i + (2 * width));
                    TVector.Store(y3, y + i + (3 * width));
                }
                for (; i < count; i++) y[i] = a[i] + (b[i] * factor);
            }
        }
    }

    private readonly struct V512(Vector512<float> lanes) : IVector<V512>
    {
        private readonly Vector512<float> _lanes = lanes;

        public static int Width => Vector512<float>.Count;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V512 Of(float value) => new(Vector512.Create(value));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V512 Load(float* source) => new(Vector512.Load(source));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(V512 x, float* target) => x._lanes.Store(target);

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
        public static V256 Load(float* source) => new(Vector256.Load(source));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(V256 x, float* target) => x._lanes.Store(target);

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
        public static V128 Load(float* source) => new(Vector128.Load(source));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(V128 x, float* target) => x._lanes.Store(target);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static V128 MultiplyAdd(V128 x, V128 factor, V128 addend) => new(Vector128.MultiplyAddEstimate(x._lanes, factor._lanes, addend._lanes));

        public static float Sum(V128 x) => Vector128.Sum(x._lanes);
    }
}
