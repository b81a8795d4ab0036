using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Kernels;

public static unsafe partial class NearestUpsample
{
    // A thread takes the quads (if the channels are not a multiple of four: the elements) i, i + grid, … of the small image: one load, four stores, each of
    // neighbouring addresses along the channels. 20 bytes per element of the small image, and two integer divisions per quad.
    [SimtKernel]
    private static void ForwardKernel(ArrayView<float> x, ArrayView<float> output, int width, int channels, int count)
    {
        if ((channels & 3) == 0) Copy(x.Cast<Float4>(), output.Cast<Float4>(), width, channels / 4, count / 4);
        else Copy(x, output, width, channels, count);
    }

    // The same loop with four loads and one store; the sum is (top left + top right) + (bottom left + bottom right), as on the cpu.
    [SimtKernel]
    private static void BackwardKernel(ArrayView<float> outputGradient, ArrayView<float> inputGradient, int width, int channels, int count)
    {
        if ((channels & 3) == 0) Add(outputGradient.Cast<Float4>(), inputGradient.Cast<Float4>(), width, channels / 4, count / 4);
        else Add(outputGradient.Cast<Float1>(), inputGradient.Cast<Float1>(), width, channels, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy<T>(ArrayView<T> x, ArrayView<T> output, int width, int channels, int count)
        where T : unmanaged
    {
        int stride = QuadWalk.Threads, below = 2 * width * channels;
        for (int i = QuadWalk.Thread; i < count; i += stride)
        {
            int upper = UpperLeft(i, width, channels);
            var value = x[i];
            output[upper] = value;
            output[upper + channels] = value;
            output[upper + below] = value;
            output[upper + below + channels] = value;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<T>(ArrayView<T> outputGradient, ArrayView<T> inputGradient, int width, int channels, int count)
        where T : unmanaged, IFloats<T>
    {
        int stride = QuadWalk.Threads, below = 2 * width * channels;
        for (int i = QuadWalk.Thread; i < count; i += stride)
        {
            int upper = UpperLeft(i, width, channels);
            var above = outputGradient[upper].Plus(outputGradient[upper + channels]);
            inputGradient[i] = above.Plus(outputGradient[upper + below].Plus(outputGradient[upper + below + channels]));
        }
    }

    /// <summary>The index of the top left copy, of four, of element i of the small images.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int UpperLeft(int i, int width, int channels)
    {
        int pixel = i / channels, row = pixel / width;
        return (4 * row * width * channels) + (2 * (pixel - (row * width)) * channels) + (i - (pixel * channels));
    }
}
