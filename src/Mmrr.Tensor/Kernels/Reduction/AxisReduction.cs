namespace Mmrr.Kernels;

/// <summary>
/// Sums over neighbouring axes of a tensor of any shape, in a fixed order that depends on the summed sizes and the sizes after them, not on those before.
/// Memory-bound: 4 bytes and one addition for each element of x.
/// </summary>
public static partial class AxisReduction
{
    private const string Operation = "AxisReduction.Sum";

    /// <summary>output = factor · Σ of x over some axes.</summary>
    /// <param name="x">A tensor of any shape with at least one axis.</param>
    /// <param name="axis">The first summed axis, from 0.</param>
    /// <param name="axes">Number of summed axes, at least 1.</param>
    /// <param name="output">x's shape without these axes, or with ones in their place.</param>
    /// <param name="factor">Factor of the sums: 1/n gives means.</param>
    /// <exception cref="ArgumentException">The axes, shapes or devices are invalid, or buffers are shared.</exception>
    public static void Sum(Tensor x, int axis, int axes, Tensor output, float factor = 1f)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(output);
        var shape = x.Shape;
        if (axis < 0 || axes < 1 || axis > shape.Rank - axes)
            throw new ArgumentException($"{Operation}: x is {shape}, expected to have the {axes} axes from {axis} on, at least one");
        int[] sizes = shape.ToArray();
        Shape without = new([.. sizes[..axis], .. sizes[(axis + axes)..]]), kept = new([.. sizes.Select((n, i) => i >= axis && i < axis + axes ? 1 : n)]);
        if (!output.Shape.Equals(without) && !output.Shape.Equals(kept))
            throw new ArgumentException($"{Operation}: output is {output.Shape}, expected {without} or {kept}");
        var sums = new Sums(Product(sizes[..axis]), Product(sizes[axis..(axis + axes)]), Product(sizes[(axis + axes)..]));
        Kernel.Run(
            Operation, [("x", x)], [("output", output)],
            simd => Run(simd, x, sums, factor, output),
            simt => Run(simt, x, sums, factor, output),
            operations: x.Count);
    }

    private static int Product(int[] sizes) => sizes.Aggregate(1, (product, size) => product * size);

    /// <summary>x seen as [Outer, Axis, Inner].</summary>
    private readonly record struct Sums(int Outer, int Axis, int Inner)
    {
        public int Ranges(int length) => ((Axis - 1) / length) + 1;
    }
}
