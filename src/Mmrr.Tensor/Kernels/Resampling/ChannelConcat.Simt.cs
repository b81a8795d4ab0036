using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Kernels;

public static unsafe partial class ChannelConcat
{
    // A thread takes the quads (if the part's channels, all channels or the offset are not a multiple of four: the elements) i, i + grid, … of one input
    // and copies each to its place in the output; neighbours stay neighbours along the channels. 8 bytes per element, one integer division per quad.
    [SimtKernel]
    private static void JoinKernel(ArrayView<float> part, ArrayView<float> whole, int partChannels, int channels, int offset, int count)
    {
        if (((partChannels | channels | offset) & 3) == 0)
            Copy(part.Cast<Float4>(), whole.Cast<Float4>(), partChannels / 4, channels / 4, offset / 4, count / 4, true);
        else
            Copy(part, whole, partChannels, channels, offset, count, true);
    }

    // The same loop in the other direction.
    [SimtKernel]
    private static void SplitKernel(ArrayView<float> whole, ArrayView<float> part, int partChannels, int channels, int offset, int count)
    {
        if (((partChannels | channels | offset) & 3) == 0)
            Copy(part.Cast<Float4>(), whole.Cast<Float4>(), partChannels / 4, channels / 4, offset / 4, count / 4, false);
        else
            Copy(part, whole, partChannels, channels, offset, count, false);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy<T>(ArrayView<T> part, ArrayView<T> whole, int partChannels, int channels, int offset, int count, bool intoWhole)
        where T : unmanaged
    {
        int stride = QuadWalk.Threads;
        for (int i = QuadWalk.Thread; i < count; i += stride)
        {
            int pixel = i / partChannels, place = (pixel * channels) + offset + (i - (pixel * partChannels));
            if (intoWhole) whole[place] = part[i];
            else part[i] = whole[place];
        }
    }
}
