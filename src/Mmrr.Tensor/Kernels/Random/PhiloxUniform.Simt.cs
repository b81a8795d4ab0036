using ILGPU;

namespace Mmrr.Kernels;

public static unsafe partial class PhiloxUniform
{
    // A thread takes the blocks q, q + grid, … of the period; it makes the four numbers of a block once and writes them to every repetition.
    // 4 bytes an element; 10 rounds of two 32×32-bit products a block.
    [SimtKernel]
    private static void FillKernel(ArrayView<float> output, ulong seed, ulong stream, float low, float span, float largest, int period, int count)
    {
        int stride = Grid.DimX * Group.DimX, blocks = (period + 3) / 4;
        for (int q = (Grid.IdxX * Group.DimX) + Group.IdxX; q < blocks; q += stride)
        {
            var block = Philox.Block(seed, stream, (ulong)q);
            for (int word = 0; word < 4; word++)
            {
                int index = (4 * q) + word;
                float value = Philox.ToRange(Philox.ToUnit(Philox.Pick(block, word)), low, span, largest);
                if (index < period)
                {
                    for (long i = index; i < count; i += period) output[i] = value;
                }
            }
        }
    }
}
