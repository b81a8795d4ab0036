using ILGPU;
using ILGPU.Algorithms;

namespace Mmrr.Kernels;

public static unsafe partial class RAdam
{
    // A thread takes the elements i, i + grid, …: four loads and three stores of neighbouring addresses, 28 bytes and about 12 operations
    // (a root and a division among them) an element. The condition is the same in every thread.
    [SimtKernel]
    private static void UpdateKernel(
        ArrayView<float> parameter, ArrayView<float> gradient, ArrayView<float> firstMoment, ArrayView<float> secondMoment,
        float weight1, float weight2, float epsilon, float size, int rectified, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride)
        {
            float g = gradient[i], first = firstMoment[i], second = secondMoment[i];
            first += (g - first) * weight1;
            second += ((g * g) - second) * weight2;
            firstMoment[i] = first;
            secondMoment[i] = second;
            float step = first * size;
            if (rectified != 0) step /= XMath.Sqrt(second) + epsilon;
            parameter[i] -= step;
        }
    }
}
