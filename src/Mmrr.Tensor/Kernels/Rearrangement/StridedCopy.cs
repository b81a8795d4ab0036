namespace Mmrr.Kernels;

/// <summary>
/// Copies whose source is read with a stride of its own along each axis of the output: broadcasts and permutations of axes. Memory-bound: 4 bytes written for
/// each element of the output, and 4 read for each of the input.
/// </summary>
public static partial class StridedCopy
{
    /// <summary>Repeats x along axes where it has the size 1, and along new axes in front, as NumPy does.</summary>
    /// <param name="x">A tensor; each of its sizes, from the last, is that of the output or 1.</param>
    /// <param name="output">The broadcast tensor.</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or buffers are shared.</exception>
    public static void Broadcast(Tensor x, Tensor output)
    {
        const string Operation = "StridedCopy.Broadcast";
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(output);
        Shape from = x.Shape, to = output.Shape;
        int added = to.Rank - from.Rank;
        int[] strides = new int[to.Rank], own = Strides(from);
        bool fits = added >= 0;
        for (int i = 0; fits && i < from.Rank; i++)
        {
            fits = from[i] == 1 || from[i] == to[added + i];
            strides[added + i] = from[i] == 1 ? 0 : own[i];
        }
        if (!fits) throw new ArgumentException($"{Operation}: output is {to}, expected a shape to which {from} can be broadcast");
        Run(Operation, x, AxisWalk.Of(Operation, to.ToArray(), strides), output);
    }

    /// <summary>The axis i of the output is the axis axes[i] of x.</summary>
    /// <param name="x">A tensor of any shape.</param>
    /// <param name="axes">Each of x's axes once, from 0.</param>
    /// <param name="output">Of the sizes of x in this order.</param>
    /// <exception cref="ArgumentException">The axes, shapes or devices are invalid, or buffers are shared.</exception>
    public static void Permute(Tensor x, ReadOnlySpan<int> axes, Tensor output)
    {
        const string Operation = "StridedCopy.Permute";
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(output);
        var shape = PermutedShape(Operation, x.Shape, axes);
        Check.Shape(Operation, "output", output, shape);
        int[] own = Strides(x.Shape), strides = Array.ConvertAll(axes.ToArray(), axis => own[axis]);
        Run(Operation, x, AxisWalk.Of(Operation, shape.ToArray(), strides), output);
    }

    /// <summary>The shape with its axes in another order.</summary>
    /// <param name="operation">The name in messages.</param>
    /// <param name="shape">A shape.</param>
    /// <param name="axes">Each axis once, from 0.</param>
    /// <exception cref="ArgumentException">An axis is missing or not there.</exception>
    internal static Shape PermutedShape(string operation, Shape shape, ReadOnlySpan<int> axes)
    {
        ArgumentNullException.ThrowIfNull(shape);
        int[] order = axes.ToArray();
        return order.Order().SequenceEqual(Enumerable.Range(0, shape.Rank))
            ? new Shape(Array.ConvertAll(order, axis => shape[axis]))
            : throw new ArgumentException($"{operation}: axes are [{string.Join(", ", order)}], expected each axis of {shape} once, from 0");
    }

    private static void Run(string operation, Tensor x, AxisWalk walk, Tensor output) => Kernel.Run(
        operation, [("x", x)], [("output", output)], simd => Run(simd, x, walk, output), simt => Run(simt, x, walk, output));

    /// <summary>The distance of neighbours along each axis of a row-major tensor.</summary>
    private static int[] Strides(Shape shape)
    {
        int[] strides = new int[shape.Rank];
        for (int i = shape.Rank - 1, stride = 1; i >= 0; stride *= shape[i--]) strides[i] = stride;
        return strides;
    }

    /// <summary>
    /// The axes of the output, each with the source's stride, 0 where it is repeated: without those of size 1, and with neighbours merged that are one axis in
    /// the source too. At least one, at most six.
    /// </summary>
    internal sealed record AxisWalk(int[] Sizes, int[] Strides)
    {
        public const int MostAxes = 6;

        public static AxisWalk Of(string operation, int[] sizes, int[] strides)
        {
            List<int> mergedSizes = [], mergedStrides = [];
            for (int i = 0; i < sizes.Length; i++)
            {
                if (sizes[i] == 1) continue;
                if (mergedSizes.Count > 0 && mergedStrides[^1] == (long)strides[i] * sizes[i])
                {
                    mergedSizes[^1] *= sizes[i];
                    mergedStrides[^1] = strides[i];
                    continue;
                }
                mergedSizes.Add(sizes[i]);
                mergedStrides.Add(strides[i]);
            }
            if (mergedSizes.Count > MostAxes)
            {
                throw new ArgumentException(
                    $"{operation}: the output [{string.Join(", ", sizes)}] has {mergedSizes.Count} axes that cannot be merged, expected at most {MostAxes}");
            }
            return mergedSizes.Count > 0 ? new([.. mergedSizes], [.. mergedStrides]) : new([1], [1]);
        }
    }
}
