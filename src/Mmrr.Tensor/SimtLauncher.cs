using System.Collections.Concurrent;
using System.Reflection;
using ILGPU;
using ILGPU.Runtime;

namespace Mmrr;

/// <summary>Marks an entry kernel for GPUs and the simulator; a test compiles each to PTX.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SimtKernelAttribute : Attribute
{
    /// <summary>The threads of its groups, where the kernel is written for so many; 0 where it takes any number.</summary>
    public int Lanes { get; init; }

    /// <summary>How many of its groups shall fit a multiprocessor at once, which limits the registers of a thread; 0 for no wish.</summary>
    public int GroupsPerMultiprocessor { get; init; }

    /// <summary>The same as ILGPU takes it.</summary>
    public KernelSpecialization Specialization =>
        Lanes == 0 ? KernelSpecialization.Empty : new KernelSpecialization(Lanes, GroupsPerMultiprocessor == 0 ? null : GroupsPerMultiprocessor);
}

/// <summary>
/// Launches explicitly grouped kernels on the accelerator's default stream. Each is compiled on its first launch and kept: ILGPU's own
/// cache is looked up by reflection every time. One overload for each number of arguments, since that is how ILGPU types its loaders.
/// </summary>
internal sealed class SimtLauncher(Accelerator accelerator)
{
    private readonly ConcurrentDictionary<MethodInfo, Delegate> _loaded = new();

    private static KernelSpecialization SpecializationOf(Delegate kernel) =>
        kernel.Method.GetCustomAttribute<SimtKernelAttribute>()?.Specialization ?? KernelSpecialization.Empty;

    public void Launch<T1, T2>(
        KernelConfig config, Action<T1, T2> kernel, T1 a1, T2 a2)
        where T1 : struct
        where T2 : struct
    {
        var run = _loaded.GetOrAdd(kernel.Method, _ => accelerator.LoadStreamKernel(kernel, SpecializationOf(kernel)));
        ((Action<KernelConfig, T1, T2>)run)(config, a1, a2);
    }

    public void Launch<T1, T2, T3>(
        KernelConfig config, Action<T1, T2, T3> kernel, T1 a1, T2 a2, T3 a3)
        where T1 : struct
        where T2 : struct
        where T3 : struct
    {
        var run = _loaded.GetOrAdd(kernel.Method, _ => accelerator.LoadStreamKernel(kernel, SpecializationOf(kernel)));
        ((Action<KernelConfig, T1, T2, T3>)run)(config, a1, a2, a3);
    }

    public void Launch<T1, T2, T3, T4>(
        KernelConfig config, Action<T1, T2, T3, T4> kernel, T1 a1, T2 a2, T3 a3, T4 a4)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
    {
        var run = _loaded.GetOrAdd(kernel.Method, _ => accelerator.LoadStreamKernel(kernel, SpecializationOf(kernel)));
        ((Action<KernelConfig, T1, T2, T3, T4>)run)(config, a1, a2, a3, a4);
    }

    public void Launch<T1, T2, T3, T4, T5>(
        KernelConfig config, Action<T1, T2, T3, T4, T5> kernel, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
    {
        var run = _loaded.GetOrAdd(kernel.Method, _ => accelerator.LoadStreamKernel(kernel, SpecializationOf(kernel)));
        ((Action<KernelConfig, T1, T2, T3, T4, T5>)run)(config, a1, a2, a3, a4, a5);
    }

    public void Launch<T1, T2, T3, T4, T5, T6>(
        KernelConfig config, Action<T1, T2, T3, T4, T5, T6> kernel, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
    {
        var run = _loaded.GetOrAdd(kernel.Method, _ => accelerator.LoadStreamKernel(kernel, SpecializationOf(kernel)));
        ((Action<KernelConfig, T1, T2, T3, T4, T5, T6>)run)(config, a1, a2, a3, a4, a5, a6);
    }

    public void Launch<T1, T2, T3, T4, T5, T6, T7>(
        KernelConfig config, Action<T1, T2, T3, T4, T5, T6, T7> kernel, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
    {
        var run = _loaded.GetOrAdd(kernel.Method, _ => accelerator.LoadStreamKernel(kernel, SpecializationOf(kernel)));
        ((Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7>)run)(config, a1, a2, a3, a4, a5, a6, a7);
    }

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8>(
        KernelConfig config, Action<T1, T2, T3, T4, T5, T6, T7, T8> kernel, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
    {
        var run = _loaded.GetOrAdd(kernel.Method, _ => accelerator.LoadStreamKernel(kernel, SpecializationOf(kernel)));
        ((Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8>)run)(config, a1, a2, a3, a4, a5, a6, a7, a8);
    }

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9>(
        KernelConfig config, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9> kernel, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
    {
        var run = _loaded.GetOrAdd(kernel.Method, _ => accelerator.LoadStreamKernel(kernel, SpecializationOf(kernel)));
        ((Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9>)run)(config, a1, a2, a3, a4, a5, a6, a7, a8, a9);
    }

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>(
        KernelConfig config, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> kernel, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10)
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
    {
        var run = _loaded.GetOrAdd(kernel.Method, _ => accelerator.LoadStreamKernel(kernel, SpecializationOf(kernel)));
        ((Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10>)run)(config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10);
    }

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>(
        KernelConfig config, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> kernel, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11)
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
    {
        var run = _loaded.GetOrAdd(kernel.Method, _ => accelerator.LoadStreamKernel(kernel, SpecializationOf(kernel)));
        ((Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11>)run)(config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11);
    }

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>(
        KernelConfig config, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> kernel, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12)
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
    {
        var run = _loaded.GetOrAdd(kernel.Method, _ => accelerator.LoadStreamKernel(kernel, SpecializationOf(kernel)));
        ((Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12>)run)(config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12);
    }

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>(
        KernelConfig config, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> kernel, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12, T13 a13)
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
    {
        var run = _loaded.GetOrAdd(kernel.Method, _ => accelerator.LoadStreamKernel(kernel, SpecializationOf(kernel)));
        ((Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13>)run)(config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13);
    }

    public void Launch<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>(
        KernelConfig config, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> kernel, T1 a1, T2 a2, T3 a3, T4 a4, T5 a5, T6 a6, T7 a7, T8 a8, T9 a9, T10 a10, T11 a11, T12 a12, T13 a13, T14 a14)
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
    {
        var run = _loaded.GetOrAdd(kernel.Method, _ => accelerator.LoadStreamKernel(kernel, SpecializationOf(kernel)));
        ((Action<KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14>)run)(config, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14);
    }
}
