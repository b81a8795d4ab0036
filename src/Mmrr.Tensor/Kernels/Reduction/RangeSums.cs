using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>A term of a sum over two arrays, for the loops of <see cref="RangeSums"/>.</summary>
internal interface ITerm
{
    float Of(float a, float b);
}

/// <summary>
/// Sums over the rows of two arrays [rows, length] in SIMT kernels, in two stages: a thread block for every 4,096 elements of a row, then one for each row
/// that adds the partial sums. The ranges depend only on the shape and each sum has a fixed order, so that every run and every GPU with groups of 256
/// threads gives the same bits, and a row's sum does not depend on the other rows. In float32: with 256 threads an element passes through 6 additions in
/// its thread and 12 between threads, and in the second stage through 12 and one for every 256 ranges of its row.
/// </summary>
internal static class RangeSums
{
    private const int Length = 4096;

    /// <summary>output[row] = factor·Σ term(a, b) over the row.</summary>
    /// <param name="simt">The launch.</param>
    /// <param name="kernel">The operation's entry, which calls <see cref="Write{TTerm}"/>.</param>
    /// <param name="a">[rows, …].</param>
    /// <param name="b">The same shape.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="factor">Factor of the sums.</param>
    /// <param name="output">[rows].</param>
    public static void Launch(SimtLaunch simt, Action<Arguments> kernel, Tensor a, Tensor b, int rows, float factor, Tensor output)
    {
        var device = a.Device;
        int length = a.Count / rows, ranges = (length + Length - 1) / Length;
        var arguments = new Arguments { A = a.View, B = b.View, Output = output.View, Length = length, Ranges = ranges, Factor = factor };
        if (ranges == 1)
        {
            simt.Run(device.Groups(rows), kernel, arguments);
            return;
        }
        using var partial = Tensor.Empty(device, new Shape(rows, ranges));
        (arguments.Output, arguments.Factor) = (partial.View, 1f);
        simt.Run(device.Groups(rows * ranges), kernel, arguments);
        simt.Run(
            device.Groups(rows), TotalKernel, new TotalArguments { Partial = partial.View, Output = output.View, Ranges = ranges, Factor = factor });
    }

    /// <summary>
    /// The first stage: this group's range. Thread: every group-th quad, two loads of 16 bytes (scalars if the rows' length is not a multiple of four). 8
    /// bytes per element; only the sum is written.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write<TTerm>(Arguments arguments, TTerm term)
        where TTerm : struct, ITerm
    {
        var shared = SharedMemory.Allocate<GroupReduction.Pair>(GroupReduction.SharedLength);
        ArrayView<float> a = arguments.A, b = arguments.B;
        int length = arguments.Length, row = Grid.IdxX / arguments.Ranges, first = (Grid.IdxX - (row * arguments.Ranges)) * Length;
        int begin = (row * length) + first, count = length - first < Length ? length - first : Length;
        float sum = 0;
        if ((length & 3) == 0)
        {
            ArrayView<Float4> a4 = a.Cast<Float4>(), b4 = b.Cast<Float4>();
            int end = (begin + count) / 4;
            for (int q = (begin / 4) + Group.IdxX; q < end; q += Group.DimX)
            {
                Float4 x = a4[q], y = b4[q];
                sum += term.Of(x.X, y.X) + term.Of(x.Y, y.Y) + (term.Of(x.Z, y.Z) + term.Of(x.W, y.W));
            }
        }
        else
        {
            for (int i = begin + Group.IdxX; i < begin + count; i += Group.DimX) sum += term.Of(a[i], b[i]);
        }
        sum = GroupReduction.Sum(shared, sum);
        if (Group.IdxX == 0) arguments.Output[Grid.IdxX] = sum * arguments.Factor;
    }

    // The second stage: a group adds the partial sums of one row, thread i those at i, i + group, …. 4 bytes and 1 operation per partial sum.
    [SimtKernel]
    private static void TotalKernel(TotalArguments a)
    {
        var shared = SharedMemory.Allocate<GroupReduction.Pair>(GroupReduction.SharedLength);
        float sum = 0;
        for (int i = Group.IdxX; i < a.Ranges; i += Group.DimX) sum += a.Partial[(Grid.IdxX * a.Ranges) + i];
        sum = GroupReduction.Sum(shared, sum);
        if (Group.IdxX == 0) a.Output[Grid.IdxX] = sum * a.Factor;
    }

    /// <summary>Two arrays, the length and ranges of their rows, and the factor of the sums.</summary>
    internal struct Arguments
    {
        public ArrayView<float> A, B, Output; // [rows, length] twice; [rows, ranges]
        public int Length, Ranges;
        public float Factor;
    }

    internal struct TotalArguments
    {
        public ArrayView<float> Partial, Output; // [rows, ranges]; [rows]
        public int Ranges;
        public float Factor;
    }
}
