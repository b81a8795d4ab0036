using ILGPU;

namespace Mmrr.Kernels;

/// <content>
/// The GPU entry, in as many passes as it takes for one sum to remain: each sums ranges of the axis, 4,096 elements by a group if it is contiguous, otherwise
/// 256 by a thread. In float32: in each pass an element goes through 15 additions in its thread and, with 256 threads, 12 between threads, or through 255.
/// </content>
public static partial class AxisReduction
{
    // A shorter contiguous axis leaves most threads of a group without work.
    private const int LeastOfGroup = 64;

    private static void Run(SimtLaunch simt, Tensor x, Sums s, float factor, Tensor output)
    {
        bool byGroups = s.Inner == 1 && s.Axis >= LeastOfGroup;
        int length = byGroups ? Chunk : RangeRows, ranges = s.Ranges(length), results = s.Outer * ranges * s.Inner;
        using var partial = ranges == 1
            ? null : Tensor.Empty(output.Device, Check.Intermediate(Operation, "its partial sums", (long)s.Outer * ranges, s.Inner));
        var arguments = new Arguments
        {
            X = x.View,
            Output = (partial ?? output).View,
            Axis = s.Axis,
            Inner = s.Inner,
            Length = length,
            Ranges = ranges,
            Results = results,
            Factor = ranges == 1 ? factor : 1f,
        };
        if (byGroups) simt.Run(SimtGrid.Groups(results), RowKernel, arguments);
        else simt.Run(SimtGrid.Threads(results), ColumnKernel, arguments);
        if (partial is not null) Run(simt, partial, new Sums(s.Outer, ranges, s.Inner), factor, output);
    }

    // Group: one range of one row. Thread: every group-th element of it, neighbours at neighbouring addresses. 4 bytes and 1 operation an element.
    [SimtKernel]
    private static void RowKernel(Arguments a)
    {
        var shared = SharedMemory.Allocate<GroupReduction.Pair>(GroupReduction.SharedLength);
        int row = Grid.IdxX / a.Ranges, first = (Grid.IdxX - (row * a.Ranges)) * a.Length;
        int begin = (row * a.Axis) + first, end = begin + (a.Axis - first < a.Length ? a.Axis - first : a.Length);
        float sum = 0;
        for (int i = begin + Group.IdxX; i < end; i += Group.DimX) sum += a.X[i];
        sum = GroupReduction.Sum(shared, sum);
        if (Group.IdxX == 0) a.Output[Grid.IdxX] = sum * a.Factor;
    }

    // Thread: one column of one range, neighbours on neighbouring columns. 4 bytes and 1 operation an element.
    [SimtKernel]
    private static void ColumnKernel(Arguments a)
    {
        int stride = QuadWalk.Threads;
        for (int result = QuadWalk.Thread; result < a.Results; result += stride)
        {
            int range = result / a.Inner, column = result - (range * a.Inner), outer = range / a.Ranges, first = (range - (outer * a.Ranges)) * a.Length;
            int rows = a.Axis - first < a.Length ? a.Axis - first : a.Length, at = (((outer * a.Axis) + first) * a.Inner) + column;
            float sum = 0;
            for (int row = 0; row < rows; row++) sum += a.X[at + (row * a.Inner)];
            a.Output[result] = sum * a.Factor;
        }
    }

    /// <summary>x as [outer, axis, inner], and the number, length and results of the ranges.</summary>
    internal struct Arguments
    {
        public ArrayView<float> X, Output;
        public int Axis, Inner, Length, Ranges, Results;
        public float Factor;
    }
}
