using System.Collections.Concurrent;
using System.Reflection;
using ILGPU;

namespace Mmrr;

/// <summary>The number of threads for a launch of a user-defined kernel.</summary>
public readonly record struct SimtGrid
{
    private SimtGrid(long count, bool together)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (together) ArgumentOutOfRangeException.ThrowIfGreaterThan(count, int.MaxValue);
        Count = count;
        Together = together;
    }

    internal long Count { get; }

    internal bool Together { get; }

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
}

/// <summary>Launches the GPU kernels of a user-defined operation, in order; created by <see cref="OwnKernel.Run"/>.</summary>
/// <remarks>
/// A kernel is a static method with the attribute <see cref="SimtKernelAttribute"/>, in the subset of C# that ILGPU compiles: no classes, arrays, delegates
/// or exceptions; <see cref="Kernels.Exponential"/> for exp, sigmoid and tanh. Arguments are views and unmanaged values; for more than eight, use a struct
/// that is public, or whose project has <c>&lt;InternalsVisibleTo Include="ILGPURuntime" /&gt;</c>. The bounds of views are not checked: an index out of
/// range ends the process on <c>simt</c> and is undefined on <c>cuda</c>.
/// </remarks>
public readonly struct SimtLaunch
{
    private const int MostThreads = 1024;
    private static readonly ConcurrentDictionary<MethodInfo, int> s_groupSizes = new();

    private readonly Device _device;
    private readonly string _operation;

    internal SimtLaunch(Device device, string operation)
    {
        _device = device;
        _operation = operation;
    }

    /// <summary>Launches a kernel.</summary>
    /// <param name="grid">The number of threads.</param>
    /// <param name="kernel">A static method with the attribute <see cref="SimtKernelAttribute"/>.</param>
    /// <param name="a1">Its first argument.</param>
    /// <param name="a2">Its second argument.</param>
    /// <exception cref="ArgumentException">The kernel does not have the attribute, is not static, or requires a group of more than 1024 threads.</exception>
    public void Run<T1, T2>(
        SimtGrid grid, Action<T1, T2> kernel, T1 a1, T2 a2)
        where T1 : struct
        where T2 : struct =>
        _device.Simt.Launch(Config(grid, kernel), kernel, a1, a2);

    /// <inheritdoc cref="Run{T1, T2}(SimtGrid, Action{T1, T2}, T1, T2)"/>
    public void Run<T1, T2, T3>(
        SimtGrid grid, Action<T1, T2, T3> kernel, T1 a1, T2 a2, T3 a3)
        where T1 : struct
        where T2 : struct
        where T3 : struct =>
        _device.Simt.Launch(Config(grid, kernel), kernel, a1, a2, a3);

    /// <inheritdoc cref="Run{T1, T2}(SimtGrid, Action{T1, T2}, T1, T2)"/>
    public void Run<T1, T2, T3, T4>(
        SimtGrid grid, Action<T1, T2, T3, T4> kernel, T1 a1, T2 a2, T3 a3, T4 a4)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct =>
        _device.Simt.Launch(Config(grid, kernel), kernel, a1, a2, a3, a4);

    /// <inheritdoc cref="Run{T1, T2}(SimtGrid, Action{T1, T2}, T1, T2)"/>
    public void Run<T1, T2, T3, T4, T5>(
        SimtGrid grid, Action<T1, T2, T3, T4, T5> kernel, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct =>
        _device.Simt.Launch(Config(grid, kernel), kernel, a1, a2, a3, a4, a5);

    /// <inheritdoc cref="Run{T1, T2}(SimtGrid, Action{T1, T2}, T1, T2)"/>
    public void Run<T1, T2, T3, T4, T5, T6>(
        SimtGrid grid, Action<T1, T2, T3, T4, T5, T6> kernel, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct =>
        _device.Simt.Launch(Config(grid, kernel), kernel, a1, a2, a3, a4, a5, a6);

    /// <inheritdoc cref="Run{T1, T2}(SimtGrid, Action{T1, T2}, T1, T2)"/>
    public void Run<T1, T2, T3, T4, T5, T6, T7>(
        SimtGrid grid, Action<T1, T2, T3, T4, T5, T6, T7> kernel, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct =>
        _device.Simt.Launch(Config(grid, kernel), kernel, a1, a2, a3, a4, a5, a6, a7);

    /// <inheritdoc cref="Run{T1, T2}(SimtGrid, Action{T1, T2}, T1, T2)"/>
    public void Run<T1, T2, T3, T4, T5, T6, T7, T8>(
        SimtGrid grid, Action<T1, T2, T3, T4, T5, T6, T7, T8> kernel, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct =>
        _device.Simt.Launch(Config(grid, kernel), kernel, a1, a2, a3, a4, a5, a6, a7, a8);

    private KernelConfig Config(SimtGrid grid, Delegate kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        if (_device is null) throw new InvalidOperationException("a launch is created by OwnKernel.Run");
        if (grid.Count < 1) throw new ArgumentException($"{_operation}: the grid is empty; create one with SimtGrid.Threads or SimtGrid.Groups");
        if (!s_groupSizes.TryGetValue(kernel.Method, out int size)) size = s_groupSizes.GetOrAdd(kernel.Method, GroupSize(kernel.Method));
        return _device.Config(grid, size);
    }

    private int GroupSize(MethodInfo kernel)
    {
        if (!kernel.IsStatic) throw new ArgumentException($"{_operation}: the kernel {kernel.Name} is not static; expected a static method, not a lambda");
        if (kernel.GetCustomAttribute<SimtKernelAttribute>() is not { } mark)
        {
            throw new ArgumentException(
                $"{_operation}: the kernel {kernel.Name} is not marked [SimtKernel], which states its group size and lets 'mmrr ptx' find it");
        }
        return mark.GroupSize is >= 1 and <= MostThreads
            ? mark.GroupSize
            : throw new ArgumentException($"{_operation}: the kernel {kernel.Name} requires groups of {mark.GroupSize} threads, expected 1 to {MostThreads}");
    }
}
