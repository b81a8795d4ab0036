using ILGPU;

namespace Mmrr.Kernels;

/// <summary>Sums over the rows of a matrix [rows, columns] on a GPU, columns a multiple of four, in a fixed order.</summary>
internal static class ColumnSums
{
    /// <summary>Each of <paramref name="shares"/> thread blocks sums a part of the rows.</summary>
    /// <param name="simt">The launch of the operation.</param>
    /// <param name="shares">Number of thread blocks, each with its own row in the result.</param>
    /// <param name="matrix">[rows, columns].</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="sums">[shares, columns].</param>
    public static void Launch(SimtLaunch simt, int shares, ArrayView<float> matrix, int rows, int columns, ArrayView<float> sums) =>
        simt.Run(SimtGrid.Groups(shares), SumKernel, new Arguments { Matrix = matrix, Rows = rows, Quads = columns / 4, Sums = sums });

    /// <summary>
    /// Thread block: the column sums of one share of the rows of [rows, quads]. The threads are mapped to (row, quad), so that neighbours read neighbouring
    /// 16 bytes; the rows' sums are added in shared memory, in order. Each float is read once, with one addition.
    /// </summary>
    [SimtKernel]
    private static void SumKernel(Arguments a)
    {
        var shared = SharedMemory.Allocate<Float4>(GroupReduction.MaxLanes);
        ArrayView<Float4> matrix4 = a.Matrix.Cast<Float4>(), sums4 = a.Sums.Cast<Float4>();
        int rows = a.Rows, quads = a.Quads, lane = Group.IdxX, width = Math.Min(quads, Group.DimX), slices = Group.DimX / width;
        int begin = (int)((long)rows * Grid.IdxX / Grid.DimX), end = (int)((long)rows * (Grid.IdxX + 1) / Grid.DimX);
        for (int first = 0; first < quads; first += width)
        {
            int quad = first + (lane % width), slice = lane / width;
            var sum = default(Float4);
            if (slice < slices & quad < quads)
            {
                for (int row = begin + slice; row < end; row += slices) sum = Float4.Add(sum, matrix4[(row * quads) + quad]);
            }
            shared[lane] = sum;
            Group.Barrier();
            if (lane < width & quad < quads)
            {
                for (int other = 1; other < slices; other++) sum = Float4.Add(sum, shared[(other * width) + lane]);
                sums4[(Grid.IdxX * quads) + quad] = sum;
            }
            Group.Barrier(); // the memory is reused
        }
    }

    internal struct Arguments
    {
        public ArrayView<float> Matrix; // [Rows, 4·Quads]
        public ArrayView<float> Sums; // [shares, 4·Quads]
        public int Rows, Quads;
    }
}
