using ILGPU;

namespace Mmrr;

/// <summary>The threads of a launch: a number of independent items or of groups, or a <see cref="KernelConfig"/>, which is taken as it is.</summary>
public readonly record struct SimtGrid
{
    private readonly KernelConfig? _config;
    private readonly long _count;
    private readonly bool _together;

    private SimtGrid(long count, bool together)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (together) ArgumentOutOfRangeException.ThrowIfGreaterThan(count, int.MaxValue);
        _count = count;
        _together = together;
    }

    private SimtGrid(KernelConfig config) => _config = config;

    /// <summary>Takes a configuration as it is.</summary>
    public static implicit operator SimtGrid(KernelConfig config) => FromKernelConfig(config);

    /// <summary>Takes a configuration as it is.</summary>
    public static SimtGrid FromKernelConfig(KernelConfig config) => new(config);

    /// <summary>
    /// A grid for independent items. There may be fewer threads than items, so a thread takes the items i, i + s, i + 2s, … with
    /// s = <c>Grid.DimX·Group.DimX</c> and i = <c>Grid.IdxX·Group.DimX + Group.IdxX</c>.
    /// </summary>
    /// <param name="count">Number of items, at least 1.</param>
    public static SimtGrid Threads(long count) => new(count, together: false);

    /// <summary>
    /// A grid with one thread block for each problem <c>Grid.IdxX</c>; the threads of a block share memory and synchronize at <c>Group.Barrier</c>. The
    /// number of threads per block is that of the kernel's attribute on <c>cuda</c>, and at most 8 on <c>simt</c>: read <c>Group.DimX</c>.
    /// </summary>
    /// <param name="count">Number of problems, at least 1.</param>
    public static SimtGrid Groups(int count) => new(count, together: true);

    /// <summary>The configuration on a device of a kernel whose groups have at most <paramref name="lanes"/> threads.</summary>
    /// <exception cref="ArgumentException">The grid is empty.</exception>
    internal KernelConfig On(Device device, int lanes, string operation)
    {
        if (_config is { } config) return config;
        if (_count == 0) throw new ArgumentException($"{operation}: the grid is empty; create one with SimtGrid.Threads or SimtGrid.Groups");
        return _together ? device.Groups((int)_count, lanes) : device.Grid(_count, lanes);
    }
}
