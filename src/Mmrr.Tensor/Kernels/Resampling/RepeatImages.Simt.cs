using ILGPU;

namespace Mmrr.Kernels;

public static unsafe partial class RepeatImages
{
    // A thread takes the elements i, i + grid, … of the batch, reads each once and writes all its copies; stores of neighbours are
    // neighbours. 4 + 4·times bytes an element.
    [SimtKernel]
    private static void ForwardKernel(ArrayView<float> x, ArrayView<float> output, int length, int times, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride)
        {
            int image = i / length, target = (image * times * length) + (i - (image * length));
            float value = x[i];
            for (int l = 0; l < times; l++) output[target + (l * length)] = value;
        }
    }

    // The same walk: a thread adds up the gradients of its element's copies in their order. 4 + 4·times bytes, times operations an element.
    [SimtKernel]
    private static void BackwardKernel(ArrayView<float> outputGradient, ArrayView<float> inputGradient, int length, int times, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride)
        {
            int image = i / length, source = (image * times * length) + (i - (image * length));
            float sum = outputGradient[source];
            for (int l = 1; l < times; l++) sum += outputGradient[source + (l * length)];
            inputGradient[i] = sum;
        }
    }
}
