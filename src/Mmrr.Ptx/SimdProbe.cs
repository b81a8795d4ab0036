using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Mmrr.Kernels;

namespace Mmrr.Ptx;

/// <summary>The loops of <see cref="LimitProbe"/> on <c>cpu</c>, with the widest vectors of the processor.</summary>
internal abstract unsafe class SimdProbe
{
    // A multiply-add has a latency of about four cycles, and at most two (Arm: four) are issued per cycle. Twelve chains and two operands still fit AVX2's
    // 16 registers.
    private const int ChainCount = 12;

    /// <summary>The loops for this processor.</summary>
    public static SimdProbe Widest { get; } =
        Avx512F.IsSupported ? new Probe<Register16>() : Vector256.IsHardwareAccelerated ? new Probe<Register8>() : new Probe<Register4>();

    /// <summary>Multiply-adds of a step of <see cref="Chains"/>.</summary>
    public abstract int StepMultiplyAdds { get; }

    /// <summary>Multiply-adds in independent chains, in registers; returns their sum. All converge to 2: nothing overflows or becomes subnormal.</summary>
    public abstract float Chains(float begin, int steps);

    /// <summary>y = a + factor·b, several times; y may be b.</summary>
    public abstract void Triad(float* a, float* b, float factor, float* y, int count, int passes);

    // The loops are optimised at once. What the runtime compiles first, and replaces when it finds the time, keeps the vectors in memory and has a sixth of
    // the rate; where other programs use the cores it may find none within a measurement.
    private sealed class Probe<TVector> : SimdProbe
        where TVector : struct, IRegister<TVector>
    {
        public override int StepMultiplyAdds => ChainCount * TVector.Width;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override float Chains(float begin, int steps)
        {
            TVector half = TVector.Create(0.5f), one = TVector.Create(1f);
            TVector c0 = TVector.Create(begin), c1 = TVector.Create(begin + 1), c2 = TVector.Create(begin + 2), c3 = TVector.Create(begin + 3);
            TVector c4 = TVector.Create(begin + 4), c5 = TVector.Create(begin + 5), c6 = TVector.Create(begin + 6), c7 = TVector.Create(begin + 7);
            TVector c8 = TVector.Create(begin + 8), c9 = TVector.Create(begin + 9), c10 = TVector.Create(begin + 10), c11 = TVector.Create(begin + 11);
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
            return c0.Sum() + c1.Sum() + c2.Sum() + c3.Sum() + c4.Sum() + c5.Sum()
                + c6.Sum() + c7.Sum() + c8.Sum() + c9.Sum() + c10.Sum() + c11.Sum();
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Triad(float* a, float* b, float factor, float* y, int count, int passes)
        {
            var scale = TVector.Create(factor);
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
                    y0.Store(y + i);
                    y1.Store(y + i + width);
                    y2.Store(y + i + (2 * width));
                    y3.Store(y + i + (3 * width));
                }
                for (; i < count; i++) y[i] = a[i] + (b[i] * factor);
            }
        }
    }
}
