using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Kernels;

public static unsafe partial class SquaredError
{
    // Σ (p − t)² over a range of a row, like RangeSums. 8 bytes and 3 operations per element.
    [SimtKernel]
    private static void RangeKernel(ArrayView<float> p, ArrayView<float> t, ArrayView<float> output, int length, int ranges, float factor) =>
        RangeSums.Write(p, t, output, length, ranges, factor, default(SquaredDifference));

    // Like QuadWalk; the scalar gradient comes from cache. 12 bytes and 2 operations per element.
    [SimtKernel]
    private static void MeanBackwardKernel(
        ArrayView<float> p, ArrayView<float> t, ArrayView<float> outputGradient, ArrayView<float> predictionGradient, float scale, int count) =>
        QuadWalk.Map(p, t, predictionGradient, count, new ScaledDifference(scale * outputGradient[0]));

    // A thread takes the pixels i, i + grid, … and sums the channels of each, in quads if possible. 8 bytes and 3 operations per element. With one to three
    // channels (the case of score maps) a warp's addresses lie within a few cache lines.
    [SimtKernel]
    private static void PerPixelKernel(ArrayView<float> p, ArrayView<float> t, ArrayView<float> output, int channels, int pixels)
    {
        ArrayView<Float4> p4 = p.Cast<Float4>(), t4 = t.Cast<Float4>();
        int stride = QuadWalk.Threads;
        for (int pixel = QuadWalk.Thread; pixel < pixels; pixel += stride)
        {
            float sum = 0;
            if ((channels & 3) == 0)
            {
                for (int q = pixel * (channels / 4); q < (pixel + 1) * (channels / 4); q++)
                {
                    var difference = Float4.Subtract(p4[q], t4[q]);
                    sum += Float4.Sum(Float4.Multiply(difference, difference));
                }
            }
            else
            {
                for (int i = pixel * channels; i < (pixel + 1) * channels; i++) sum += default(SquaredDifference).Of(p[i], t[i]);
            }
            output[pixel] = sum / channels;
        }
    }

    private readonly struct SquaredDifference : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Of(float p, float t) => (p - t) * (p - t);
    }

    private readonly struct ScaledDifference(float factor) : IQuadOperation2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float p, float t) => (p - t) * factor;
    }
}
