using System.Runtime.CompilerServices;
using ILGPU;
using Mmrr.Kernels;

namespace Mmrr.Ptx;

public static unsafe partial class LimitProbe
{
    private const int SimtChains = 8;
    private const int SimtLinks = 4;

    private static void LaunchMultiplyAdds(Device device, int steps)
    {
        var config = device.Grid(int.MaxValue);
        int threads = config.GridDim.X * config.GroupDim.X;
        using var sums = Tensor.Empty(device, new Shape(threads));
        using var measured = Measurement.Of(device, MultiplyAddsName, sums.Shape, 2.0 * threads * steps * SimtChains * SimtLinks, 0);
        device.Simt.Launch(config, MultiplyAddKernel, sums.View, 0.5f, 1f, steps);
    }

    // A thread runs eight independent chains; named locals stay in registers. All chains converge to 2. A step is four links of each, 64 operations: with
    // one link the counter and the branch would take a third of the instructions and, on a GPU that issues one per cycle, a third of the limit.
    [SimtKernel]
    private static void MultiplyAddKernel(ArrayView<float> sums, float factor, float addend, int steps)
    {
        int thread = (Grid.IdxX * Group.DimX) + Group.IdxX;
        float c0 = thread, c1 = thread + 1f, c2 = thread + 2f, c3 = thread + 3f, c4 = thread + 4f, c5 = thread + 5f, c6 = thread + 6f, c7 = thread + 7f;
        for (int step = 0; step < steps; step++)
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
        sums[thread] = c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7;
    }

    private static float FourLinks(float c, float factor, float addend) =>
        (((((((c * factor) + addend) * factor) + addend) * factor) + addend) * factor) + addend;

    // Like QuadWalk. 12 bytes and 2 operations per element.
    [SimtKernel]
    private static void TriadKernel(ArrayView<float> a, ArrayView<float> b, ArrayView<float> output, float factor, int count) =>
        QuadWalk.Map(a, b, output, count, new ScaledSum(factor));

    private readonly struct ScaledSum(float factor) : IQuadOperation2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float a, float b) => a + (b * factor);
    }
}
