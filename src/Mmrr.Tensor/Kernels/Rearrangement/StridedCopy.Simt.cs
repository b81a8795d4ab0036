using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Kernels;

/// <content>The GPU entry.</content>
public static partial class StridedCopy
{
    private static void Run(SimtLaunch simt, Tensor x, AxisWalk walk, Tensor output)
    {
        // Axes in front, of size 1, complete the six.
        int missing = AxisWalk.MostAxes - walk.Sizes.Length;
        int[] sizes = [.. Enumerable.Repeat(1, missing), .. walk.Sizes], strides = [.. Enumerable.Repeat(0, missing), .. walk.Strides];
        simt.Run(
            SimtGrid.Threads(output.Count), CopyKernel,
            new Arguments
            {
                X = x.View,
                Output = output.View,
                Count = output.Count,
                Axes = walk.Sizes.Length,
                Size1 = sizes[1],
                Size2 = sizes[2],
                Size3 = sizes[3],
                Size4 = sizes[4],
                Size5 = sizes[5],
                Stride0 = strides[0],
                Stride1 = strides[1],
                Stride2 = strides[2],
                Stride3 = strides[3],
                Stride4 = strides[4],
                Stride5 = strides[5],
            });
    }

    // Thread: every grid-th element of the output, neighbours at neighbouring addresses; one load, one store, and an integer division for each axis but the
    // first. Where the last axis is contiguous in the source or repeated, the loads of neighbours are too; in a permutation they are strided and left to the
    // caches. 8 bytes an element.
    [SimtKernel]
    private static void CopyKernel(Arguments a)
    {
        int stride = QuadWalk.Threads;
        for (int i = QuadWalk.Thread; i < a.Count; i += stride)
        {
            Place place;
            place.Index = i;
            place.Offset = 0;
            if (a.Axes > 1) place = Split(place, a.Size5, a.Stride5);
            if (a.Axes > 2) place = Split(place, a.Size4, a.Stride4);
            if (a.Axes > 3) place = Split(place, a.Size3, a.Stride3);
            if (a.Axes > 4) place = Split(place, a.Size2, a.Stride2);
            if (a.Axes > 5) place = Split(place, a.Size1, a.Stride1);
            // What remains is the index of the first axis, which is the last of the six if it is the only one.
            int first = a.Axes > 5 ? a.Stride0 : a.Axes > 4 ? a.Stride1 : a.Axes > 3 ? a.Stride2
                : a.Axes > 2 ? a.Stride3 : a.Axes > 1 ? a.Stride4 : a.Stride5;
            a.Output[i] = a.X[place.Offset + (place.Index * first)];
        }
    }

    /// <summary>Divides the index by the size of an axis; the remainder moves the offset.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Place Split(Place place, int size, int stride)
    {
        int quotient = place.Index / size;
        place.Offset += (place.Index - (quotient * size)) * stride;
        place.Index = quotient;
        return place;
    }

    private struct Place
    {
        public int Index, Offset;
    }

    /// <summary>The axes of the output, the last six of which the first may be missing, and the source's strides.</summary>
    internal struct Arguments
    {
        public ArrayView<float> X, Output;
        public int Count, Axes;
        public int Size1, Size2, Size3, Size4, Size5;
        public int Stride0, Stride1, Stride2, Stride3, Stride4, Stride5;
    }
}
