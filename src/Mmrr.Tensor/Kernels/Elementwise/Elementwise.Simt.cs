using ILGPU;

namespace Mmrr.Kernels;

// In all of these a thread takes the elements i, i + grid, i + 2·grid, …, so that neighbours read and write neighbouring addresses.
public static unsafe partial class Elementwise
{
    // a + b. 12 bytes and 1 operation an element.
    [SimtKernel]
    private static void AddKernel(ArrayView<float> a, ArrayView<float> b, ArrayView<float> output, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride) output[i] = a[i] + b[i];
    }

    // a·b. 12 bytes and 1 operation an element.
    [SimtKernel]
    private static void MultiplyKernel(ArrayView<float> a, ArrayView<float> b, ArrayView<float> output, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride) output[i] = a[i] * b[i];
    }

    // factor·x. 8 bytes and 1 operation an element.
    [SimtKernel]
    private static void ScaleKernel(ArrayView<float> x, ArrayView<float> output, float factor, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride) output[i] = factor * x[i];
    }

    // tanh x. 8 bytes and about 12 (|x| < 0.625) or 30 operations an element.
    [SimtKernel]
    private static void TanhKernel(ArrayView<float> x, ArrayView<float> output, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride) output[i] = Exponential.Tanh(x[i]);
    }

    // g·(1 − y²). 12 bytes and 3 operations an element.
    [SimtKernel]
    private static void TanhBackwardKernel(ArrayView<float> output, ArrayView<float> outputGradient, ArrayView<float> inputGradient, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride) inputGradient[i] = outputGradient[i] * (1f - (output[i] * output[i]));
    }

    // The logistic sigmoid. 8 bytes and about 30 operations an element.
    [SimtKernel]
    private static void SigmoidKernel(ArrayView<float> x, ArrayView<float> output, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride) output[i] = Exponential.Sigmoid(x[i]);
    }

    // g·y·(1 − y). 12 bytes and 3 operations an element.
    [SimtKernel]
    private static void SigmoidBackwardKernel(ArrayView<float> output, ArrayView<float> outputGradient, ArrayView<float> inputGradient, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride) inputGradient[i] = outputGradient[i] * (output[i] * (1f - output[i]));
    }

    // max(x, 0). 8 bytes and 1 operation an element.
    [SimtKernel]
    private static void ReluKernel(ArrayView<float> x, ArrayView<float> output, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride) output[i] = x[i] < 0f ? 0f : x[i];
    }

    // g where y > 0. 12 bytes and 1 operation an element.
    [SimtKernel]
    private static void ReluBackwardKernel(ArrayView<float> output, ArrayView<float> outputGradient, ArrayView<float> inputGradient, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride) inputGradient[i] = output[i] > 0f ? outputGradient[i] : 0f;
    }

    // A constant. 4 bytes an element.
    [SimtKernel]
    private static void FillKernel(ArrayView<float> output, float value, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride) output[i] = value;
    }
}
