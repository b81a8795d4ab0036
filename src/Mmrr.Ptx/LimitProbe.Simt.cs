using System.Runtime.CompilerServices;
using ILGPU;
using Mmrr.Kernels;

namespace Mmrr.Ptx;

public static unsafe partial class LimitProbe
{
    private const int SimtChains = 8;
    private const int SimtLinks = 4;

    // A thread runs eight independent chains; named locals stay in registers. All chains converge to 2. A step is four links of each, 64 operations: with
    // one link the counter and the branch would take a third of the instructions and, on a GPU that issues one per cycle, a third of the limit.
    [SimtKernel]
    private static void MultiplyAddKernel(MultiplyAddArguments a)
    {
        float factor = a.Factor, addend = a.Addend;
        int thread = (Grid.IdxX * Group.DimX) + Group.IdxX;
        float c0 = thread, c1 = thread + 1f, c2 = thread + 2f, c3 = thread + 3f, c4 = thread + 4f, c5 = thread + 5f, c6 = thread + 6f, c7 = thread + 7f;
        for (int step = 0; step < a.Steps; step++)
        {
            c0 = FourLinks(c0, factor, addend);
            c1 = FourLinks(c1, factor, addend);
            c2 = FourLinks(c2, factor, addend);
            c3 = FourLinks(c3, factor, addend);
            c4 = FourLinks(c4, factor, addend);
            c5 = FourLinks(c5, factor, addend);
            c6 = FourLinks(c6, factor, addend);
            c7 = FourLinks(c7, factor, addend);
        }
        a.Sums[thread] = c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7;
    }

    private static float FourLinks(float c, float factor, float addend) =>
        (((((((c * factor) + addend) * factor) + addend) * factor) + addend) * factor) + addend;

    // Like QuadWalk. 12 bytes and 2 operations per element.
    [SimtKernel]
    private static void TriadKernel(TriadArguments a) => QuadWalk.Map(a.A, a.B, a.Output, a.Count, new ScaledSum(a.Factor));

    internal struct MultiplyAddArguments
    {
        public ArrayView<float> Sums;
        public float Factor, Addend;
        public int Steps;
    }

    internal struct TriadArguments
    {
        public ArrayView<float> A, B, Output;
        public float Factor;
        public int Count;
    }

    private readonly struct ScaledSum(float factor) : IQuadOperation2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float a, float b) => a + (b * factor);
    }
}
