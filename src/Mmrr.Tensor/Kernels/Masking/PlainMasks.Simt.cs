using ILGPU;

namespace Mmrr.Kernels;

public static unsafe partial class PlainMasks
{
    // A thread takes the elements i, i + grid, … and writes the level of their row. 4 bytes and one integer division an element.
    [SimtKernel]
    private static void ConstantKernel(ArrayView<float> levels, ArrayView<float> m, int length, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride) m[i] = levels[i / length];
    }

    // A thread takes the Philox blocks q, q + grid, … of the period; it makes the four numbers of a block once and compares each with the level
    // of the row at every repetition. 4 bytes and one integer division an element; 10 rounds of two 32×32-bit products a block.
    [SimtKernel]
    private static void BernoulliKernel(ArrayView<float> levels, ArrayView<float> m, ulong seed, ulong stream, int length, int period, int count)
    {
        int stride = Grid.DimX * Group.DimX, blocks = (period + 3) / 4;
        for (int q = (Grid.IdxX * Group.DimX) + Group.IdxX; q < blocks; q += stride)
        {
            var block = Philox.Block(seed, stream, (ulong)q);
            for (int word = 0; word < 4; word++)
            {
                int index = (4 * q) + word;
                float unit = Philox.ToUnit(Philox.Pick(block, word));
                if (index < period)
                {
                    for (long i = index; i < count; i += period) m[i] = unit < levels[i / length] ? 1f : 0f;
                }
            }
        }
    }
}
