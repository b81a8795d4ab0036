using ILGPU;

namespace Mmrr.Kernels;

public static unsafe partial class ChannelConcat
{
    // A thread takes the elements i, i + grid, … of one input and puts each at its place in the output; neighbours stay neighbours
    // along the channels. 8 bytes and one integer division an element.
    [SimtKernel]
    private static void JoinKernel(ArrayView<float> part, ArrayView<float> whole, int partChannels, int channels, int offset, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride)
        {
            int pixel = i / partChannels;
            whole[(pixel * channels) + offset + (i - (pixel * partChannels))] = part[i];
        }
    }

    // The same walk in the other direction.
    [SimtKernel]
    private static void SplitKernel(ArrayView<float> whole, ArrayView<float> part, int partChannels, int channels, int offset, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride)
        {
            int pixel = i / partChannels;
            part[i] = whole[(pixel * channels) + offset + (i - (pixel * partChannels))];
        }
    }
}
