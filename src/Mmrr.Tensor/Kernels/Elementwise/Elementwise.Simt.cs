using ILGPU;

namespace Mmrr.Kernels;

// All kernels iterate like QuadWalk: 16-byte loads and stores of neighbouring addresses. Bytes and operations are per element.
public static unsafe partial class Elementwise
{
    // a + b. 12 bytes, 1 operation.
    [SimtKernel]
    private static void AddKernel(ArrayView<float> a, ArrayView<float> b, ArrayView<float> output, int count) =>
        QuadWalk.Map(a, b, output, count, default(Sum));

    // a·b. 12 bytes, 1 operation.
    [SimtKernel]
    private static void MultiplyKernel(ArrayView<float> a, ArrayView<float> b, ArrayView<float> output, int count) =>
        QuadWalk.Map(a, b, output, count, default(Product));

    // factor·x. 8 bytes, 1 operation.
    [SimtKernel]
    private static void ScaleKernel(ArrayView<float> x, ArrayView<float> output, float factor, int count) =>
        QuadWalk.Map(x, output, count, new Scaling(factor));

    // tanh x. 8 bytes, about 12 (|x| < 0.625) or 30 operations.
    [SimtKernel]
    private static void TanhKernel(ArrayView<float> x, ArrayView<float> output, int count) => QuadWalk.Map(x, output, count, default(HyperbolicTangent));

    // g·(1 − y²). 12 bytes, 3 operations.
    [SimtKernel]
    private static void TanhBackwardKernel(ArrayView<float> output, ArrayView<float> outputGradient, ArrayView<float> inputGradient, int count) =>
        QuadWalk.Map(output, outputGradient, inputGradient, count, default(HyperbolicTangentGradient));

    // The logistic sigmoid. 8 bytes, about 30 operations.
    [SimtKernel]
    private static void SigmoidKernel(ArrayView<float> x, ArrayView<float> output, int count) => QuadWalk.Map(x, output, count, default(Logistic));

    // g·y·(1 − y). 12 bytes, 3 operations.
    [SimtKernel]
    private static void SigmoidBackwardKernel(ArrayView<float> output, ArrayView<float> outputGradient, ArrayView<float> inputGradient, int count) =>
        QuadWalk.Map(output, outputGradient, inputGradient, count, default(LogisticGradient));

    // max(x, 0). 8 bytes, 1 operation.
    [SimtKernel]
    private static void ReluKernel(ArrayView<float> x, ArrayView<float> output, int count) => QuadWalk.Map(x, output, count, default(Rectifier));

    // g where y > 0. 12 bytes, 1 operation.
    [SimtKernel]
    private static void ReluBackwardKernel(ArrayView<float> output, ArrayView<float> outputGradient, ArrayView<float> inputGradient, int count) =>
        QuadWalk.Map(output, outputGradient, inputGradient, count, default(RectifierGradient));

    // A constant. 4 bytes.
    [SimtKernel]
    private static void FillKernel(ArrayView<float> output, float value, int count)
    {
        var output4 = output.Cast<Float4>();
        int thread = QuadWalk.Thread, stride = QuadWalk.Threads, quads = count / 4;
        var values = Float4.Of(value);
        for (int q = thread; q < quads; q += stride) output4[q] = values;
        int rest = (4 * quads) + thread;
        if (rest < count) output[rest] = value;
    }
}
