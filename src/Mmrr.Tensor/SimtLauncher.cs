using System.Collections.Concurrent;
using System.Reflection;
using ILGPU;
using ILGPU.Runtime;

namespace Mmrr;

/// <summary>
/// Launches explicitly grouped kernels on the accelerator's default stream. Each is compiled on its first launch and cached: ILGPU's own cache uses
/// reflection for every lookup.
/// </summary>
internal sealed class SimtLauncher(Device device)
{
    private readonly Accelerator _accelerator = device.Accelerator;
    private readonly ConcurrentDictionary<MethodInfo, Delegate> _loaded = new();

    public void Launch<TArguments>(KernelConfig config, Action<TArguments> kernel, TArguments arguments)
        where TArguments : struct
    {
        var method = kernel.Method;
        using var call = device.Use.Enter();
        try
        {
            if (device.Ptx is { } ptx)
            {
                ptx.Launch(method, Specialization(method), config, arguments);
                return;
            }
            if (!_loaded.TryGetValue(method, out var run)) run = _loaded.GetOrAdd(method, Load(method, kernel));
            ((Action<KernelConfig, TArguments>)run)(config, arguments);
            if (device.SynchronizeEach) _accelerator.DefaultStream.Synchronize();
        }
        catch (Exception e) when (device.SynchronizeEach)
        {
            throw new InvalidOperationException($"{device.Operation}: {method.Name}: {e.GetBaseException().Message}", e);
        }
    }

    // ILGPU's compiler is not thread-safe, and several devices may share a context.
    private Action<KernelConfig, TArguments> Load<TArguments>(MethodInfo method, Action<TArguments> kernel)
        where TArguments : struct
    {
        lock (_accelerator.Context)
        {
            try
            {
                return _accelerator.LoadStreamKernel(kernel, Specialization(method));
            }
            catch (Exception e)
            {
                device.GiveUpContext();
                // ILGPU's code is in an assembly of its own and says no more than that access is denied.
                if (e.GetBaseException() is not TypeLoadException || typeof(TArguments).IsVisible) throw;
                throw new InvalidOperationException(
                    $"{device.Operation}: {method.Name} takes {typeof(TArguments)}, which is not public: make it and what it is made of public, or internal "
                    + "with <InternalsVisibleTo Include=\"ILGPURuntime\" /> in the project",
                    e);
            }
        }
    }

    // The same as for compilation without a GPU. The simulator's groups are smaller than a kernel requires.
    private KernelSpecialization Specialization(MethodInfo kernel) =>
        device.Kind != DeviceKind.Simt && kernel.GetCustomAttribute<SimtKernelAttribute>() is { } mark
            ? mark.Specialization
            : KernelSpecialization.Empty;
}
