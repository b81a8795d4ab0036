using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Kernels;

public static unsafe partial class RepeatImages
{
    // A thread takes the quads (if an image's size is not a multiple of four: the elements) i, i + grid, … of the batch, reads each once and writes all its
    // copies; neighbouring threads store to neighbouring addresses. 4 + 4·times bytes per element.
    [SimtKernel]
    private static void ForwardKernel(ArrayView<float> x, ArrayView<float> output, int length, int times, int count)
    {
        if ((length & 3) == 0) Copy(x.Cast<Float4>(), output.Cast<Float4>(), length / 4, times, count / 4);
        else Copy(x, output, length, times, count);
    }

    // The same loop: a thread adds the gradients of its quad's copies in order. 4 + 4·times bytes and times operations per element.
    [SimtKernel]
    private static void BackwardKernel(ArrayView<float> outputGradient, ArrayView<float> inputGradient, int length, int times, int count)
    {
        if ((length & 3) == 0) Add(outputGradient.Cast<Float4>(), inputGradient.Cast<Float4>(), length / 4, times, count / 4);
        else Add(outputGradient.Cast<Float1>(), inputGradient.Cast<Float1>(), length, times, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy<T>(ArrayView<T> x, ArrayView<T> output, int length, int times, int count)
        where T : unmanaged
    {
        int stride = QuadWalk.Threads;
        for (int i = QuadWalk.Thread; i < count; i += stride)
        {
            int image = i / length, target = (image * times * length) + (i - (image * length));
            var value = x[i];
            for (int l = 0; l < times; l++) output[target + (l * length)] = value;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<T>(ArrayView<T> outputGradient, ArrayView<T> inputGradient, int length, int times, int count)
        where T : unmanaged, IFloats<T>
    {
        int stride = QuadWalk.Threads;
        for (int i = QuadWalk.Thread; i < count; i += stride)
        {
            int image = i / length, source = (image * times * length) + (i - (image * length));
            var sum = outputGradient[source];
            for (int l = 1; l < times; l++) sum = sum.Plus(outputGradient[source + (l * length)]);
            inputGradient[i] = sum;
        }
    }
}
