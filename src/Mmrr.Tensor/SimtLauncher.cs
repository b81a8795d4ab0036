using System.Collections.Concurrent;
using System.Reflection;
using ILGPU;
using ILGPU.Runtime;

namespace Mmrr;

/// <summary>
/// Launches explicitly grouped kernels on the accelerator's default stream. Each is compiled on its first launch and cached: ILGPU's own cache uses
/// reflection for every lookup. One overload for each number of arguments, as in the types of ILGPU's loaders.
/// </summary>
internal sealed class SimtLauncher(Device device)
{
    private readonly Accelerator _accelerator = device.Accelerator;
    private readonly ConcurrentDictionary<MethodInfo, Delegate> _loaded = new();

    public void Launch<T1>(KernelConfig config, Action<T1> kernel, T1 a1)
        where T1 : struct
        => Run(
            kernel.Method, specialization => _accelerator.LoadStreamKernel(kernel, specialization),
            run => ((Action<KernelConfig, T1>)run)(config, a1));

    public void Launch<T1, T2>(
        KernelConfig config, Action<T1, T2> kernel,
        T1 a1, T2 a2)
        where T1 : struct
        where T2 : struct
        => Run(
            kernel.Method, specialization => _accelerator.LoadStreamKernel(kernel, specialization),
            run => ((Action<KernelConfig, T1, T2>)run)(
                config, a1, a2));

    public void Launch<T1, T2, T3>(
        KernelConfig config, Action<T1, T2, T3> kernel,
        T1 a1, T2 a2, T3 a3)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        => Run(
            kernel.Method, specialization => _accelerator.LoadStreamKernel(kernel, specialization),
            run => ((Action<KernelConfig, T1, T2, T3>)run)(
                config, a1, a2, a3));

    public void Launch<T1, T2, T3, T4>(
        KernelConfig config, Action<T1, T2, T3, T4> kernel,
        T1 a1, T2 a2, T3 a3, T4 a4)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        => Run(
            kernel.Method, specialization => _accelerator.LoadStreamKernel(kernel, specialization),
            run => ((Action<KernelConfig, T1, T2, T3, T4>)run)(
                config, a1, a2, a3, a4));

    public void Launch<T1, T2, T3, T4, T5>(
        KernelConfig config, Action<T1, T2, T3, T4, T5> kernel,
        T1 a1, T2 a2, T3 a3, T4 a4, T5 a5)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        => Run(
            kernel.Method, specialization => _accelerator.LoadStreamKernel(kernel, specialization),
            run => ((Action<KernelConfig, T1, T2, T3, T4, T5>)run)(
                config, a1, a2, a3, a4, a5));

    public void Launch<T1, T2, T3, T4, T5, T6>(
        KernelConfig config, Action<T1, T2, T3, T4, T5, T6> kernel,
        T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        => Run(
            kernel.Method, specialization => _accelerator.LoadStreamKernel(kernel, specialization),
            run => ((Action<KernelConfig, T1, T2, T3, T4, T5, T6>)run)(
                config, a1, a2, a3, a4, a5, a6));

    public void Launch<T1, T2, T3, T4, T5, T6, T7>(
        KernelConfig config, Action<T1, T2, T3, T4, T5, T6, T7> kernel,
        T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        => Run(
            kernel.Method, specialization => _accelerator.LoadStreamKernel(kernel, specialization),
            run => ((Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7>)run)(
                config, a1, a2, a3, a4, a5, a6, a7));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8>(
        KernelConfig config, Action<T1, T2, T3, T4, T5, T6, T7, T8> kernel,
        T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        => Run(
            kernel.Method, specialization => _accelerator.LoadStreamKernel(kernel, specialization),
            run => ((Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8>)run)(
                config, a1, a2, a3, a4, a5, a6, a7, a8));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9>(
        KernelConfig config, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9> kernel,
        T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
        => Run(
            kernel.Method, specialization => _accelerator.LoadStreamKernel(kernel, specialization),
            run => ((Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9>)run)(
                config, a1, a2, a3, a4, a5, a6, a7, a8, a9));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(
        KernelConfig config, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> kernel,
        T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
        where T10 : struct
        => Run(
            kernel.Method, specialization => _accelerator.LoadStreamKernel(kernel, specialization),
            run => ((Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>)run)(
                config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>(
        KernelConfig config, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> kernel,
        T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
        where T10 : struct
        where T11 : struct
        => Run(
            kernel.Method, specialization => _accelerator.LoadStreamKernel(kernel, specialization),
            run => ((Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>)run)(
                config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>(
        KernelConfig config, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> kernel,
        T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
        where T10 : struct
        where T11 : struct
        where T12 : struct
        => Run(
            kernel.Method, specialization => _accelerator.LoadStreamKernel(kernel, specialization),
            run => ((Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>)run)(
                config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>(
        KernelConfig config, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> kernel,
        T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12, T13 a13)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
        where T10 : struct
        where T11 : struct
        where T12 : struct
        where T13 : struct
        => Run(
            kernel.Method, specialization => _accelerator.LoadStreamKernel(kernel, specialization),
            run => ((Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>)run)(
                config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13));

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>(
        KernelConfig config, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> kernel,
        T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12, T13 a13, T14 a14)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
        where T10 : struct
        where T11 : struct
        where T12 : struct
        where T13 : struct
        where T14 : struct
        => Run(
            kernel.Method, specialization => _accelerator.LoadStreamKernel(kernel, specialization),
            run => ((Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>)run)(
                config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14));

    private void Run(MethodInfo kernel, Func<KernelSpecialization, Delegate> load, Action<Delegate> launch)
    {
        try
        {
            if (!_loaded.TryGetValue(kernel, out var run)) run = _loaded.GetOrAdd(kernel, Load(kernel, load));
            launch(run);
            if (device.SynchronizeEach) _accelerator.DefaultStream.Synchronize();
        }
        catch (Exception e) when (device.SynchronizeEach)
        {
            throw Named(kernel, e);
        }
    }

    // ILGPU's compiler is not thread-safe, and several devices may share a context.
    private Delegate Load(MethodInfo kernel, Func<KernelSpecialization, Delegate> load)
    {
        lock (_accelerator.Context)
        {
            try
            {
                return load(Specialization(kernel));
            }
            catch
            {
                device.GiveUpContext();
                throw;
            }
        }
    }

    private InvalidOperationException Named(MethodInfo kernel, Exception error) =>
        new($"{device.Operation}: {kernel.Name}: {error.GetBaseException().Message}", error);

    // The same as for compilation without a GPU. The simulator's groups are smaller than a kernel requires.
    private KernelSpecialization Specialization(MethodInfo kernel) =>
        _accelerator.AcceleratorType == AcceleratorType.Cuda && kernel.GetCustomAttribute<SimtKernelAttribute>() is { } mark
            ? mark.Specialization
            : KernelSpecialization.Empty;
}
