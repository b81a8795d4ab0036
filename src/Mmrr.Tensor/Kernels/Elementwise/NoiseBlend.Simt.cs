using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Kernels;

public static unsafe partial class NoiseBlend
{
    // Like QuadWalk: three loads and one store of 16 bytes; 16 bytes and 4 operations per element.
    [SimtKernel]
    private static void ForwardKernel(ArrayView<float> e, ArrayView<float> m, ArrayView<float> noise, ArrayView<float> output, int count) =>
        QuadWalk.Map(e, m, noise, output, count, default(Blending));

    // Like QuadWalk with up to two outputs: at most 24 bytes and 3 operations per element. The conditions are the same in every thread.
    [SimtKernel]
    private static void BackwardKernel(
        ArrayView<float> e, ArrayView<float> m, ArrayView<float> noise, ArrayView<float> outputGradient,
        ArrayView<float> eGradient, ArrayView<float> mGradient, int wantE, int wantM, int count)
    {
        ArrayView<Float4> e4 = e.Cast<Float4>(), m4 = m.Cast<Float4>(), noise4 = noise.Cast<Float4>(), gradient4 = outputGradient.Cast<Float4>();
        ArrayView<Float4> eGradient4 = eGradient.Cast<Float4>(), mGradient4 = mGradient.Cast<Float4>();
        int thread = QuadWalk.Thread, stride = QuadWalk.Threads, quads = count / 4;
        for (int q = thread; q < quads; q += stride)
        {
            var gradient = gradient4[q];
            if (wantE != 0) eGradient4[q] = Float4.Multiply(gradient, m4[q]);
            if (wantM != 0) mGradient4[q] = Float4.Multiply(gradient, Float4.Subtract(e4[q], noise4[q]));
        }
        int rest = (4 * quads) + thread;
        if (rest < count)
        {
            float gradient = outputGradient[rest];
            if (wantE != 0) eGradient[rest] = gradient * m[rest];
            if (wantM != 0) mGradient[rest] = gradient * (e[rest] - noise[rest]);
        }
    }

    private readonly struct Blending : IQuadOperation3
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float e, float m, float noise) => (e * m) + (noise * (1f - m));
    }
}
