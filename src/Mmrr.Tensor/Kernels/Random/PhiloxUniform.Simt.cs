using ILGPU;

namespace Mmrr.Kernels;

public static unsafe partial class PhiloxUniform
{
    // A thread takes the blocks q, q + grid, … of the period; it generates the four numbers of a block once, in registers, and writes them to every
    // repetition: 16 bytes at a time if repetitions begin at multiples of four. 4 bytes per element; 10 rounds of two 32×32-bit products per block.
    [SimtKernel]
    private static void FillKernel(ArrayView<float> output, ulong seed, ulong stream, float low, float span, float largest, int period, int count)
    {
        var output4 = output.Cast<Float4>();
        int stride = QuadWalk.Threads, blocks = (period + 3) / 4;
        for (int q = QuadWalk.Thread; q < blocks; q += stride)
        {
            var quad = UnitQuad(seed, stream, q);
            quad.X = Philox.ToRange(quad.X, low, span, largest);
            quad.Y = Philox.ToRange(quad.Y, low, span, largest);
            quad.Z = Philox.ToRange(quad.Z, low, span, largest);
            quad.W = Philox.ToRange(quad.W, low, span, largest);
            int whole = period - (4 * q) < 4 ? period - (4 * q) : 4;
            for (long i = 4L * q; i < count; i += period)
            {
                if ((i & 3) == 0 & whole == 4 & i + 4 <= count)
                {
                    output4[i >> 2] = quad;
                }
                else
                {
                    output[i] = quad.X;
                    if (whole > 1 & i + 1 < count) output[i + 1] = quad.Y;
                    if (whole > 2 & i + 2 < count) output[i + 2] = quad.Z;
                    if (whole > 3 & i + 3 < count) output[i + 3] = quad.W;
                }
            }
        }
    }

    /// <summary>The four numbers of a block in [0, 1), in a SIMT kernel.</summary>
    internal static Float4 UnitQuad(ulong seed, ulong stream, int q)
    {
        var block = Philox.Block(seed, stream, (ulong)q);
        Float4 quad;
        quad.X = Philox.ToUnit(block.Word0);
        quad.Y = Philox.ToUnit(block.Word1);
        quad.Z = Philox.ToUnit(block.Word2);
        quad.W = Philox.ToUnit(block.Word3);
        return quad;
    }
}
