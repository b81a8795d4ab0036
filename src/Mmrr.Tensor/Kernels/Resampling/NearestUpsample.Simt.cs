using ILGPU;

namespace Mmrr.Kernels;

public static unsafe partial class NearestUpsample
{
    // A thread takes the elements i, i + grid, … of the small image: one load, four stores, each of neighbouring addresses along the
    // channels. 20 bytes an element of the small image, and two integer divisions.
    [SimtKernel]
    private static void ForwardKernel(ArrayView<float> x, ArrayView<float> output, int width, int channels, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride)
        {
            int pixel = i / channels, row = pixel / width;
            int upper = (4 * row * width * channels) + (2 * (pixel - (row * width)) * channels) + (i - (pixel * channels));
            int lower = upper + (2 * width * channels);
            float value = x[i];
            output[upper] = value;
            output[upper + channels] = value;
            output[lower] = value;
            output[lower + channels] = value;
        }
    }

    // The same walk with four loads and one store; the sum is (upper left + upper right) + (lower left + lower right), as on the cpu.
    [SimtKernel]
    private static void BackwardKernel(ArrayView<float> outputGradient, ArrayView<float> inputGradient, int width, int channels, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride)
        {
            int pixel = i / channels, row = pixel / width;
            int upper = (4 * row * width * channels) + (2 * (pixel - (row * width)) * channels) + (i - (pixel * channels));
            int lower = upper + (2 * width * channels);
            float above = outputGradient[upper] + outputGradient[upper + channels];
            float below = outputGradient[lower] + outputGradient[lower + channels];
            inputGradient[i] = above + below;
        }
    }
}
