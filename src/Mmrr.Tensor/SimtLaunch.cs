using System.Collections.Concurrent;
using System.Reflection;

namespace Mmrr;

/// <summary>Launches the GPU kernels of an operation, in order; created by <see cref="Kernel.Run"/>.</summary>
/// <remarks>
/// A kernel is a static method with the attribute <see cref="SimtKernelAttribute"/>, in the subset of C# that ILGPU compiles: no classes, arrays, delegates
/// or exceptions; <see cref="Kernels.Exponential"/> for exp, sigmoid and tanh. Its one parameter is a struct of views and unmanaged values, whose fields are
/// public; the struct is public, or its project has <c>&lt;InternalsVisibleTo Include="ILGPURuntime" /&gt;</c>. The bounds of views are not checked: an index
/// out of range ends the process on <c>simt</c> and is undefined on <c>cuda</c>.
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
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="ArgumentException">The kernel does not have the attribute, is not static, or requires a group of more than 1024 threads.</exception>
    public void Run<TArguments>(SimtGrid grid, Action<TArguments> kernel, TArguments arguments)
        where TArguments : struct
    {
        ArgumentNullException.ThrowIfNull(kernel);
        if (_device is null) throw new InvalidOperationException("a launch is created by Kernel.Run");
        if (!s_groupSizes.TryGetValue(kernel.Method, out int size)) size = s_groupSizes.GetOrAdd(kernel.Method, GroupSize(kernel.Method));
        _device.Simt.Launch(grid.On(_device, size, _operation), kernel, arguments);
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
