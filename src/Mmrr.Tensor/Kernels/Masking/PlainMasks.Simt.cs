using ILGPU;

namespace Mmrr.Kernels;

public static unsafe partial class PlainMasks
{
    // A thread takes the quads (if the row length is not a multiple of four: the elements) i, i + grid, … and writes the level of their row. 4 bytes per
    // element and one integer division per quad.
    [SimtKernel]
    private static void ConstantKernel(ArrayView<float> levels, ArrayView<float> m, int length, int count)
    {
        int stride = QuadWalk.Threads;
        if ((length & 3) == 0)
        {
            var m4 = m.Cast<Float4>();
            for (int q = QuadWalk.Thread; q < count / 4; q += stride) m4[q] = Float4.Of(levels[q / (length / 4)]);
        }
        else
        {
            for (int i = QuadWalk.Thread; i < count; i += stride) m[i] = levels[i / length];
        }
    }

    // A thread takes the Philox blocks q, q + grid, … of the period; it generates the four numbers of a block once, in registers, and compares each with
    // the level of the row at every repetition: 16 bytes at a time if rows and repetitions begin at multiples of four. 4 bytes per element and one integer
    // division per quad; 10 rounds of two 32×32-bit products per block.
    [SimtKernel]
    private static void BernoulliKernel(ArrayView<float> levels, ArrayView<float> m, ulong seed, ulong stream, int length, int period, int count)
    {
        var m4 = m.Cast<Float4>();
        int stride = QuadWalk.Threads, blocks = (period + 3) / 4;
        for (int q = QuadWalk.Thread; q < blocks; q += stride)
        {
            var unit = PhiloxUniform.UnitQuad(seed, stream, q);
            int whole = period - (4 * q) < 4 ? period - (4 * q) : 4;
            for (long i = 4L * q; i < count; i += period)
            {
                int at = (int)i;
                if (((length | at) & 3) == 0 & whole == 4)
                {
                    float level = levels[at / length];
                    Float4 quad;
                    quad.X = unit.X < level ? 1f : 0f;
                    quad.Y = unit.Y < level ? 1f : 0f;
                    quad.Z = unit.Z < level ? 1f : 0f;
                    quad.W = unit.W < level ? 1f : 0f;
                    m4[at >> 2] = quad;
                }
                else
                {
                    m[at] = unit.X < levels[at / length] ? 1f : 0f;
                    if (whole > 1 & i + 1 < count) m[at + 1] = unit.Y < levels[(at + 1) / length] ? 1f : 0f;
                    if (whole > 2 & i + 2 < count) m[at + 2] = unit.Z < levels[(at + 2) / length] ? 1f : 0f;
                    if (whole > 3 & i + 3 < count) m[at + 3] = unit.W < levels[(at + 3) / length] ? 1f : 0f;
                }
            }
        }
    }
}
