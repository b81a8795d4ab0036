using ILGPU;

namespace Mmrr.Kernels;

public static unsafe partial class NoiseBlend
{
    // A thread takes the elements i, i + grid, …: three loads and one store of neighbouring addresses, 16 bytes and 4 operations an element.
    [SimtKernel]
    private static void ForwardKernel(ArrayView<float> e, ArrayView<float> m, ArrayView<float> noise, ArrayView<float> output, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride) output[i] = (e[i] * m[i]) + (noise[i] * (1f - m[i]));
    }

    // As above with up to two outputs: at most 24 bytes and 3 operations an element. The conditions are the same in every thread.
    [SimtKernel]
    private static void BackwardKernel(
        ArrayView<float> e, ArrayView<float> m, ArrayView<float> noise, ArrayView<float> outputGradient,
        ArrayView<float> eGradient, ArrayView<float> mGradient, int wantE, int wantM, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride)
        {
            float gradient = outputGradient[i];
            if (wantE != 0) eGradient[i] = gradient * m[i];
            if (wantM != 0) mGradient[i] = gradient * (e[i] - noise[i]);
        }
    }
}
