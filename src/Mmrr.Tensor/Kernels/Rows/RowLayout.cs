namespace Mmrr.Kernels;

/// <summary>
/// Tensors as rows along the last axis, [rows, length], for operations on each row. SIMT kernels take a warp for each row: its threads read neighbouring
/// addresses, and sums need no barrier.
/// </summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="Length">Elements of a row.</param>
internal readonly record struct RowLayout(int Rows, int Length)
{
    /// <summary>Threads of a group that takes one row.</summary>
    public const int GroupSize = 32;

    /// <summary>The rows of a tensor.</summary>
    /// <exception cref="ArgumentException">The tensor is a scalar.</exception>
    public static RowLayout Of(string operation, string argument, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor, argument);
        var shape = tensor.Shape;
        return shape.Rank > 0
            ? new RowLayout(shape.Count / shape[-1], shape[-1])
            : throw new ArgumentException($"{operation}: {argument} is {shape}, expected [..., C]");
    }

    /// <summary>Rows that make a unit of work for a worker.</summary>
    public int Grain => Math.Max(1, Lanes.Grain / Length);

    /// <summary>The grid of a kernel with a group for each row.</summary>
    public SimtGrid Grid => SimtGrid.Groups(Rows);
}
